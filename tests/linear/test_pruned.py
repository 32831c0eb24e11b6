"""Sparse factors trained inside the model: the start, the schedule, the result, what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError, SpecError
from rankfold.linear.pruned import fit_sparse_elsa, partial_correlations, schedule
from rankfold.search.rows import Rows


@given(st.integers(1, 4096), st.integers(1, 256), st.integers(0, 12))
def test_the_schedule_falls_by_equal_ratios(start, nonzeros, rounds):
    widths = schedule(start, nonzeros, rounds)
    assert widths[-1] == nonzeros and widths == sorted(widths, reverse=True)
    assert widths[0] == (start if rounds and start > nonzeros else nonzeros)


def test_the_schedule_by_an_example():
    assert schedule(64, 8, 3) == [64, 32, 16, 8]


def test_the_start_holds_partial_correlations():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 6))
    x[:, 1] += 2 * x[:, 0]
    inverse = np.linalg.inv(x.T @ x)
    index, value, stretch = partial_correlations(inverse, 6)
    wanted = -inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    np.fill_diagonal(wanted, 0)
    np.fill_diagonal(wanted, np.abs(wanted).max(axis=1))
    rows = np.zeros((6, 6))
    np.put_along_axis(rows, index.astype(int), value, axis=1)
    np.testing.assert_allclose(rows, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(stretch, -0.5 * np.log(np.diag(inverse)) + 0.5 * np.log(np.diag(inverse)).mean(), atol=1e-6)


@pytest.mark.parametrize("rounds", [0, 2])
def test_a_planted_structure_is_found(planted, rounds):
    taken, group = planted
    factors = fit_sparse_elsa(taken, 40, nonzeros=4, ridge=5.0, rounds=rounds, round_steps=5, steps=30)
    scores = factors.scores(Rows.from_lists([[item] for item in range(40)]))
    scores[np.arange(40), np.arange(40)] = -np.inf
    assert (np.sort(np.argsort(-scores, axis=1)[:, :3], axis=1) // 4 == group[:, None]).all()


def test_every_item_has_just_so_many_nonzeros(planted):
    taken, _ = planted
    factors = fit_sparse_elsa(taken, 40, nonzeros=5, round_steps=3, steps=5)
    assert factors.index.shape == factors.value.shape == (40, 5) and factors.latents == 40
    assert ((factors.directions() != 0).sum(axis=1) == 5).all()
    assert (np.diff(np.abs(factors.value), axis=1) <= 0).all()
    np.testing.assert_allclose(np.linalg.norm(factors.value, axis=1), 1, atol=1e-5)
    assert (factors.length > 0).all()


def test_the_same_seed_gives_the_same_bytes(small):
    once, again, other = (fit_sparse_elsa(small, 20, nonzeros=3, steps=5, seed=seed) for seed in (1, 1, 2))
    for name in ("index", "value", "length"):
        np.testing.assert_array_equal(getattr(once, name), getattr(again, name))
    assert len(small.lengths()) < 1024 and np.allclose(once.value, other.value, atol=0.5)


def test_users_and_items_without_the_other_and_a_single_user():
    factors = fit_sparse_elsa(Rows.from_lists([[], [0, 1], [3]]), 5, nonzeros=2, steps=3)
    np.testing.assert_array_equal(factors.length > 0, [True, True, False, True, False])
    assert not factors.value[[2, 4]].any() and np.isfinite(factors.rows()).all()
    alone = fit_sparse_elsa(Rows.from_lists([[0, 1, 2]]), 3, nonzeros=3, steps=3)
    assert np.isfinite(alone.scores(Rows.from_lists([[0], []]))).all()


def test_repeated_events_count_once():
    once = fit_sparse_elsa(Rows.from_pairs([0, 0, 1, 1], [0, 1, 1, 2], 2), 3, nonzeros=2, steps=3)
    twice = fit_sparse_elsa(Rows.from_pairs([0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 2, 2], 2), 3, nonzeros=2, steps=3)
    np.testing.assert_array_equal(once.value, twice.value)


@pytest.mark.parametrize(
    "wrong", [{"nonzeros": 0}, {"nonzeros": 21}, {"nonzeros": True}, {"ridge": 0.0}, {"ridge": float("nan")}, {"rounds": -1}, {"round_steps": 0}, {"steps": 0}]
)
def test_settings_out_of_range_are_refused(small, wrong):
    with pytest.raises(SpecError, match=next(iter(wrong))):
        fit_sparse_elsa(small, 20, **wrong)


def test_unknown_items_and_users_who_took_nothing_are_refused(small):
    with pytest.raises(InputError, match="row number"):
        fit_sparse_elsa(small, 5)
    with pytest.raises(InputError, match="two items"):
        fit_sparse_elsa(Rows.empty(4), 5, nonzeros=2)


def test_progress_rises_to_the_end(small):
    told = []
    fit_sparse_elsa(small, 20, nonzeros=2, rounds=2, round_steps=2, steps=3, progress=lambda *one: told.append(one))
    assert {stage for stage, _, _ in told} == {"factors"} and told[-1][1:] == (7, 7)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)

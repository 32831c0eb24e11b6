"""Pruning: dimensions that can be made up for leave, and what is left carries for them."""

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.distillation import prune
from rankfold.distillation.pruning import Selection, chosen_dimensions
from rankfold.errors import InputError, SpecError
from rankfold.search import Searcher
from rankfold.store import load, save
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def twins():
    """Queries that ask the same of dimensions 0 to 5 as of 6 to 11: six of them can carry for all; and four that nobody asks for."""
    rng = np.random.default_rng(0)
    items = rng.standard_normal((300, 16)) * np.repeat([1.0, 3.0], [12, 4])
    half = rng.standard_normal((210, 6))
    users = np.concatenate([half, half, 0.01 * rng.standard_normal((210, 4))], axis=1)
    return as_vectors(items.astype(np.float32)), users.astype(np.float32)


@pytest.fixture(scope="module")
def taught(twins):
    return prune(twins[0], 6, twins[1], steps=20)


def test_what_can_be_made_up_for_costs_nothing(taught):
    assert taught.adopted and taught.after.mean > 0.9 and taught.gain.low > 0.3


def test_it_is_an_ordinary_table(taught, twins, tmp_path):
    vectors, users = twins
    table = load(save(taught.table, tmp_path / "store"))
    state = table.segments[0].state
    assert table.segments[0].codes.row_bytes == 7 and state["kept"].sum() == 6 and state["encoder"].shape == (6, 16)
    decoded = table.decode()
    assert not decoded[:, ~state["kept"]].any()
    ranking = Searcher(table).search(users[:5], 10)
    exact = np.take_along_axis(users[:5].astype(np.float64) @ decoded.T.astype(np.float64), ranking.rows, axis=1)
    assert np.allclose(ranking.scores, exact, rtol=1e-3, atol=1e-3)
    more = table.add(as_vectors(vectors.read()[:9], ids=np.arange(1_000, 1_009)))
    assert np.array_equal(more.decode(np.arange(300, 309)), decoded[:9])


def test_same_seed_same_result(taught, twins):
    again = prune(twins[0], 6, twins[1], steps=20)
    assert again.to_dict() == taught.to_dict() and np.array_equal(again.table.decode(), taught.table.decode())


def test_rows_teach_when_there_are_no_users(twins):
    result = prune(twins[0], 8, steps=4, rounds=1)
    assert np.isfinite(result.table.decode()).all() and (result.table.dim, result.table.count) == (16, 300)


def test_chosen_dimensions_of_independent_ones_are_the_strongest():
    rng = np.random.default_rng(0)
    spread = np.array([1, 5, 2, 4, 3], np.float32)
    y = rng.standard_normal((4_000, 5)).astype(np.float32) * spread
    kept, mixing = chosen_dimensions(y, np.ones(4_000, np.float32), np.eye(5, dtype=np.float32), 2)
    assert kept.tolist() == [1, 3]
    # Queries ask each dimension for itself: nothing is carried over.
    assert np.allclose(mixing, np.eye(5)[[1, 3]], atol=1e-5)
    kept, _ = chosen_dimensions(y, np.ones(4_000, np.float32), np.diag([100, 1, 1, 1, 1]).astype(np.float32), 1)
    assert kept.tolist() == [0]


def test_the_mixing_is_the_best_linear_one():
    rng = np.random.default_rng(1)
    queries = rng.standard_normal((500, 6)) @ rng.standard_normal((6, 6))
    y = rng.standard_normal((200, 6)).astype(np.float32)
    energy = (queries.T @ queries / 500).astype(np.float32)
    kept, mixing = chosen_dimensions(y, np.ones(200, np.float32), energy, 3)
    exact, best = queries @ y.T, np.linalg.lstsq(queries[:, kept], queries @ y.T, rcond=None)[0]
    mine = np.square(exact - queries[:, kept] @ (mixing @ y.T)).sum()
    assert mine == pytest.approx(np.square(exact - queries[:, kept] @ best).sum(), rel=1e-3)


def test_dead_dimensions_do_no_harm():
    """Queries without energy, rows without spread: finite, and as many dimensions as asked for."""
    y = np.ones((20, 4), np.float32)
    kept, mixing = chosen_dimensions(y, np.ones(20, np.float32), np.diag([1, 0, 0, 0]).astype(np.float32), 3)
    assert kept.size == 3 and np.unique(kept).size == 3 and np.isfinite(mixing).all()


def test_pull_is_the_adjoint_of_decode(taught, twins):
    rng = np.random.default_rng(0)
    lesson = type("", (), {"exact": twins[0].read()})
    pupil = Selection(taught.table, lesson, np.array([1, 4]), rng.standard_normal((2, 16)).astype(np.float32), seed=0)
    rows, gradient = np.array([3, 8, 9]), rng.standard_normal((3, 16)).astype(np.float32)
    step = {"encoder": rng.standard_normal((2, 16)).astype(np.float32)}
    moved = ((pupil.decode(step, rows)) * gradient).sum(dtype=np.float64)
    assert (pupil.pull(pupil.parameters, rows, gradient)["encoder"] * step["encoder"]).sum(dtype=np.float64) == pytest.approx(moved, rel=1e-4)


def test_bad_input(twins):
    with pytest.raises(SpecError, match="keep"):
        prune(twins[0], 17, twins[1])
    with pytest.raises(InputError, match="inner"):
        prune(twins[0], 4, twins[1], inner=from_spec({"codec": "residual", "levels": 2}))
    for rounds in (0, True, 2.0, 99):
        with pytest.raises(InputError, match="rounds"):
            prune(twins[0], 4, twins[1], rounds=rounds)
    with pytest.raises(InputError, match="rounds"):
        prune(twins[0], 4, twins[1], rounds=3, steps=2)

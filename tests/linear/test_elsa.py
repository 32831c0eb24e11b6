"""Dense ELSA: its gradient, what it learns, what it refuses."""

import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.errors import InputError, SpecError
from rankfold.linear.elsa import dense_loss, fit_elsa
from rankfold.linear.taken import Batch
from rankfold.search.rows import Rows


def plain_loss(direction, length, x):
    """1 - cosine of every user, written out."""
    scores = (x @ direction @ direction.T - x) * length
    return np.mean(1 - (scores * x).sum(axis=1) / np.linalg.norm(scores, axis=1) / np.linalg.norm(x, axis=1))


def test_loss_and_gradient_are_those_of_the_formula(small):
    rng = np.random.default_rng(1)
    users = np.flatnonzero(small.lengths() > 1)
    batch = Batch.of(small, users, 20)
    x = batch.matrix().T.astype(np.float64)
    direction = unit_rows(rng.standard_normal((20, 6)).astype(np.float32))
    length = np.exp(0.3 * rng.standard_normal(20)).astype(np.float32)
    loss, turn, pull = dense_loss(direction, length, batch)
    wide = direction.astype(np.float64) / np.linalg.norm(direction.astype(np.float64), axis=1, keepdims=True)
    assert loss == pytest.approx(plain_loss(wide, length, x), abs=1e-6)
    move, step = rng.standard_normal((20, 6)), 1e-5

    def at(share):
        moved = wide + share * move
        return plain_loss(moved / np.linalg.norm(moved, axis=1, keepdims=True), length, x)

    assert (at(step) - at(-step)) / (2 * step) == pytest.approx(float((turn * move).sum()), abs=1e-5)
    along = rng.standard_normal(20)
    slope = (plain_loss(wide, length * np.exp(step * along), x) - plain_loss(wide, length * np.exp(-step * along), x)) / (2 * step)
    assert slope == pytest.approx(float(pull @ along), abs=1e-5)


@pytest.mark.parametrize("lengths", [True, False])
def test_items_taken_together_come_near(planted, lengths):
    taken, group = planted
    factors = fit_elsa(taken, 40, factors=16, lengths=lengths, steps=40, seed=1)
    near = factors.direction @ factors.direction.T
    np.fill_diagonal(near, -1)
    assert (group[near.argmax(axis=1)] == group).all()
    assert lengths or (factors.length == 1).all()
    np.testing.assert_allclose(np.linalg.norm(factors.direction, axis=1), 1, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes(small):
    once, again = (fit_elsa(small, 20, factors=4, steps=5, seed=7) for _ in range(2))
    np.testing.assert_array_equal(once.direction, again.direction)
    np.testing.assert_array_equal(once.length, again.length)


def test_users_are_sums_of_their_items(small):
    factors = fit_elsa(small, 20, factors=4, steps=2)
    users = factors.users(Rows.from_lists([[1, 3], [], [5]]))
    np.testing.assert_allclose(users, [factors.direction[1] + factors.direction[3], np.zeros(4), factors.direction[5]], atol=1e-6)
    np.testing.assert_allclose(factors.rows(), factors.direction * factors.length[:, None])
    with pytest.raises(InputError, match="row number 20"):
        factors.users(Rows.from_lists([[20]]))
    assert factors.users(Rows.empty(3)).shape == (3, 4)


def test_items_that_nobody_took_have_no_length():
    factors = fit_elsa(Rows.from_lists([[0, 1]]), 4, factors=2, steps=2)
    np.testing.assert_array_equal(factors.length > 0, [True, True, False, False])
    assert np.isfinite(factors.rows()).all()


@pytest.mark.parametrize("wrong", [{"factors": 0}, {"steps": 0}, {"factors": 10**6}])
def test_settings_out_of_range_are_refused(small, wrong):
    with pytest.raises(SpecError, match=next(iter(wrong))):
        fit_elsa(small, 20, **wrong)

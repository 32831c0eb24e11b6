"""A few weights of every item: the start, the loss and its slope, the result, what is refused."""

import numpy as np
import pytest

from rankfold.errors import InputError, SpecError
from rankfold.linear import SparseWeights, fit_ease, fit_sparse_ease, pack_factors, prune_weights, unpack_factors
from rankfold.linear.taken import Batch
from rankfold.linear.trainedease import OneWayLoss
from rankfold.search.rows import Rows


def dense(weights):
    return weights.rows.directions() * weights.rows.length[:, None]


def test_without_steps_it_is_pruned_ease(small):
    index, value = prune_weights(fit_ease(small, 20, ridge=3.0), 4)
    kept = np.zeros((20, 20))
    np.put_along_axis(kept, index.astype(int), value, axis=1)
    np.testing.assert_allclose(dense(fit_sparse_ease(small, 20, nonzeros=4, ridge=3.0, steps=0)), kept, atol=1e-6)


def test_the_slope_is_that_of_the_loss(small):
    rng = np.random.default_rng(1)
    index = np.array([rng.permutation([j for j in range(20) if j != i])[:3] for i in range(20)])
    weight, length = rng.normal(size=(20, 3)).astype(np.float32), np.exp(0.2 * rng.normal(size=20)).astype(np.float32)
    batch = Batch.of(small, np.flatnonzero(small.lengths() > 1), 20)
    loss = OneWayLoss(index, 20)

    def plain(weight, length):
        scores = np.zeros((20, 20))
        np.put_along_axis(scores, index, weight.astype(np.float64), axis=1)
        took = batch.matrix().astype(np.float64)
        made = (took.T @ scores * length).T
        return np.mean(1 - (made * took).sum(axis=0) / np.sqrt(np.square(made).sum(axis=0) * took.sum(axis=0)))

    found, turn, pull = loss.at(weight, length, batch)
    assert found == pytest.approx(plain(weight, length), abs=1e-6)
    for _ in range(10):
        i, j = rng.integers(20), rng.integers(3)
        step = np.zeros((20, 3))
        step[i, j] = 1e-4
        assert turn[i, j] == pytest.approx((plain(weight + step, length) - plain(weight - step, length)) / 2e-4, abs=2e-6)
        longer = np.exp(1e-4 * (np.arange(20) == i))
        assert pull[i] == pytest.approx((plain(weight, length * longer) - plain(weight, length / longer)) / 2e-4, abs=2e-6)


def test_training_lowers_the_loss_of_pruned_ease(planted):
    taken, group = planted
    before, after = (fit_sparse_ease(taken, 40, nonzeros=6, ridge=5.0, steps=steps) for steps in (0, 60))
    batch = Batch.of(taken, np.arange(200), 40)
    losses = [OneWayLoss(one.rows.index, 40).at(one.rows.value * one.rows.length[:, None], np.ones(40, np.float32), batch)[0] for one in (before, after)]
    assert losses[1] < 0.985 * losses[0]
    scores = after.scores(Rows.from_lists([[item] for item in range(40)]))
    assert (np.sort(np.argsort(-scores, axis=1)[:, :3], axis=1) // 4 == group[:, None]).all()


def test_no_item_speaks_for_itself_and_items_that_nobody_took_are_silent():
    taken = Rows.from_lists([[], [0, 1], [3], [0, 1, 2]])
    weights = fit_sparse_ease(taken, 6, nonzeros=5, steps=20)
    made = dense(weights)
    assert not np.diag(made).any() and not made[[3, 4, 5]].any() and made[0, 1] > 0 and np.isfinite(made).all()
    assert (np.diff(np.abs(weights.rows.value), axis=1) <= 0).all()


def test_bytes_come_back_as_weights(planted):
    weights = fit_sparse_ease(planted[0], 40, nonzeros=4, ridge=5.0, steps=5)
    back = SparseWeights(unpack_factors(pack_factors(weights.rows)))
    np.testing.assert_array_equal(back.rows.index, weights.rows.index)
    one = Rows.from_lists([[0, 7, 9]])
    np.testing.assert_allclose(back.scores(one), weights.scores(one), atol=0.02 * np.abs(dense(weights)).max())


def test_the_same_seed_gives_the_same_bytes(small):
    once, again = (fit_sparse_ease(small, 20, nonzeros=3, steps=5, seed=1).rows for _ in range(2))
    for name in ("index", "value", "length"):
        np.testing.assert_array_equal(getattr(once, name), getattr(again, name))


@pytest.mark.parametrize("wrong", [{"nonzeros": 0}, {"nonzeros": 20}, {"ridge": 0.0}, {"steps": -1}, {"steps": True}])
def test_settings_out_of_range_are_refused(small, wrong):
    with pytest.raises(SpecError, match=next(iter(wrong))):
        fit_sparse_ease(small, 20, **wrong)
    with pytest.raises(InputError, match="two items"):
        fit_sparse_ease(Rows.empty(4), 5, nonzeros=2)


def test_progress_rises_to_the_end(small):
    told = []
    fit_sparse_ease(small, 20, nonzeros=2, steps=3, progress=lambda *one: told.append(one))
    assert told == [("weights", 0, 3), ("weights", 1, 3), ("weights", 2, 3), ("weights", 3, 3)]

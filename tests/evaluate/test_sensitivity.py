"""Planted dimensions are ranked as they were planted; losses are those of a search without the dimension."""

import json

import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.errors import InputError
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.fidelity import overlap
from rankfold.evaluate.sensitivity import candidates, principal_directions, sensitivity
from rankfold.search import Rows
from rankfold.vectors import as_vectors


def normal(rows, dim, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)


@pytest.fixture(scope="module")
def planted():
    """64 dimensions; 20 of them hold most of the variance, and no user cares for them."""
    useless = np.sort(np.random.default_rng(1).permutation(64)[:20])
    items, users = normal(2_000, 64, 2), normal(150, 64, 3)
    items[:, useless] *= 5
    users[:, useless] *= 0.002
    return items, users, useless


@pytest.mark.parametrize("bits", [0, 1, 2])
def test_useless_dimensions_come_last_all_20_of_them(planted, bits):
    items, users, useless = planted
    found = sensitivity(candidates(as_vectors(items), users), bits=bits)
    assert set(found.order()[-20:]) == set(useless.tolist())
    assert found.variance[useless].sum() > 0.85 and found.shares()[useless].sum() < 0.05
    assert found.shares().sum() == pytest.approx(1) and (found.low <= found.loss).all() and (found.loss <= found.high).all()
    json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize("unit", [False, True])
def test_a_dropped_dimension_costs_what_a_search_without_it_says(unit):
    items, users = normal(200, 12, 4), normal(30, 12, 5)
    items += np.arange(12)
    seen = Rows.from_lists([[number] for number in range(30)])
    found = sensitivity(candidates(as_vectors(items), users, seen=seen, unit=unit, pool=200), k=10)
    x = unit_rows(items) if unit else items
    exact = ExactSearcher(as_vectors(x)).search(users, 10, exclude=seen).rows
    for dim in (0, 5, 11):
        without = x.copy()
        without[:, dim] = 0
        expected = 1 - overlap(ExactSearcher(as_vectors(without)).search(users, 10, exclude=seen).rows, exact).mean()
        assert found.loss[dim] == pytest.approx(expected, abs=0.004)


def test_blocks_and_directions_are_parts():
    items, users = normal(400, 10, 6), normal(40, 10, 7)
    items[:, 4:8] *= 0.01
    pool = candidates(as_vectors(items), users, pool=400)
    blocks = sensitivity(pool, block=4)
    assert blocks.loss.shape == (3,) and blocks.order()[-1] == 1
    whole = sensitivity(pool, block=10)
    assert whole.loss.shape == (1,) and whole.loss[0] > 0 and whole.shares()[0] == 1
    turned = np.linalg.qr(normal(10, 10, 8))[0].astype(np.float32)
    same = sensitivity(candidates(as_vectors(items @ turned), users @ turned, pool=400), directions=np.ascontiguousarray(turned.T))
    assert same.loss == pytest.approx(sensitivity(pool).loss, abs=0.01)
    directions = principal_directions(items)
    assert directions.T @ directions == pytest.approx(np.eye(10), abs=1e-5)
    assert set(sensitivity(pool, directions=directions).order()[-4:]) == {6, 7, 8, 9}


def test_more_bits_lose_less_and_constants_lose_nothing():
    items, users = normal(500, 8, 9), normal(50, 8, 10)
    items[:, 3] = 7
    pool = candidates(as_vectors(items), users)
    losses = [sensitivity(pool, bits=bits).loss for bits in (0, 1, 3, 6)]
    assert all(one[3] == 0 for one in losses)
    means = [one.mean() for one in losses]
    assert means == sorted(means, reverse=True) and means[0] > 0.2 and means[-1] < 0.05


def test_equal_rows_and_short_lists_are_no_trouble():
    pool = candidates(as_vectors(np.ones((20, 3), np.float32)), normal(5, 3))
    found = sensitivity(pool)
    assert (found.loss == 0).all() and (found.shares() == 0).all() and np.isfinite(found.shift).all()
    few = candidates(as_vectors(normal(12, 3)), normal(4, 3), seen=Rows.from_lists([range(6), [], [], range(12)]))
    assert np.isfinite(sensitivity(few, k=10).loss).all()


@pytest.mark.parametrize("change", [{"bits": -1}, {"bits": 9}, {"block": 0}, {"block": 4}, {"k": 0}, {"k": 20}, {"directions": np.eye(4, dtype=np.float32)}])
def test_bad_arguments_are_refused(change):
    pool = candidates(as_vectors(normal(20, 3)), normal(5, 3))
    with pytest.raises(InputError):
        sensitivity(pool, **change)
    with pytest.raises(InputError, match="pool"):
        candidates(as_vectors(normal(20, 3)), normal(5, 3), pool=1)

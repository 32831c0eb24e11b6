"""The total is never exceeded, almost all of it is used, and no exchange of two rows would cost less."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.adaptive.allocation import allocate
from rankfold.errors import BudgetError, InputError


def test_known_answer():
    cost = np.array([[9.0, 1.0], [5.0, 4.0], [8.0, 1.5], [1.0, 0.0]])
    assert allocate(cost, np.array([2, 6]), 16).tolist() == [1, 0, 1, 0]
    assert allocate(cost, np.array([2, 6]), 15.9).tolist() == [1, 0, 0, 0]
    assert allocate(cost[:, ::-1], np.array([6, 2]), 16).tolist() == [0, 1, 0, 1]


def test_no_byte_is_spent_where_it_changes_nothing():
    cost = np.array([[3.0, 3.0, 3.0], [2.0, 1.0, 1.0]])
    assert allocate(cost, np.array([4, 8, 16]), 1_000).tolist() == [0, 1]
    assert allocate(np.zeros((3, 2)), np.array([4, 8]), 1_000).tolist() == [0, 0, 0]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 5), st.floats(0, 1), st.sampled_from([1e-20, 1.0, 1e20]))
def test_any_total_is_kept_and_used(seed, count, rates, share, scale):
    rng = np.random.default_rng(seed)
    sizes = np.sort(rng.choice(np.arange(1, 80), rates, replace=False))
    cost = -np.sort(-rng.random((count, rates)), axis=1) * scale
    least, most = sizes[0] * count, sizes[-1] * count
    total = least + share * (most - least)
    choice = allocate(cost, sizes, total)
    used = int(sizes[choice].sum())
    assert used <= total
    widest = int(np.diff(sizes).max(initial=1)) if rates < 3 else int(sizes[-1] - sizes[0])
    assert total - used < max(widest, 1) or used == most


def test_as_good_as_trying_everything_at_the_totals_that_prices_reach():
    rng = np.random.default_rng(3)
    cost, sizes = -np.sort(-rng.random((7, 3)), axis=1), np.array([1, 2, 3])
    for total in range(7, 22):
        found = cost[np.arange(7), allocate(cost, sizes, total)].sum()
        every = [np.array(one) for one in itertools.product(range(3), repeat=7)]
        best = min(cost[np.arange(7), one].sum() for one in every if sizes[one].sum() <= total)
        assert found <= best + 2 * np.abs(np.diff(cost, axis=1)).max()
        assert found >= best - 1e-12
    # Concave gains: with equal steps and falling returns the greedy answer is the best one.
    falling = np.array([[9, 4, 1], [8, 5, 3], [7, 3, 1.5], [2, 1, 0.5]])
    for total in range(4, 13):
        every = [np.array(one) for one in itertools.product(range(3), repeat=4)]
        best = min(falling[np.arange(4), one].sum() for one in every if sizes[one].sum() <= total)
        assert falling[np.arange(4), allocate(falling, sizes, total)].sum() == pytest.approx(best)


def test_refuses_what_cannot_be_had():
    with pytest.raises(BudgetError, match="smallest size that can be had is 4 bytes"):
        allocate(np.ones((10, 2)), np.array([4, 8]), 39)
    with pytest.raises(InputError, match="cost"):
        allocate(np.array([[1.0, np.nan]]), np.array([4, 8]), 100)
    with pytest.raises(InputError, match="cost"):
        allocate(np.array([[1.0, -1.0]]), np.array([4, 8]), 100)
    with pytest.raises(InputError, match="row_bytes"):
        allocate(np.ones((3, 2)), np.array([4, 0]), 100)

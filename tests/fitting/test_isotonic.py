"""Pool adjacent violators against hand-worked and exhaustive answers."""

import itertools

import numpy as np
import pytest

from rankfold.fitting.isotonic import MOST_PLACES, isotonic_knots, pool


def test_a_hand_worked_case():
    first, level = pool(np.array([1.0, 3, 2, 4, 3.5, 0]), np.ones(6))
    assert first.tolist() == [0, 1] and level.tolist() == [1, 2.5]
    first, level = pool(np.array([1.0, 3, 2, 4]), np.array([1.0, 1, 3, 1]))
    assert first.tolist() == [0, 1, 3] and level.tolist() == [1, 2.25, 4]


def exhaustive(values, weight):
    """The best rising fit over every way to cut the values into blocks."""
    best, found = np.inf, None
    for cuts in itertools.product([False, True], repeat=values.size - 1):
        block = np.concatenate([[0], np.cumsum(cuts)])
        level = np.bincount(block, values * weight) / np.bincount(block, weight)
        fit = level[block]
        error = float((weight * (fit - values) ** 2).sum())
        if (np.diff(fit) >= 0).all() and error < best - 1e-12:
            best, found = error, fit
    return found


@pytest.mark.parametrize("seed", range(8))
def test_it_is_the_best_rising_fit(seed):
    rng = np.random.default_rng(seed)
    values, weight = rng.integers(0, 6, 9).astype(float), rng.integers(1, 4, 9).astype(float)
    first, level = pool(values, weight)
    fit = level[np.searchsorted(first, np.arange(9), side="right") - 1]
    assert fit == pytest.approx(exhaustive(values, weight)) and (np.diff(level) > 0).all()


def test_knots_are_the_ends_of_the_blocks_and_ties_are_one_place():
    x, y = isotonic_knots(np.array([3, 1, 2, 2, 4]), np.array([1, 0, 0, 1, 0]))
    assert x.tolist() == [1, 2, 4] and y == pytest.approx([0, 0.5, 0.5])
    x, y = isotonic_knots(np.array([7.0, 7.0]), np.array([0, 1]))
    assert x.tolist() == [7] and y.tolist() == [0.5]


def test_many_places_are_averaged_and_the_step_is_found():
    x = np.random.default_rng(0).random(50_000)
    where, level = isotonic_knots(x, (x > 0.3).astype(float))
    assert where.size <= 2 * MOST_PLACES and (np.diff(where) > 0).all() and (np.diff(level) >= 0).all()
    assert np.interp([0.1, 0.29, 0.31, 0.9], where, level) == pytest.approx([0, 0, 1, 1])

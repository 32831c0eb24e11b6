"""Bits by reverse water-filling: known answers, the optimum by trying all, and what a flat spectrum gives."""

from itertools import product

import numpy as np
import pytest

from rankfold.fitting.waterfilling import DECIBELS, MOST_BITS, WINDOWS, allocate, distortion, left_over, spread_evenly


def test_every_window_has_its_figures_and_more_bits_always_leave_less():
    assert sorted(DECIBELS) == list(range(WINDOWS[0], WINDOWS[1] + 1))
    for window in DECIBELS:
        left = distortion(window)
        assert left.shape == (MOST_BITS + 1,) and left[0] == 1
        # Each bit takes away less than the one before: what greedy needs to be optimal.
        assert (np.diff(left) < 0).all() and (np.diff(left, n=2) > 0).all()
        # And none beats Shannon's bound of 6.02 dB a bit.
        assert (-10 * np.log10(left[1:]) < 6.0206 * np.arange(1, MOST_BITS + 1)).all()


@pytest.mark.parametrize("bits", [1, 5, 8, 13])
def test_greedy_is_the_best_of_all(bits):
    variance = np.array([7.0, 1.5, 1.4, 0.2])
    best = min(left_over(variance, np.array(given), 8) for given in product(range(MOST_BITS + 1), repeat=4) if sum(given) == bits)
    given = allocate(variance, bits, 8)
    assert given.dtype == np.uint8 and given.sum() == bits
    assert left_over(variance, given, 8) == pytest.approx(best, rel=1e-12)


def test_a_factor_of_four_in_variance_is_about_a_bit():
    given = allocate(4.0 ** np.arange(5, -1, -1), 21, 8)
    np.testing.assert_array_equal(given, [6, 5, 4, 3, 2, 1])


def test_equal_directions_get_equal_bits_and_no_variance_none():
    np.testing.assert_array_equal(allocate(np.array([1.0, 1.0, 0.0, 1.0]), 6, 8), [2, 2, 0, 2])
    np.testing.assert_array_equal(allocate(np.ones(3), 18, 12), [6, 6, 6])
    assert allocate(np.zeros(5), 16, 8).sum() == 16


def test_spread_evenly():
    np.testing.assert_array_equal(spread_evenly(5, 12), [3, 3, 2, 2, 2])
    np.testing.assert_array_equal(spread_evenly(4, 3), [1, 1, 1, 0])

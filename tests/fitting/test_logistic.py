"""The factor and offset that made the labels are found again, and hard cases end in numbers."""

import numpy as np
import pytest

from rankfold.fitting.logistic import fit_logistic, smoothed


def labels(x, slope, offset, seed=0):
    return np.random.default_rng(seed).random(x.size) < 1 / (1 + np.exp(-(slope * x + offset)))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_planted_factors_are_found(scale):
    x = np.random.default_rng(1).normal(3, 1, 100_000)
    slope, offset = fit_logistic(x * scale, labels(x, 2.0, -7.0), offset=True)
    assert slope * scale == pytest.approx(2, rel=0.05) and offset == pytest.approx(-7, rel=0.05)
    slope, offset = fit_logistic(x * scale, labels(x, 0.4, 0.0), offset=False)
    assert slope * scale == pytest.approx(0.4, rel=0.05) and offset == 0


def test_the_gradient_is_zero_there():
    x = np.random.default_rng(2).normal(size=500)
    clicked = labels(x, 1, -1)
    slope, offset = fit_logistic(x, clicked, offset=True)
    error = 1 / (1 + np.exp(-(slope * x + offset))) - smoothed(clicked)
    assert abs(error.sum()) < 1e-3 and abs(error @ x) < 1e-3


def test_separable_constant_and_contrary_scores():
    slope, offset = fit_logistic(np.array([-1.0, -1, 1, 1]), np.array([False, False, True, True]), offset=True)
    assert 0 < slope < 10 and abs(offset) < 1e-9
    rate = (3 * (1 / 5) + 2 / 3) / 4
    assert fit_logistic(np.ones(4), np.array([False, False, False, True]), offset=True) == (0.0, pytest.approx(np.log(rate / (1 - rate))))
    slope, offset = fit_logistic(np.array([1.0, 1, -1, -1]), np.array([False, False, True, True]), offset=True)
    assert slope == 0 and offset == pytest.approx(0)
    assert fit_logistic(np.zeros(3), np.array([True, False, False]), offset=False) == (0.0, 0.0)


def test_smoothed_targets():
    assert smoothed(np.array([True, False, False])) == pytest.approx([2 / 3, 1 / 4, 1 / 4])

"""Adam's steps against the formula, and the falling rate."""

import numpy as np
import pytest

from rankfold.linear.rates import Moments, falling


def test_the_first_step_is_the_rate_and_steady_gradients_keep_it():
    moments = Moments((3,))
    gradient = np.array([2.0, -0.5, 0.0], np.float32)
    for _ in range(4):
        np.testing.assert_allclose(moments.step(gradient, 0.1), [0.1, -0.1, 0.0], rtol=1e-4)


def test_gradients_that_turn_around_shorten_the_step():
    moments = Moments((1,))
    first = moments.step(np.ones(1, np.float32), 1.0)
    assert abs(moments.step(-np.ones(1, np.float32), 1.0)[0]) < 0.2 * first[0]


def test_the_rate_falls_to_a_floor():
    rates = [falling(step, 10) for step in range(11)]
    assert rates[0] == 1 and rates[5] == pytest.approx(0.5) and rates[10] == 0.05
    assert rates == sorted(rates, reverse=True)

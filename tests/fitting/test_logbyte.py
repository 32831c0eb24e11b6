import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.fitting import logbyte


def test_equal_values_come_back_within_half_a_step():
    grid = logbyte.fit_logbyte(np.full(10, 3.0, np.float32))
    assert grid.dtype == np.float32 and grid.shape == (2,)
    assert grid[1] == pytest.approx(np.log(16) / 254, rel=1e-5)
    back = logbyte.decode(grid, logbyte.encode(grid, np.array([3.0], np.float32)))
    assert back[0] == pytest.approx(3.0, rel=0.006)


def test_zero_is_kept_exactly_and_only_zero_gets_byte_zero():
    grid = logbyte.fit_logbyte(np.array([1.0, 2.0], np.float32))
    codes = logbyte.encode(grid, np.array([0.0, 1e-30, 1e30], np.float32))
    assert codes.tolist() == [0, 1, 255]
    assert logbyte.decode(grid, codes)[0] == 0.0


def test_every_byte_is_its_own_nearest():
    grid = logbyte.fit_logbyte(np.array([0.01, 50.0], np.float32))
    values = logbyte.byte_values(grid)
    assert (np.diff(values) > 0).all()
    assert np.array_equal(logbyte.encode(grid, values), np.arange(256))
    assert np.array_equal(logbyte.encode(grid, values, round_up=True), np.arange(256))


@pytest.mark.parametrize("values", [[], [0.0, 0.0]])
def test_samples_without_a_positive_value_lay_the_grid_around_one(values):
    grid = logbyte.fit_logbyte(np.array(values, np.float32))
    assert logbyte.decode(grid, logbyte.encode(grid, np.ones(1, np.float32)))[0] == pytest.approx(1.0, rel=0.006)


def test_one_negligible_value_does_not_cost_the_others_their_precision():
    values = np.ones(1000, np.float32)
    values[0] = 1e-30
    assert logbyte.fit_logbyte(values)[1] < 0.04


@given(st.integers(0, 2**31), st.sampled_from([1e-30, 1e-20, 1.0, 1e20, 1e36]))
def test_rounding_errs_by_at_most_a_step_and_upwards_when_asked(seed, scale):
    rng = np.random.default_rng(seed)
    values = (rng.lognormal(size=50) * scale).astype(np.float32)
    grid = logbyte.fit_logbyte(values)
    near = logbyte.decode(grid, logbyte.encode(grid, values)).astype(np.float64)
    above = logbyte.decode(grid, logbyte.encode(grid, values, round_up=True)).astype(np.float64)
    assert (np.abs(np.log(near / values)) <= grid[1] * 0.501 + 1e-6).all()
    assert (above >= values).all()
    assert (above <= values * np.exp(grid[1] * 1.001 + 1e-6)).all()

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.fitting import grid


@pytest.fixture(scope="module")
def normal():
    return np.random.default_rng(0).standard_normal(400_000).astype(np.float32)


# Max, "Quantizing for minimum distortion", 1960, table I.
@pytest.mark.parametrize(("bits", "levels"), [(1, [0.7979]), (2, [0.4528, 1.510]), (3, [0.2451, 0.7560, 1.344, 2.152])])
def test_levels_of_a_gaussian(normal, bits, levels):
    found = grid.lloyd_max(normal, None, 2**bits)
    assert found.dtype == np.float32
    assert np.allclose(found, [*(-np.array(levels[::-1])), *levels], atol=0.015)


@pytest.mark.parametrize(("bits", "decibel"), [(1, 4.40), (2, 9.30), (3, 14.62), (4, 20.22)])
def test_distortion_of_a_gaussian(normal, bits, decibel):
    error = grid.squared_error(normal, None, grid.lloyd_max(normal, None, 2**bits))
    assert -10 * np.log10(error / normal.var()) == pytest.approx(decibel, abs=0.03)


def test_few_distinct_values_are_kept_exactly():
    values = np.repeat(np.array([-3, 1, 1.5, 8], np.float32), 5)
    assert np.allclose(grid.lloyd_max(values, None, 4), [-3, 1, 1.5, 8])
    assert grid.squared_error(values, None, grid.lloyd_max(values, None, 16)) == pytest.approx(0, abs=1e-9)


def test_constant_values_give_levels_that_hold_them():
    found = grid.lloyd_max(np.full(7, 2.5, np.float32), None, 4)
    assert found.shape == (4,) and (np.diff(found) >= 0).all()
    assert np.abs(found - 2.5).min() < 1e-6


def test_weight_equals_repetition():
    rng = np.random.default_rng(1)
    values = rng.standard_normal(500).astype(np.float32)
    times = rng.integers(1, 5, 500)
    assert np.allclose(grid.lloyd_max(values, times.astype(np.float32), 8), grid.lloyd_max(np.repeat(values, times), None, 8), atol=1e-5)


def test_uniform_levels_are_the_middles_of_equal_cells():
    assert grid.uniform(np.array([0, 4], np.float32), 4).tolist() == [0.5, 1.5, 2.5, 3.5]


def test_nearest_takes_the_lower_of_two_as_near():
    levels = np.array([-1, 0, 1], np.float32)
    assert grid.nearest(levels, np.array([[-9, -0.5], [0.5, 0.51]], np.float32)).tolist() == [[0, 0], [1, 2]]


@given(st.integers(0, 2**31), st.sampled_from(["normal", "cauchy", "exponential", "few"]), st.sampled_from([1, 2, 3, 16, 64]), st.booleans())
def test_lloyd_is_never_worse_than_uniform(seed, kind, levels, weighted):
    rng = np.random.default_rng(seed)
    values = {
        "normal": lambda: rng.standard_normal(300),
        "cauchy": lambda: rng.standard_cauchy(300),
        "exponential": lambda: rng.exponential(size=300),
        "few": lambda: rng.integers(0, 5, 300).astype(float),
    }[kind]().astype(np.float32)
    weight = rng.exponential(size=300).astype(np.float32) if weighted else None
    best = grid.lloyd_max(values, weight, levels)
    assert (np.diff(best) >= 0).all()
    even = grid.squared_error(values, weight, grid.uniform(values, levels))
    assert grid.squared_error(values, weight, best) <= even * (1 + 1e-6) + 1e-9 * float(np.square(values).max())
    assert np.array_equal(best, grid.lloyd_max(values, weight, levels))

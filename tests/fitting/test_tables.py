import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.fitting.tables import quantize_tables


def sums(made, codes):
    picked = np.take_along_axis(made["tables"], codes[None, :, :], axis=2).astype(np.int64).sum(axis=1)
    return made["offset"][:, None] + made["step"][:, None] * picked


def test_byte_tables_of_whole_numbers_are_exact():
    tables = np.arange(2 * 3 * 256, dtype=np.float32).reshape(2, 3, 256)
    made = quantize_tables(tables)
    assert made["tables"].dtype == np.uint8 and made["step"].tolist() == [1.0, 1.0]
    assert np.array_equal(made["tables"][1, 2], np.arange(256))
    assert made["offset"].tolist() == [0 + 256 + 512, 768 + 1024 + 1280]
    assert (made["bound"] < 0.01).all()


def test_bound_of_a_known_rounding():
    tables = np.zeros((1, 4, 3), np.float32)
    tables[:, :, 1] = 255.0
    tables[:, :, 2] = 0.5 - 2**-10
    made = quantize_tables(tables)
    assert made["bound"][0] == pytest.approx(4 * 0.499, rel=0.01)


def test_constant_tables_do_not_divide_by_zero():
    made = quantize_tables(np.full((2, 3, 16), 7.0, np.float32))
    assert not made["tables"].any() and not made["step"].any()
    assert made["offset"].tolist() == [21.0, 21.0]


@given(st.integers(0, 2**31), st.integers(1, 40), st.sampled_from([16, 256]), st.sampled_from([1e-20, 1.0, 1e20]))
def test_every_sum_lies_within_its_bound(seed, groups, size, scale):
    rng = np.random.default_rng(seed)
    tables = (rng.standard_normal((3, groups, size)) * rng.exponential(size=(3, groups, 1)) * scale).astype(np.float32)
    codes = rng.integers(0, size, (groups, 50))
    made = quantize_tables(tables)
    exact = np.take_along_axis(tables.astype(np.float64), codes[None, :, :], axis=2).sum(axis=1)
    assert (np.abs(sums(made, codes) - exact) <= made["bound"][:, None]).all()

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.fitting.bitpack import pack_bits
from rankfold.fitting.tables import code_tables, quantize_tables, quantize_tables_finely


def sums(made, codes):
    picked = np.take_along_axis(made["tables"], codes[None, :, :], axis=2).astype(np.int64).sum(axis=1)
    return made["offset"][:, None] + made["step"][:, None] * picked


def test_byte_tables_of_whole_numbers_are_exact():
    tables = np.arange(2 * 3 * 256, dtype=np.float32).reshape(2, 3, 256)
    made = quantize_tables(tables)
    assert made["tables"].dtype == np.uint8 and made["step"].tolist() == [1.0, 1.0]
    assert np.array_equal(made["tables"][1, 2], np.arange(256))
    assert made["offset"].tolist() == [0 + 256 + 512, 768 + 1024 + 1280]
    assert (made["bound"] < 0.02).all()


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


@given(st.integers(0, 2**31), st.integers(1, 40))
def test_two_bytes_an_entry_have_a_far_smaller_bound_and_keep_it(seed, groups):
    rng = np.random.default_rng(seed)
    tables = rng.standard_normal((2, groups, 16)).astype(np.float32)
    codes = rng.integers(0, 16, (groups, 30))
    coarse, made = quantize_tables(tables), quantize_tables_finely(tables)
    whole = 256 * sums({**made, "offset": 0 * made["offset"]}, codes) + sums({**made, "tables": made["fine"]}, codes)
    exact = np.take_along_axis(tables.astype(np.float64), codes[None, :, :], axis=2).sum(axis=1)
    assert (np.abs(whole - exact) <= made["bound"][:, None]).all()
    assert (made["bound"] < 0.02 * coarse["bound"]).all()


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_code_tables_score_packed_codes(bits):
    rng = np.random.default_rng(bits)
    queries = rng.standard_normal((2, 9)).astype(np.float32)
    levels = rng.standard_normal(2**bits).astype(np.float32)
    numbers = rng.integers(0, 2**bits, (20, 9))
    packed = pack_bits(numbers, bits)
    tables = code_tables(queries, levels, bits)
    assert tables.shape == (2, packed.shape[1], 256)
    scores = np.take_along_axis(tables, packed.T[None].astype(np.intp), axis=2).sum(axis=1)
    assert np.allclose(scores, queries @ levels[numbers].T, atol=1e-5)


@pytest.mark.parametrize("quantize", [quantize_tables, quantize_tables_finely])
def test_tables_of_any_memory_layout_come_out_contiguous(quantize):
    tables = np.random.default_rng(0).standard_normal((256, 5, 3)).astype(np.float32).transpose(2, 1, 0)
    made = quantize(tables)
    assert made["tables"].flags.c_contiguous and made["tables"].shape == (3, 5, 256)
    assert made.get("fine", made["tables"]).flags.c_contiguous

"""Scans that keep only the best rows: the same rows and scores as a scan and `select` on the twins, on every level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold import kernels
from rankfold.errors import InputError

native_levels = pytest.mark.parametrize("name", kernels.levels()[:-1])


def empty_top(queries, k):
    return np.full((queries, k), -np.inf, np.float32), np.full((queries, k), -1, np.int64)


def both_tops(name, kernel, arguments, queries, k, first=0):
    found = []
    for level in (name, "reference"):
        top = empty_top(queries, k)
        with kernels.use(level):
            kernel(*arguments, first, *top)
        found.append(top)
    for ours, twin in zip(*found):
        np.testing.assert_array_equal(ours, twin)
    return found[0]


def dot8_arguments(rng, queries, rows, dim, most=32_767, spread=1.0):
    coded = rng.integers(-127, 128, (rows, dim)).astype(np.int8)
    asked = np.clip(np.rint(rng.standard_normal((queries, dim)) * most / 4), -most, most).astype(np.int16)
    step, offset = (rng.random(queries) * 1e-4 + 1e-5).astype(np.float32), rng.standard_normal(queries).astype(np.float32)
    scale = np.exp(np.clip(spread * rng.standard_normal(rows), -60, 60)).astype(np.float32)
    return asked, coded, step, offset, scale, float(np.sqrt((coded.astype(np.float64) ** 2).sum(axis=1)).max(initial=0) + 1)


@native_levels
@pytest.mark.parametrize("dim", [1, 40, 64, 65, 384])
@pytest.mark.parametrize("rows", [0, 1, 31, 64, 65, 700])
def test_dot8_top(name, rows, dim):
    rng = np.random.default_rng(rows * 1000 + dim)
    for queries, k in ((1, 5), (7, 3), (8, 100), (33, 10), (64, 1)):
        both_tops(name, kernels.dot8_top, dot8_arguments(rng, queries, rows, dim), queries, k, first=11)


@native_levels
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), most=st.sampled_from([1, 100, 127, 128, 300, 32_767]), k=st.integers(1, 300), spread=st.sampled_from([0.0, 1.0, 20.0]))
def test_dot8_top_of_any_size_of_query_and_scale(name, seed, most, k, spread):
    rng = np.random.default_rng(seed)
    queries = int(rng.integers(1, 40))
    both_tops(name, kernels.dot8_top, dot8_arguments(rng, queries, int(rng.integers(1, 900)), int(rng.integers(1, 150)), most, spread), queries, k)


@native_levels
def test_dot8_top_of_rows_that_rounding_alone_tells_apart(name):
    """Products that differ in the lowest bits of the query only, and ties, which go to the lower row."""
    rng = np.random.default_rng(3)
    rows = np.tile(rng.integers(-127, 128, (1, 128)).astype(np.int8), (600, 1))
    rows[:, 0] = rng.integers(-3, 4, 600)
    queries = np.tile(rng.integers(-32_000, 32_001, (1, 128)).astype(np.int16), (16, 1))
    queries[:, 0] = np.arange(16)
    ones, zeros = np.ones(16, np.float32), np.zeros(16, np.float32)
    _, found = both_tops(name, kernels.dot8_top, (queries, rows, ones, zeros, np.ones(600, np.float32), 1_500.0), 16, 40)
    assert found[0].tolist() == list(range(40))


@native_levels
def test_dot8_top_at_the_ends_of_its_types(name):
    queries, rows = np.full((9, 384), -32_768, np.int16), np.full((70, 384), -128, np.int8)
    rows[3] = 127
    scores, found = both_tops(name, kernels.dot8_top, (queries, rows, np.ones(9, np.float32), np.zeros(9, np.float32), np.ones(70, np.float32), 2_600.0), 9, 70)
    assert found[0].tolist() == [*range(3), *range(4, 70), 3]
    assert scores[0, 0] == np.float32(384 * 32_768 * 128)


@native_levels
def test_dot8_top_with_scales_that_leave_float32(name):
    rng = np.random.default_rng(5)
    arguments = list(dot8_arguments(rng, 12, 200, 64))
    arguments[4] = np.where(rng.random(200) < 0.3, np.float32(3e38), np.float32(0)).astype(np.float32)
    both_tops(name, kernels.dot8_top, arguments, 12, 50)


def trellis_arguments(rng, queries, rows, advance, window, tables=1):
    codes = rng.integers(0, 256, (rows, int(advance.sum()) // 8), np.uint8)
    which, books = rng.integers(0, tables, len(advance)).astype(np.uint8), rng.integers(-128, 128, (tables, 1 << window)).astype(np.int8)
    asked = rng.integers(-32_000, 32_001, (queries, len(advance))).astype(np.int16)
    step, offset = (rng.random(queries) * 1e-4).astype(np.float32), rng.standard_normal(queries).astype(np.float32)
    return asked, codes, advance, which, books, step, offset, rng.random(rows).astype(np.float32)


@native_levels
@pytest.mark.parametrize("window", [6, 8, 10])
@pytest.mark.parametrize("rows", [0, 5, 64, 330])
def test_trellis_top(name, window, rows):
    rng = np.random.default_rng(rows + window)
    for dim, bits in ((64, 2), (100, 2), (130, 4)):
        for queries, k in ((1, 20), (3, 7), (9, 100), (40, 12)):
            both_tops(name, kernels.trellis_top, trellis_arguments(rng, queries, rows, np.full(dim, bits, np.uint8), window, tables=3), queries, k, first=7)


@native_levels
@pytest.mark.parametrize("queries", [8, 16, 33, 64])
def test_trellis_scan_of_many_queries_is_exact(name, queries):
    rng = np.random.default_rng(queries)
    *arguments, _ = trellis_arguments(rng, queries, 150, np.tile(np.uint8([3, 2, 1, 2]), 40), 8, tables=4)
    found = []
    for level in (name, "reference"):
        out = np.zeros((queries, 150), np.float32)
        with kernels.use(level):
            kernels.trellis_scan(*arguments, out)
        found.append(out)
    np.testing.assert_array_equal(*found)


@native_levels
@pytest.mark.parametrize("rows", [0, 1, 64, 65, 200, 4_200])
@pytest.mark.parametrize("bits", [8, 4])
def test_lut_top(name, bits, rows):
    rng = np.random.default_rng(rows + bits)
    kernel = kernels.lut8_top if bits == 8 else kernels.lut4_top
    for groups in (1, 6, 300):
        packed = kernels.interleave(rng.integers(0, 256, (rows, groups), np.uint8))
        for queries, k in ((1, 300), (3, 7), (17, 90)):
            tables = rng.integers(0, 256, (queries, groups * 8 // bits, 1 << bits), np.uint8)
            step, offset = rng.random(queries).astype(np.float32), rng.standard_normal(queries).astype(np.float32)
            both_tops(name, kernel, (tables, packed, step, offset, rng.random(rows).astype(np.float32)), queries, k, first=5)


@native_levels
def test_tops_go_on_from_a_running_top(name):
    """Blocks in any order give what one scan of all gives; ties go to the lower row."""
    rng = np.random.default_rng(1)
    asked, coded, step, offset, scale, longest = dot8_arguments(rng, 20, 500, 3, most=20, spread=0.0)
    step[:], offset[:] = 1, 0
    whole, parts = empty_top(20, 60), empty_top(20, 60)
    with kernels.use(name):
        kernels.dot8_top(asked, coded, step, offset, scale, longest, 0, *whole)
        for start in (300, 0, 100, 400, 200):
            kernels.dot8_top(asked, coded[start : start + 100], step, offset, scale[start : start + 100], longest, start, *parts)
    for one, other in zip(whole, parts):
        np.testing.assert_array_equal(one, other)


def test_tops_refuse_what_does_not_fit():
    rng = np.random.default_rng(0)
    good = dot8_arguments(rng, 2, 9, 8)
    with pytest.raises(InputError, match=r"row_scale: got float32 of shape \(8,\)"):
        kernels.dot8_top(*good[:4], good[4][:8].copy(), good[5], 0, *empty_top(2, 3))
    with pytest.raises(InputError, match="top_scores: got k = 0"):
        kernels.dot8_top(*good, 0, *empty_top(2, 0))
    with pytest.raises(InputError, match="top_rows: got int32"):
        kernels.dot8_top(*good, 0, empty_top(2, 3)[0], np.zeros((2, 3), np.int32))
    tables, packed, ones = np.zeros((2, 4, 256), np.uint8), np.zeros((2, 4, 64), np.uint8), np.ones(2, np.float32)
    with pytest.raises(InputError, match=r"packed: got uint8 of shape \(2, 4, 64\); expected .*\(3, 4, 64\)"):
        kernels.lut8_top(tables, packed, ones, ones, np.ones(129, np.float32), 0, *empty_top(2, 3))
    trellis = trellis_arguments(rng, 2, 9, np.full(16, 2, np.uint8), 8)
    with pytest.raises(InputError, match=r"codes: got uint8 of shape \(9, 3\)"):
        kernels.trellis_top(trellis[0], trellis[1][:, :3].copy(), *trellis[2:], 0, *empty_top(2, 3))

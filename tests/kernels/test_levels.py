"""Every level that this machine has, against the NumPy twins. On another machine: python -m pytest tests/kernels"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold import kernels

SIZES = [0, 1, 7, 8, 15, 16, 31, 32, 63, 64, 65, 200]
QUERIES = [1, 3, 4, 9, 33]

native_levels = pytest.mark.parametrize("name", kernels.levels()[:-1])


def both(name, kernel, inputs, outputs):
    """The outputs of one kernel on the level `name` and on the reference level, each started from the same content."""
    results = []
    for chosen in (name, "reference"):
        written = [array.copy() for array in outputs]
        with kernels.use(chosen):
            kernel(*inputs, *written)
        results.append(written)
    return results


def assert_same(results):
    for ours, twin in zip(*results):
        np.testing.assert_array_equal(ours, twin)


def scaled(rng, count):
    return rng.normal(size=count).astype(np.float32), rng.normal(size=count).astype(np.float32)


@native_levels
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("dim", [1, 8, 31, 32, 65, 384])
def test_dot8(name, rows, dim):
    rng = np.random.default_rng(rows * 1000 + dim)
    for count in QUERIES:
        queries = rng.integers(-4000, 4001, (count, dim)).astype(np.int16)
        codes = rng.integers(-128, 128, (rows, dim)).astype(np.int8)
        assert_same(both(name, kernels.dot8, [queries, codes], [np.zeros((count, rows), np.int32)]))


@native_levels
@pytest.mark.parametrize("query,code", [(-32768, -128), (32767, -128), (-32768, 127)])
def test_dot8_at_the_ends_of_its_types(name, query, code):
    queries, codes = np.full((4, 384), query, np.int16), np.full((3, 384), code, np.int8)
    results = both(name, kernels.dot8, [queries, codes], [np.zeros((4, 3), np.int32)])
    assert_same(results)
    assert (results[0][0] == 384 * query * code).all()


@native_levels
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("groups", [1, 5, 16, 64])
def test_interleave(name, rows, groups):
    codes = np.random.default_rng(rows).integers(0, 256, (rows, groups)).astype(np.uint8)
    with kernels.use("reference"):
        twin = kernels.interleave(codes)
    with kernels.use(name):
        np.testing.assert_array_equal(kernels.interleave(codes), twin)


@native_levels
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("groups", [1, 2, 16, 65])
def test_lut8(name, rows, groups):
    rng = np.random.default_rng(rows * 1000 + groups)
    packed = kernels.interleave(rng.integers(0, 256, (rows, groups)).astype(np.uint8))
    for count in QUERIES:
        tables = rng.integers(0, 256, (count, groups, 256)).astype(np.uint8)
        assert_same(both(name, kernels.lut8, [tables, packed, *scaled(rng, count)], [np.zeros((count, rows), np.float32)]))


@native_levels
@pytest.mark.parametrize("rows", [4095, 4096, 4160, 4351])
@pytest.mark.parametrize("groups", [1, 4, 7, 256, 257])
def test_lut8_of_many_queries_and_rows(name, rows, groups):
    rng = np.random.default_rng(rows * 1000 + groups)
    packed = kernels.interleave(rng.integers(0, 256, (rows, groups)).astype(np.uint8))
    tables = rng.integers(200 if groups > 100 else 0, 256, (37, groups, 256)).astype(np.uint8)
    sums = np.zeros((37, rows), np.int64)
    for group in range(groups):
        sums += tables[:, group, packed[:, group].reshape(-1)[:rows]]
    out = np.zeros((37, rows), np.float32)
    with kernels.use(name):
        kernels.lut8(tables, packed, np.ones(37, np.float32), np.arange(37, dtype=np.float32), out)
    np.testing.assert_array_equal(out, sums + np.arange(37)[:, None])


@native_levels
@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("groups", [255, 256, 257, 700])
def test_lut8_sums_do_not_overflow(name, groups, count):
    rng = np.random.default_rng(groups)
    packed = kernels.interleave(rng.integers(0, 256, (70, groups)).astype(np.uint8))
    tables = np.full((count, groups, 256), 255, np.uint8)
    results = both(name, kernels.lut8, [tables, packed, np.ones(count, np.float32), np.zeros(count, np.float32)], [np.zeros((count, 70), np.float32)])
    assert_same(results)
    assert (results[0][0] == 255 * groups).all()


@native_levels
def test_lut8_finds_every_entry(name):
    packed = kernels.interleave(np.arange(256, dtype=np.uint8)[:, None])
    tables = np.random.default_rng(0).permutation(256).astype(np.uint8).reshape(1, 1, 256)
    out = np.zeros((1, 256), np.float32)
    with kernels.use(name):
        kernels.lut8(tables, packed, np.ones(1, np.float32), np.zeros(1, np.float32), out)
    np.testing.assert_array_equal(out[0], tables[0, 0])


@native_levels
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("pairs", [1, 8, 33, 128, 129, 400])
def test_lut4(name, rows, pairs):
    rng = np.random.default_rng(rows * 1000 + pairs)
    packed = kernels.interleave(rng.integers(0, 256, (rows, pairs)).astype(np.uint8))
    for count in (1, 3, 9):
        tables = rng.integers(200, 256, (count, 2 * pairs, 16)).astype(np.uint8)
        assert_same(both(name, kernels.lut4, [tables, packed, *scaled(rng, count)], [np.zeros((count, rows), np.float32)]))


@native_levels
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("words", [1, 2, 6, 65])
def test_bits(name, rows, words):
    rng = np.random.default_rng(rows * 1000 + words)
    codes = rng.integers(0, 2**64, (rows, words), dtype=np.uint64)
    for count in (1, 3, 4, 9):
        planes = rng.integers(0, 2**64, (count, 8, words), dtype=np.uint64)
        assert_same(both(name, kernels.bits, [planes, codes, *scaled(rng, count)], [np.zeros((count, rows), np.float32)]))


@native_levels
@pytest.mark.parametrize("value", [-128, 127])
def test_bits_sums_do_not_overflow(name, value):
    planes = np.zeros((1, 8, 300), np.uint64)
    planes[0, [plane for plane in range(8) if value & 0xFF & (1 << plane)]] = 2**64 - 1
    results = both(name, kernels.bits, [planes, np.full((5, 300), 2**64 - 1, np.uint64), *np.float32([[1], [0]])], [np.zeros((1, 5), np.float32)])
    assert_same(results)
    assert (results[0][0] == value * 64 * 300).all()


@native_levels
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("dim", [1, 4, 8, 33, 384])
@pytest.mark.parametrize("count", [1, 2, 15, 16, 17, 33, 256])
def test_nearest(name, rows, dim, count):
    rng = np.random.default_rng(rows + 1000 * dim + count)
    x, centroids = rng.normal(size=(rows, dim)).astype(np.float32), rng.normal(size=(count, dim)).astype(np.float32)
    half_norms = (0.5 * (centroids**2).sum(axis=1)).astype(np.float32)
    (best, score), (_, twin_score) = both(name, kernels.nearest, [x, centroids, half_norms], [np.zeros(rows, np.int32), np.zeros(rows, np.float32)])
    bound = 1e-6 * (1 + dim) * (1 + np.abs(x).max(initial=0) * np.abs(centroids).max())
    exact = x.astype(np.float64) @ centroids.T.astype(np.float64) - half_norms
    np.testing.assert_allclose(score, twin_score, rtol=0, atol=bound)
    np.testing.assert_allclose(exact[np.arange(rows), best], exact.max(axis=1, initial=-np.inf), rtol=0, atol=bound)


@native_levels
def test_nearest_gives_ties_to_the_lowest_index(name):
    centroids = np.repeat(np.float32([[1, 0], [0, 1]]), 100, axis=0)
    x = np.float32([[2, 1], [1, 2], [0, 0], [1, 1]] * 10)
    best, score = np.zeros(40, np.int32), np.zeros(40, np.float32)
    with kernels.use(name):
        kernels.nearest(x, centroids, np.full(200, 0.5, np.float32), best, score)
    assert best.tolist() == [0, 100, 0, 0] * 10
    assert score.tolist() == [1.5, 1.5, -0.5, 0.5] * 10


def additive(rng, rows, levels, size, dim=12):
    """Random rows and books, as the tables that `beam` reads."""
    x = rng.normal(size=(rows, dim)).astype(np.float32)
    books = rng.normal(size=(levels, size, dim)).astype(np.float32) / (1 + np.arange(levels, dtype=np.float32))[:, None, None]
    flat = books.reshape(-1, dim)
    gram = flat @ flat.T
    blocks = [gram[: level * size, level * size : (level + 1) * size].ravel() for level in range(1, levels)]
    cross = np.concatenate([np.zeros(0, np.float32), *blocks])
    half_norms = np.ascontiguousarray(0.5 * np.diag(gram).reshape(levels, size))
    return x, books, [x @ flat.T, cross, half_norms]


@native_levels
@pytest.mark.parametrize("rows", [0, 1, 8, 33, 1100])
@pytest.mark.parametrize("levels,size,width", [(1, 1, 1), (1, 16, 5), (3, 5, 64), (4, 16, 5), (3, 100, 7), (5, 256, 4), (9, 64, 1)])
def test_beam(name, rows, levels, size, width):
    _, _, tables = additive(np.random.default_rng(rows + size), rows, levels, size)
    outputs = [np.zeros((rows, levels), np.uint8), np.zeros(rows, np.float32)]
    with kernels.use("reference"):
        kernels.beam(*tables, *outputs, width)
    ours = [array.copy() for array in outputs]
    with kernels.use(name):
        kernels.beam(*tables, *ours, width)
    # Sums are made in the same order in both, so that even near-ties fall alike.
    np.testing.assert_array_equal(ours[0], outputs[0])
    np.testing.assert_array_equal(ours[1], outputs[1])


@native_levels
@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("k", [1, 5, 100, 1500])
def test_select(name, count, k):
    rng = np.random.default_rng(count + k)
    scores = rng.integers(-20, 20, (3, count)).astype(np.float32)
    scores[rng.random(scores.shape) < 0.1] = -np.inf
    outputs = [np.full((3, k), -np.inf, np.float32), np.full((3, k), -1, np.int64)]
    assert_same(both(name, kernels.select, [scores, 1000], outputs))


@native_levels
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), blocks=st.lists(st.integers(0, 3000), min_size=1, max_size=4), k=st.integers(1, 1200), values=st.integers(1, 5000))
def test_select_over_blocks_in_any_order(name, seed, blocks, k, values):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, values, (1, sum(blocks))).astype(np.float32)
    scores[rng.random(scores.shape) < 0.05] = -np.inf
    starts = np.cumsum([0, *blocks])
    top_scores, top_rows = np.full((1, k), -np.inf, np.float32), np.full((1, k), -1, np.int64)
    with kernels.use(name):
        for block in rng.permutation(len(blocks)):
            part = np.ascontiguousarray(scores[:, starts[block] : starts[block + 1]])
            kernels.select(part, int(starts[block]), top_scores, top_rows)
    order = np.argsort(-scores[0], kind="stable")
    order = order[scores[0, order] > -np.inf][:k]
    assert top_rows[0, : len(order)].tolist() == order.tolist()
    assert top_scores[0, : len(order)].tolist() == scores[0, order].tolist()
    assert (top_rows[0, len(order) :] == -1).all()
    assert np.isneginf(top_scores[0, len(order) :]).all()

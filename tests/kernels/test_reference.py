"""The NumPy twins against loops that are too simple to be wrong."""

import itertools

import numpy as np
import pytest

from rankfold import kernels


@pytest.fixture(autouse=True)
def on_reference():
    with kernels.use("reference"):
        yield


def test_dot8_by_hand():
    out = np.zeros((2, 1), np.int32)
    kernels.dot8(np.int16([[300, -2], [0, 1]]), np.int8([[-128, 7]]), out)
    assert out.tolist() == [[-38414], [7]]


def test_interleave_puts_a_group_of_64_rows_side_by_side():
    codes = np.random.default_rng(0).integers(0, 256, (130, 3)).astype(np.uint8)
    packed = kernels.interleave(codes)
    assert packed.shape == (3, 3, 64)
    for row in range(130):
        assert packed[row // 64, :, row % 64].tolist() == codes[row].tolist()
    assert not packed[2, :, 2:].any()


def test_lut8_is_a_sum_of_entries():
    rng = np.random.default_rng(1)
    codes, tables = rng.integers(0, 256, (70, 5)).astype(np.uint8), rng.integers(0, 256, (2, 5, 256)).astype(np.uint8)
    out = np.zeros((2, 70), np.float32)
    kernels.lut8(tables, kernels.interleave(codes), np.float32([0.5, 2]), np.float32([-1, 3]), out)
    for query, row in itertools.product(range(2), range(70)):
        total = sum(int(tables[query, group, codes[row, group]]) for group in range(5))
        assert out[query, row] == [total * 0.5 - 1, total * 2 + 3][query]


def test_lut4_has_the_even_group_in_the_low_bits():
    rng = np.random.default_rng(2)
    codes, tables = rng.integers(0, 16, (70, 6)).astype(np.uint8), rng.integers(0, 256, (1, 6, 16)).astype(np.uint8)
    packed = kernels.interleave(codes[:, 0::2] | codes[:, 1::2] << 4)
    out = np.zeros((1, 70), np.float32)
    kernels.lut4(tables, packed, np.float32([1]), np.float32([0]), out)
    assert out[0].tolist() == [sum(int(tables[0, group, codes[row, group]]) for group in range(6)) for row in range(70)]


def test_bits_adds_signed_bytes_over_set_bits():
    rng = np.random.default_rng(3)
    values, rows = rng.integers(-128, 128, (2, 128)), rng.integers(0, 2, (9, 128))
    place = np.uint64(1) << np.arange(64, dtype=np.uint64)
    planes = np.stack([(((values >> plane) & 1).reshape(2, 2, 64).astype(np.uint64) * place).sum(axis=2) for plane in range(8)], axis=1)
    words = (rows.reshape(9, 2, 64).astype(np.uint64) * place).sum(axis=2)
    out = np.zeros((2, 9), np.float32)
    kernels.bits(planes, words, np.float32([1, 0.25]), np.float32([0, 10]), out)
    exact = values @ rows.T
    np.testing.assert_array_equal(out, [exact[0], exact[1] * 0.25 + 10])


def test_nearest_is_the_smallest_distance():
    rng = np.random.default_rng(4)
    x, centroids = rng.normal(size=(50, 6)).astype(np.float32), rng.normal(size=(20, 6)).astype(np.float32)
    best, score = np.zeros(50, np.int32), np.zeros(50, np.float32)
    kernels.nearest(x, centroids, (0.5 * (centroids**2).sum(axis=1)).astype(np.float32), best, score)
    distance = ((x[:, None] - centroids[None]) ** 2).sum(axis=2)
    assert best.tolist() == distance.argmin(axis=1).tolist()
    np.testing.assert_allclose((x**2).sum(axis=1) - 2 * score, distance.min(axis=1), atol=1e-4)


@pytest.mark.parametrize("level", kernels.levels())
def test_a_beam_as_wide_as_the_tree_finds_the_best_path(level):
    rng = np.random.default_rng(5)
    levels, size = 3, 4
    x, books = rng.normal(size=(40, 6)).astype(np.float32), rng.normal(size=(levels, size, 6)).astype(np.float32)
    flat = books.reshape(-1, 6)
    gram = flat @ flat.T
    cross = np.concatenate([gram[: level * size, level * size : (level + 1) * size].ravel() for level in range(1, levels)])
    codes, cost = np.zeros((40, levels), np.uint8), np.zeros(40, np.float32)
    with kernels.use(level):
        kernels.beam(x @ flat.T, cross, np.ascontiguousarray(np.diag(gram).reshape(levels, size) / 2), codes, cost, size**levels)
    paths = np.array(list(itertools.product(range(size), repeat=levels)))
    sums = sum(books[level][paths[:, level]] for level in range(levels))
    distance = ((x[:, None] - sums[None]) ** 2).sum(axis=2)
    assert codes.tolist() == paths[distance.argmin(axis=1)].tolist()
    np.testing.assert_allclose((x**2).sum(axis=1) + 2 * cost, distance.min(axis=1), atol=1e-4)


@pytest.mark.parametrize("level", kernels.levels())
def test_equal_codewords_go_to_the_lowest(level):
    codes, cost = np.full((3, 2), 9, np.uint8), np.zeros(3, np.float32)
    with kernels.use(level):
        kernels.beam(np.zeros((3, 20), np.float32), np.zeros(100, np.float32), np.zeros((2, 10), np.float32), codes, cost, 5)
    assert not codes.any()
    assert not cost.any()


def test_select_breaks_ties_by_row_and_leaves_out_what_is_masked():
    top_scores, top_rows = np.full((1, 4), -np.inf, np.float32), np.full((1, 4), -1, np.int64)
    kernels.select(np.float32([[1, -np.inf, 3]]), 10, top_scores, top_rows)
    assert top_rows.tolist() == [[12, 10, -1, -1]]
    kernels.select(np.float32([[3, 3, 3]]), 0, top_scores, top_rows)
    assert top_rows.tolist() == [[0, 1, 2, 12]]
    assert top_scores.tolist() == [[3, 3, 3, 3]]

"""k-means: known clusters, weights, empty cells, few rows, and the same bytes for the same seed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.fitting.kmeans import assign, half_norms, kmeans, lloyd_round, schedule, sums

CORNERS = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float32)


def ones(count):
    return np.ones(count, np.float32)


def by_first_columns(centroids):
    return centroids[np.lexsort(centroids.T[::-1])]


@pytest.mark.parametrize("seed", range(5))
def test_four_clusters_are_found(seed):
    rng = np.random.default_rng(seed)
    x = np.repeat(CORNERS, 200, axis=0) + rng.normal(0, 0.3, (800, 2)).astype(np.float32)
    found = kmeans(x, ones(800), 4, np.random.default_rng(seed))
    means = np.stack([x[start : start + 200].mean(axis=0) for start in range(0, 800, 200)])
    np.testing.assert_allclose(by_first_columns(np.round(found, 4)), by_first_columns(np.round(means, 4)), atol=2e-3)


def test_a_centroid_is_the_weighted_mean_of_its_rows():
    x = np.array([[0, 0], [2, 0], [100, 0], [104, 0]], np.float32)
    weight = np.array([3, 1, 1, 3], np.float32)
    found = lloyd_round(x, weight, np.array([[1, 0], [101, 0]], np.float32))
    np.testing.assert_allclose(found, [[0.5, 0], [103, 0]])


def test_weights_draw_centroids():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((4000, 6)).astype(np.float32)
    heavy = np.arange(4000) < 400
    weight = np.where(heavy, 50, 1).astype(np.float32)

    def error(centroids):
        labels, _ = assign(x[heavy], centroids)
        return float(np.square(x[heavy] - centroids[labels]).sum())

    plain = kmeans(x, ones(4000), 32, np.random.default_rng(0))
    weighted = kmeans(x, weight, 32, np.random.default_rng(0))
    assert error(weighted) < 0.9 * error(plain)


def test_rows_of_no_weight_do_not_count():
    x = np.concatenate([np.repeat(CORNERS, 50, axis=0), np.full((20, 2), 1000, np.float32)])
    weight = np.concatenate([ones(200), np.zeros(20, np.float32)])
    found = kmeans(x, weight, 4, np.random.default_rng(0))
    np.testing.assert_allclose(by_first_columns(found), by_first_columns(CORNERS), atol=1e-4)


def test_an_empty_cell_splits_the_worst_one():
    x = np.concatenate([np.zeros((50, 1)), np.full((50, 1), 4.0), np.full((100, 1), 100.0)]).astype(np.float32)
    start = np.array([[2], [100], [900]], np.float32)
    for _ in range(3):
        start = lloyd_round(x, ones(200), start)
    np.testing.assert_allclose(np.sort(start[:, 0]), [0, 4, 100], atol=1e-4)


def test_an_empty_cell_at_the_origin_splits_too():
    x = np.array([[-1, 0], [1, 0], [50, 50]] * 20, np.float32)
    start = np.array([[0, 0], [50, 50], [900, 900]], np.float32)
    for _ in range(3):
        start = lloyd_round(x, ones(60), start)
    np.testing.assert_allclose(by_first_columns(start), [[-1, 0], [1, 0], [50, 50]], atol=1e-4)


def test_many_empty_cells_stay_among_the_rows():
    x = np.array([[1, 2], [3, -4]], np.float32)
    centroids = np.repeat(x, 32, axis=0)
    for _ in range(50):
        centroids = centroids + np.float32(1.6) * (lloyd_round(x, ones(2), centroids) - centroids)
    assert np.abs(centroids).max() < 8


@pytest.mark.parametrize("count", [1, 3, 8])
def test_few_rows_are_their_own_centroids(count):
    x = np.random.default_rng(0).standard_normal((count, 3)).astype(np.float32)
    found = kmeans(x, ones(count), 8, np.random.default_rng(0))
    assert found.shape == (8, 3) and found.flags.c_contiguous
    labels, _ = assign(x, found)
    np.testing.assert_array_equal(found[labels], x)
    np.testing.assert_array_equal(labels, np.arange(count))


def test_more_centroids_than_distinct_rows():
    x = np.repeat(CORNERS, 30, axis=0)
    found = kmeans(x, ones(120), 16, np.random.default_rng(1))
    labels, _ = assign(x, found)
    np.testing.assert_allclose(found[labels], x, atol=1e-4)
    assert np.isfinite(found).all()


def test_same_seed_same_bytes():
    x = np.random.default_rng(5).standard_normal((3000, 8)).astype(np.float32)
    first, again, other = (kmeans(x, ones(3000), 32, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert first.tobytes() == again.tobytes() != other.tobytes()


def test_as_good_as_many_plain_rounds():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((20_000, 8)).astype(np.float32)

    def error(centroids):
        labels, _ = assign(x, centroids)
        return float(np.square(x - centroids[labels]).mean())

    plain = x[rng.choice(len(x), 64, replace=False)]
    for _ in range(25):
        plain = lloyd_round(x, ones(len(x)), plain)
    assert error(kmeans(x, ones(len(x)), 64, np.random.default_rng(0), rounds=24)) < 1.005 * error(plain)


def test_input_rows_stay_as_they_are():
    x = np.random.default_rng(5).standard_normal((500, 4)).astype(np.float32)
    weight, before = ones(500), x.copy()
    kmeans(x, weight, 16, np.random.default_rng(0))
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(weight, ones(500))


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_assignment_and_sums_equal_the_definition(count, k, dim, seed):
    rng = np.random.default_rng(seed)
    x, centroids = (rng.integers(-9, 9, (size, dim)).astype(np.float32) for size in (count, k))
    weight = rng.integers(0, 4, count).astype(np.float32)
    squares = np.square(x[:, None] - centroids).sum(axis=2)
    labels, score = assign(x, centroids)
    np.testing.assert_array_equal(squares[np.arange(count), labels], squares.min(axis=1))
    np.testing.assert_allclose(np.square(x).sum(axis=1) - 2 * score, squares.min(axis=1), atol=1e-3)
    total, mass = sums(x, weight, labels, k)
    for label in range(k):
        here = labels == label
        np.testing.assert_allclose(total[label], (x[here] * weight[here, None]).sum(axis=0), atol=1e-4)
        assert mass[label] == weight[here].sum()
    np.testing.assert_allclose(half_norms(centroids), np.square(centroids).sum(axis=1) / 2)


def test_rounds_look_at_ever_more_rows():
    counts = schedule(60_000, 256, 20)
    assert len(counts) == 20 and counts == sorted(counts)
    assert counts[0] < 10_000 and counts[-5:] == [60_000] * 5 and counts[-6] < 60_000
    assert schedule(300, 256, 8) == [300] * 8
    assert schedule(60_000, 256, 1) == [60_000]

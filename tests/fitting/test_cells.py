"""Cells: known clusters found, full ones cut, equal rows survived; two-step search agrees with looking at all."""

import numpy as np
import pytest

from rankfold.fitting.cells import GROUPS_SEEN, dealt, fit_cells, fit_grouped_cells, group_centroids, nearest_cells
from rankfold.fitting.kmeans import kmeans


def clusters(rows, dim=8, count=12, seed=0, spread=0.05):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((count, dim)).astype(np.float32)
    return (centres[rng.integers(0, count, rows)] + spread * rng.standard_normal((rows, dim))).astype(np.float32)


def sizes(x, centroids):
    return np.bincount(nearest_cells(x, centroids)[:, 0], minlength=len(centroids))


def test_each_cluster_gets_a_cell():
    x = clusters(600)
    centroids = fit_cells(x, np.ones(600, np.float32), 12, np.random.default_rng(1))
    near = np.sqrt(((x[:, None] - centroids[None]) ** 2).sum(2)).min(axis=1)
    assert near.max() < 0.5


def test_the_fullest_cells_are_cut():
    rng = np.random.default_rng(3)
    # One dense region with nine tenths of the rows.
    x = np.concatenate([0.01 * rng.standard_normal((1800, 6)), 3 * rng.standard_normal((200, 6))]).astype(np.float32)
    weight = np.ones(2000, np.float32)
    plain, even = (sizes(x, fit(x, weight, 40, np.random.default_rng(0))).max() / 50 for fit in (kmeans, fit_cells))
    assert even <= 3 < plain


def test_same_generator_same_cells():
    x, weight = clusters(300), np.ones(300, np.float32)
    a, b = (fit_cells(x, weight, 30, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_equal_rows_and_as_many_cells_as_rows(count):
    x = np.ones((50, 4), np.float32)
    centroids = fit_cells(x, np.ones(50, np.float32), count, np.random.default_rng(0))
    assert centroids.shape == (count, 4) and np.isfinite(centroids).all()
    other = clusters(50)
    assert fit_cells(other, np.zeros(50, np.float32) + (np.arange(50) < 1), count, np.random.default_rng(0)).shape == (count, 8)


def test_groups_hold_all_cells_side_by_side():
    x = clusters(900, count=30)
    centroids, starts = fit_grouped_cells(x, np.ones(900, np.float32), 70, 9, np.random.default_rng(0))
    assert centroids.shape == (70, 8) and starts[0] == 0 and starts[-1] == 70 and (np.diff(starts) >= 0).all()
    means = group_centroids(centroids, starts)
    within = np.linalg.norm(centroids - means[np.repeat(np.arange(9), np.diff(starts))], axis=1).mean()
    assert within < 0.7 * np.linalg.norm(centroids - centroids.mean(axis=0), axis=1).mean()


@pytest.mark.parametrize(
    ("count", "sizes", "shares"),
    [(10, [50, 50], [5, 5]), (60, [3, 97], [2, 58]), (4, [1, 0, 997, 2], [1, 0, 2, 1]), (7, [3, 4], [3, 4]), (3, [100, 100, 100], [1, 1, 1])],
)
def test_cells_are_dealt_by_rows_and_never_more_than_rows(count, sizes, shares):
    assert dealt(count, np.array(sizes)).tolist() == shares


@pytest.mark.parametrize("copies", [1, 2])
def test_nearest_cells_by_hand(copies):
    x, centroids = clusters(200, seed=1, spread=1), clusters(15, seed=2, spread=1)
    distance = ((x[:, None].astype(np.float64) - centroids[None]) ** 2).sum(2)
    np.testing.assert_array_equal(nearest_cells(x, centroids, copies=copies), np.argsort(distance, axis=1)[:, :copies])


@pytest.mark.parametrize("copies", [1, 2])
def test_two_steps_find_what_one_finds(copies):
    x = clusters(1500, count=100, spread=0.3)
    centroids, starts = fit_grouped_cells(x, np.ones(1500, np.float32), 120, 12, np.random.default_rng(0))
    one, two = nearest_cells(x, centroids, copies=copies), nearest_cells(x, centroids, starts, copies=copies)
    assert GROUPS_SEEN < 12 and (one[:, 0] == two[:, 0]).mean() > 0.98
    assert (two >= 0).all() and (copies == 1 or (two[:, 0] != two[:, 1]).all())
    few = np.array([0, 60, 60, 120])
    np.testing.assert_array_equal(nearest_cells(x, centroids, few, copies=copies), one)

"""Routing: direction times reach, lists without rows never, groups first where lists are many."""

from dataclasses import replace

import numpy as np

from rankfold.partition import gathered
from rankfold.search.routing import Router

CENTROIDS = np.array([[1, 0], [0.1, 0], [0, 2], [-3, 0]], np.float32)


def partition(reach=(1, 5, 2, 3)):
    one, _ = gathered(CENTROIDS, np.arange(3, dtype=np.int32)[:, None], np.ones(3, np.float32), arrange=True)
    return replace(one, reach=np.array(reach, np.float32))


def test_lists_go_by_direction_and_reach():
    router = Router(partition())
    np.testing.assert_allclose(router.scores(np.array([[1, 1]], np.float32)), [[1, 5, 2, -np.inf]])
    assert router.order(np.array([1, 1], np.float32)).tolist() == [1, 2, 0, 3]
    assert router.route(np.array([[1, 1], [-1, 0]], np.float32), 2).values.tolist() == [1, 2, 0, 2]


def test_lists_without_rows_are_never_probed():
    lists = Router(partition()).route(np.array([[-1, 0]], np.float32), 4)
    assert lists.of(0).tolist() == [0, 1, 2]


def test_groups_are_looked_at_first():
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((60, 8))
    centroids = (np.repeat(centres, 10, axis=0) + 0.1 * rng.standard_normal((600, 8))).astype(np.float32)
    labels = np.arange(600, dtype=np.int32)[:, None]
    flat, _ = gathered(centroids, labels, np.linalg.norm(centroids, axis=1), arrange=True)
    grouped = replace(flat, group_starts=np.arange(0, 601, 10))
    queries = rng.standard_normal((20, 8)).astype(np.float32)
    one, two = Router(flat).route(queries, 4), Router(grouped).route(queries, 4)
    assert np.mean([np.isin(one.of(query), two.of(query)).mean() for query in range(20)]) > 0.95

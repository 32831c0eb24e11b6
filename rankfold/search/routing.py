"""Routing: which lists of a partition may hold the best rows of a query."""

import numpy as np

from ..arrays import F32, unit_rows
from ..fitting.cells import group_centroids
from ..partition import Partition
from .rows import Rows

# With groups, the lists of the best groups are scored: so many times those wanted, at least.
GROUPED_LISTS = 16


class Router:
    """Scores lists by the direction of their centroid and the length of their longest row: a list of long rows can score high although its mean row does not.

    With groups of lists, groups are scored in the same way first. Memory: a copy of the centroids.
    """

    def __init__(self, partition: Partition):
        self.filled = partition.lengths() > 0
        self.directions = unit_rows(partition.centroids) * partition.reach[:, None]
        self.starts = partition.group_starts
        if self.starts is not None:
            reach = np.zeros(self.starts.size - 1, np.float32)
            np.maximum.at(reach, np.repeat(np.arange(reach.size), np.diff(self.starts)), partition.reach)
            self.groups = unit_rows(group_centroids(partition.centroids, self.starts)) * reach[:, None]

    def route(self, queries: F32, probes: int) -> Rows:
        """The `probes` best lists that hold rows, or all where they are fewer, of each query (q, d): by number, rising."""
        probes = min(probes, int(self.filled.sum()))
        if self.starts is not None and GROUPED_LISTS * probes < self.filled.size:
            lists = [np.sort(self._of_groups(query, probes)) for query in queries]
            return Rows(np.concatenate([[0], np.cumsum([one.size for one in lists])]).astype(np.int64), np.concatenate(lists))
        scores = self.scores(queries)
        if probes == self.filled.size:
            best = np.broadcast_to(np.arange(probes), scores.shape)
        else:
            best = np.sort(np.argpartition(-scores, probes - 1, axis=1)[:, :probes], axis=1)
        return Rows(np.arange(0, best.size + 1, probes), best.ravel())

    def scores(self, queries: F32) -> F32:
        """What each list promises each query (q, d), float32 (q, lists); -inf where it holds no row."""
        scores = queries @ self.directions.T
        scores[:, ~self.filled] = -np.inf
        return scores

    def order(self, query: F32) -> np.ndarray:
        """All lists in the order in which a query (d,) probes them, those without rows last."""
        return np.argsort(-self.scores(query[None])[0], kind="stable")

    def _of_groups(self, query: F32, probes: int) -> np.ndarray:
        order = np.argsort(-(self.groups @ query), kind="stable")
        held = np.cumsum((self.starts[1:] - self.starts[:-1])[order])  # type: ignore[index]
        groups = order[: int(np.searchsorted(held, GROUPED_LISTS * probes)) + 1]
        lists = np.concatenate([np.arange(self.starts[group], self.starts[group + 1]) for group in groups])  # type: ignore[index]
        lists = lists[self.filled[lists]]
        scores = self.directions[lists] @ query
        return lists[np.argpartition(-scores, probes - 1)[:probes]] if lists.size > probes else lists

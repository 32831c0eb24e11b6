"""Cells: many centroids whose cells hold about as many rows each, and the nearest of many centroids in one step or in two.

k-means to half of the cells, then the fullest cell is cut in two, again and again (bisecting k-means: Steinbach, Karypis and Kumar 2000): dense regions get
more centroids, and no cell is much fuller than the others unless its rows are equal. Very many centroids are found by groups, as in a tree of two levels
(Nister and Stewenius 2006): a row looks at the cells of the nearest groups only.
"""

import heapq

import numpy as np

from .. import kernels
from ..arrays import F32, blocks
from .kmeans import assign, half_norms, kmeans

ROUNDS = 10
FIRST_SHARE = 0.5  # of the cells, found together before the fullest are cut
CUT_ROUNDS = 6
LEAST_WEIGHT = np.float32(1e-4)  # of the largest
GROUPS_SEEN = 8  # groups whose cells a row looks at
BLOCK_SCORES = 1 << 24


def fit_cells(x: F32, weight: F32, count: int, rng: np.random.Generator) -> F32:
    """Centroids float32 (count, d) of the rows x (n, d), n >= count, with weights (n,). Same rng, same result."""
    # Cells are for all rows: those of no weight count a little.
    weight = np.maximum(weight, LEAST_WEIGHT * weight.max(initial=0)) if weight.any() else np.ones_like(weight)
    first = max(1, int(FIRST_SHARE * count))
    start = kmeans(x, weight, first, rng, rounds=ROUNDS)
    labels = assign(x, start)[0]
    order = np.argsort(labels, kind="stable")
    held = np.split(order, np.cumsum(np.bincount(labels, minlength=first))[:-1])
    centroids = list(start)
    fullest = [(-rows.size, cell, rows) for cell, rows in enumerate(held)]
    heapq.heapify(fullest)
    while len(centroids) < count:
        size, cell, rows = heapq.heappop(fullest)
        two, first_half = _cut(x[rows], weight[rows], rng) if size < 0 else (np.stack([centroids[cell]] * 2), np.empty(0, np.bool_))
        centroids[cell] = two[0]
        centroids.append(two[1])
        for number, part in ((cell, rows[first_half]), (len(centroids) - 1, rows[~first_half])):
            # A cell that could not be cut comes last from now on: its rows are equal.
            size = 0 if part.size == rows.size else -part.size
            heapq.heappush(fullest, (size, number, part))
    return np.stack(centroids)


def _cut(x: F32, weight: F32, rng: np.random.Generator) -> tuple[F32, np.ndarray]:
    """Two centroids of some rows, and which rows are the first one's."""
    two = kmeans(x, weight, 2, rng, rounds=CUT_ROUNDS)
    return two, assign(x, two)[0] == 0


def fit_grouped_cells(x: F32, weight: F32, count: int, groups: int, rng: np.random.Generator) -> tuple[F32, np.ndarray]:
    """As `fit_cells`, found group by group: centroids (count, d), those of a group side by side, and where each group starts, int64 (groups + 1,).

    Groups get cells by how many rows they hold. Expects n >= count >= groups.
    """
    labels = assign(x, fit_cells(x, weight, groups, rng))[0]
    sizes = np.bincount(labels, minlength=groups)
    shares = dealt(count, sizes)
    found = []
    for group in range(groups):
        mine = np.flatnonzero(labels == group)
        if shares[group]:
            found.append(fit_cells(np.ascontiguousarray(x[mine]), weight[mine], int(shares[group]), rng))
    return np.concatenate(found), np.concatenate([[0], np.cumsum(shares)]).astype(np.int64)


def dealt(count: int, sizes: np.ndarray) -> np.ndarray:
    """`count` cells dealt to groups by their sizes, int64: at least one for each that holds rows, at most one a row."""
    shares = np.minimum(np.maximum((count * sizes / sizes.sum()).astype(np.int64), sizes > 0), sizes)
    while shares.sum() != count:
        room = shares < sizes if shares.sum() < count else shares > 1
        place = np.flatnonzero(room)[np.argmax((sizes[room] / shares[room]) * (1 if shares.sum() < count else -1))]
        shares[place] += 1 if shares.sum() < count else -1
    return shares


def group_centroids(centroids: F32, group_starts: np.ndarray) -> F32:
    """The mean centroid of every group, float32 (groups, d); of zeros where a group has none."""
    sizes = np.diff(group_starts)
    total = np.zeros((sizes.size, centroids.shape[1]), np.float32)
    np.add.at(total, np.repeat(np.arange(sizes.size), sizes), centroids)
    return total / np.maximum(sizes, 1)[:, None].astype(np.float32)


def nearest_cells(x: F32, centroids: F32, group_starts: np.ndarray | None = None, *, copies: int = 1) -> np.ndarray:
    """The nearest centroids of every row, the nearest first: int32 (n, copies), copies 1 or 2, the lowest number among equals.

    group_starts: (groups + 1,) centroids side by side are groups, and only those of the 8 groups nearest to a row are looked at: all but always the same.
    """
    halves = half_norms(centroids)
    best = np.full((x.shape[0], copies), -1, np.int32)
    if group_starts is None:
        if copies == 1:
            best[:, 0] = assign(x, centroids)[0]
            return best
        for start, stop in blocks(x.shape[0], max(1, BLOCK_SCORES // centroids.shape[0])):
            scores = x[start:stop] @ centroids.T - halves
            for copy in range(copies):
                best[start:stop, copy] = scores.argmax(axis=1)
                np.put_along_axis(scores, best[start:stop, copy : copy + 1].astype(np.int64), -np.inf, axis=1)
        return best
    score = np.full(best.shape, -np.inf, np.float32)
    means = group_centroids(centroids, group_starts)
    width = min(GROUPS_SEEN, len(means))
    for start, stop in blocks(x.shape[0], max(1, BLOCK_SCORES // len(means))):
        near = np.argpartition(half_norms(means) - x[start:stop] @ means.T, width - 1, axis=1)[:, :width]
        for group in np.unique(near):
            cells = slice(int(group_starts[group]), int(group_starts[group + 1]))
            rows = start + np.flatnonzero((near == group).any(axis=1))
            if cells.stop > cells.start:
                _merge(np.ascontiguousarray(x[rows]), centroids[cells], halves[cells], cells.start, rows, best, score)
    return best


def _merge(x: F32, centroids: F32, halves: F32, first: int, rows: np.ndarray, best: np.ndarray, score: F32) -> None:
    """Let the cells first, first + 1, ... stand beside the best so far of some rows."""
    if best.shape[1] == 1:
        label, value = np.empty(rows.size, np.int32), np.empty(rows.size, np.float32)
        kernels.nearest(x, centroids, halves, label, value)
        labels, values = label[:, None].astype(np.int64) + first, value[:, None]
    else:
        found = x @ centroids.T - halves
        labels = np.argsort(-found, axis=1, kind="stable")[:, : best.shape[1]]
        values = np.take_along_axis(found, labels, axis=1)
        labels = labels + first
    both, scores = np.concatenate([best[rows], labels], axis=1), np.concatenate([score[rows], values], axis=1)
    order = np.lexsort((both, -scores), axis=1)[:, : best.shape[1]]
    best[rows], score[rows] = np.take_along_axis(both, order, axis=1), np.take_along_axis(scores, order, axis=1)

"""Weighted k-means (Lloyd 1982) in blocks: sampled D^2 seeding (Arthur and Vassilvitskii 2007), growing samples, empty cells repaired by splitting.

The first rounds look at a small random part of the rows and every later round at more of them: most of the way is walked where a step is cheap (nested
batches, Newling and Fleuret 2016). Early rounds overshoot: a centroid moves RELAXATION times as far as to the mean of its rows, which saves about half of
the rounds (over-relaxed bound optimisation: Salakhutdinov and Roweis 2003; such steps stay stable below a factor of 2).
"""

import numpy as np

from .. import kernels
from ..arrays import F32, blocks

BLOCK_ROWS = 16_384
SEED_ROWS = 4  # candidates a centroid in the seeding
FIRST_ROWS = 24  # rows a centroid in the first round
RELAXATION = 1.6
CALM_ROUNDS = 4  # at the end, in which the steps come down to the plain ones
SPLIT = 1.0 / 1024


def half_norms(centroids: F32) -> F32:
    """Half the squared length of every centroid, float32 (k,): what `kernels.nearest` adds to the dot products."""
    return (0.5 * np.einsum("kd,kd->k", centroids, centroids)).astype(np.float32)


def assign(x: F32, centroids: F32) -> tuple[np.ndarray, F32]:
    """Nearest centroid of each row, the lowest number among equals.

    x (n, d), centroids (k, d), both float32 -> labels int32 (n,) and score float32 (n,): |x - c|^2 = |x|^2 - 2 * score.
    """
    halves = half_norms(centroids)
    labels = np.empty(len(x), np.int32)
    score = np.empty(len(x), np.float32)
    for start, stop in blocks(len(x), BLOCK_ROWS):
        kernels.nearest(np.ascontiguousarray(x[start:stop]), centroids, halves, labels[start:stop], score[start:stop])
    return labels, score


def sums(x: F32, weight: F32, labels: np.ndarray, k: int) -> tuple[F32, np.ndarray]:
    """Weighted sum of the rows under each label, float32 (k, d), and the weight there, float64 (k,)."""
    total = np.zeros((k, x.shape[1]), np.float32)
    for start, stop in blocks(len(x), BLOCK_ROWS):
        part = labels[start:stop].astype(np.uint16 if k <= 65_536 else np.int64)
        order = np.argsort(part, kind="stable")
        used, first = np.unique(part[order], return_index=True)
        rows = x[start:stop][order] * weight[start:stop][order, None]
        total[used] += np.add.reduceat(rows, first, axis=0)
    return total, np.bincount(labels, weights=weight, minlength=k)


def kmeans(x: F32, weight: F32, k: int, rng: np.random.Generator, *, rounds: int = 16) -> F32:
    """Centroids float32 (k, d) of the rows x (n, d) with weights (n,), both float32.

    rounds: Lloyd rounds in all; the last quarter of them sees every row. With at most k rows the rows themselves are the first centroids and
    copies of them fill the rest. Same rng, same result.
    """
    weight = weight / weight.max()
    if len(x) <= k:
        return np.ascontiguousarray(x[np.arange(k) % len(x)])
    order = rng.permutation(len(x))
    centroids = seed(x, weight, k, rng)
    counts = schedule(len(x), k, rounds)
    for number, count in enumerate(counts):
        which = slice(None) if count == len(x) else np.sort(order[:count])
        moved = lloyd_round(x[which], weight[which], centroids)
        further = (RELAXATION - 1) * min(1.0, (rounds - 1 - number) / CALM_ROUNDS)
        centroids = moved + np.float32(further) * (moved - centroids)
    return centroids


def schedule(count: int, k: int, rounds: int) -> list[int]:
    """How many of `count` rows each round looks at: from FIRST_ROWS a centroid growing by equal factors, then all of them in the last quarter of the rounds."""
    first = min(count, FIRST_ROWS * k)
    full = -(-rounds // 4)
    growing = rounds - full
    return [int(first * (count / first) ** (step / growing)) for step in range(growing)] + [count] * full


def lloyd_round(x: F32, weight: F32, centroids: F32) -> F32:
    """One round: assign, average, and move every empty cell beside the cell with the largest error."""
    labels, score = assign(x, centroids)
    total, mass = sums(x, weight, labels, len(centroids))
    filled = mass > 0
    moved = centroids.copy()
    moved[filled] = total[filled] / mass[filled, None].astype(np.float32)
    empty = np.flatnonzero(~filled)
    if empty.size:
        error = weight * np.maximum(np.einsum("nd,nd->n", x, x) - 2 * score, 0)
        worst = np.argsort(-np.bincount(labels, weights=error, minlength=len(centroids)), kind="stable")
        _split(moved, worst[filled[worst]], empty)
    return moved


def _split(centroids: F32, worst: np.ndarray, empty: np.ndarray) -> None:
    """Put each empty centroid close to one of the filled ones, the worst first and all in turns."""
    chosen = np.resize(worst, empty.size)
    side = np.where(np.arange(centroids.shape[1]) % 2, SPLIT, -SPLIT).astype(np.float32)
    # A step that is relative to the coordinates splits nothing at the origin: add a share of the mean size.
    step = side * (np.abs(centroids[chosen]) + np.abs(centroids[worst]).mean())
    centroids[empty] = centroids[chosen] + step * (1 + np.arange(empty.size) // worst.size)[:, None].astype(np.float32)


def seed(x: F32, weight: F32, k: int, rng: np.random.Generator) -> F32:
    """k starting centroids: k-means++ on a random sample of SEED_ROWS * k rows, each drawn with probability weight * squared distance."""
    if len(x) > SEED_ROWS * k:
        which = np.sort(rng.choice(len(x), SEED_ROWS * k, replace=False))
        x, weight = x[which], weight[which]
    squares = np.einsum("nd,nd->n", x, x)
    nearest = np.full(len(x), np.inf)
    chosen = np.empty(k, np.int64)
    draws = rng.random(k)
    odds = weight.astype(np.float64)
    for position in range(k):
        running = np.cumsum(odds)
        # All rows are chosen already (duplicates): any row will do, splitting repairs the empty cells.
        chosen[position] = min(np.searchsorted(running, draws[position] * running[-1], side="right"), len(x) - 1)
        row = x[chosen[position]]
        nearest = np.minimum(nearest, np.maximum(squares - 2 * (x @ row) + row @ row, 0))
        odds = weight * nearest
    return np.ascontiguousarray(x[chosen])

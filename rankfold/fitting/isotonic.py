"""Isotonic regression: the rising steps that are nearest to given values (pool adjacent violators; Ayer et al., 1955)."""

import numpy as np

from ..arrays import F32

# More distinct places than this are first averaged in groups of equal weight: noise between them says nothing.
MOST_PLACES = 2_048


def isotonic_knots(x: np.ndarray, y: np.ndarray) -> tuple[F32, F32]:
    """Knots of the best rising map from x to y, both (n,) finite, n at least 1: float32 (m,) each, x rising strictly, y never falling.

    Between knots the map is straight, so it is flat on each pooled block and joins the blocks. Equal x (as float32) count as one place with their mean.
    """
    place, which, count = np.unique(np.asarray(x, np.float32), return_inverse=True, return_counts=True)
    weight: np.ndarray = count.astype(np.float64)
    total = np.bincount(which.ravel(), np.asarray(y, np.float64), minlength=place.size)
    if place.size > MOST_PLACES:
        middle = (np.cumsum(weight) - weight / 2) / weight.sum()
        part = np.unique(np.floor(middle * MOST_PLACES), return_inverse=True)[1]
        # A mean of float32 places lies between them, so the parts stay in order and apart.
        place = (np.bincount(part, place * weight) / np.bincount(part, weight)).astype(np.float32)
        weight, total = np.bincount(part, weight), np.bincount(part, total)
    first, level = pool(total / weight, weight)
    last = np.append(first[1:], place.size) - 1
    keep = np.unique(np.concatenate([first, last]))
    block = np.searchsorted(first, keep, side="right") - 1
    # Blocks rise as products of sums; their quotients may fall by a last bit.
    return place[keep], np.maximum.accumulate(level[block]).astype(np.float32)


def pool(values: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The weighted least-squares rising fit to values (m,): (number of the first value of each block, its level), levels rising strictly."""
    firsts: list[int] = []
    sums: list[float] = []
    weights: list[float] = []
    for number, (value, heavy) in enumerate(zip(values.tolist(), weight.tolist(), strict=True)):
        first, total = number, value * heavy
        while sums and sums[-1] * heavy >= total * weights[-1]:
            first, total, heavy = firsts.pop(), total + sums.pop(), heavy + weights.pop()
        firsts.append(first)
        sums.append(total)
        weights.append(heavy)
    return np.array(firsts, np.int64), np.array(sums) / np.array(weights)

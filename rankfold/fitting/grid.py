"""Levels for single numbers: evenly spaced ones, and those of least squared error.

Lloyd, "Least squares quantization in PCM", 1957 (published 1982); Max, "Quantizing for minimum distortion", 1960.
"""

from statistics import NormalDist

import numpy as np

from ..arrays import F32

ROUNDS = 300
# Squared error that is at most this share smaller counts as the same.
SETTLED = 1e-7


def lloyd_max(values: F32, weight: F32 | None, levels: int) -> F32:
    """The `levels` numbers, float32 and rising, to which weighted values (n,), (n,) can be rounded with little squared error.

    Lloyd's rounds from three starts, the levels of a Gaussian, evenly spaced ones, and equal shares of the weight; the best result is kept.
    So it is never worse than `uniform`.
    """
    line = _Line(values, weight)
    starts = (gaussian(levels) * line.deviation + line.mean, uniform(values, levels).astype(np.float64), line.shares(levels))
    found = [line.settle(start) for start in starts]
    return min(found, key=line.error).astype(np.float32)


def uniform(values: F32, levels: int) -> F32:
    """`levels` evenly spaced numbers, float32: the middles of equal cells from the smallest to the largest of values (n,)."""
    low, high = float(values.min()), float(values.max())
    return (low + (high - low) * (np.arange(levels) + 0.5) / levels).astype(np.float32)


def gaussian(levels: int) -> np.ndarray:
    """A start for the levels of a standard Gaussian, float64 and rising: exact for one and two levels, spaced by its density to the power 1/3 beyond.

    Panter and Dite, "Quantization distortion in pulse-count modulation with nonuniform spacing of levels", 1951.
    """
    if levels == 1:
        return np.zeros(1)
    if levels == 2:
        return np.array([-1, 1]) * np.sqrt(2 / np.pi)
    normal = NormalDist(sigma=3**0.5)
    return np.array([normal.inv_cdf((number + 0.5) / levels) for number in range(levels)])


def nearest(levels: F32, values: F32) -> np.ndarray:
    """For every value, of any shape, the number of its nearest level, uint8; the lower one of two as near. At most 256 levels, rising."""
    middles = (levels[1:] + levels[:-1]) / 2
    return np.searchsorted(middles, values, side="left").astype(np.uint8)


def squared_error(values: F32, weight: F32 | None, levels: F32) -> float:
    """Weighted mean squared error of values (n,) rounded to the nearest of `levels`."""
    return _Line(values, weight).error(np.sort(levels.astype(np.float64)))


class _Line:
    """Sorted values with running sums, so that a round of Lloyd costs one search a level however many values there are."""

    def __init__(self, values: F32, weight: F32 | None):
        order = np.argsort(values, kind="stable") if weight is not None else None
        self.values = np.sort(values).astype(np.float64) if order is None else values[order].astype(np.float64)
        mass = np.ones(self.values.size) if weight is None or order is None else weight[order].astype(np.float64)
        mass /= mass.sum()
        self.mass = np.concatenate([[0.0], np.cumsum(mass)])
        self.moment = np.concatenate([[0.0], np.cumsum(mass * self.values)])
        self.mean = self.moment[-1]
        self.power = float(mass @ np.square(self.values))
        self.deviation = np.sqrt(max(0.0, float(mass @ np.square(self.values - self.mean))))

    def shares(self, levels: int) -> np.ndarray:
        """The values in the middle of `levels` equal shares of the weight."""
        place = np.searchsorted(self.mass[1:], (np.arange(levels) + 0.5) / levels)
        return self.values[np.minimum(place, self.values.size - 1)]

    def _cells(self, levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mass and first moment of every level's cell."""
        cuts = np.searchsorted(self.values, (levels[1:] + levels[:-1]) / 2, side="right")
        cuts = np.concatenate([[0], cuts, [self.values.size]])
        return np.diff(self.mass[cuts]), np.diff(self.moment[cuts])

    def settle(self, levels: np.ndarray) -> np.ndarray:
        """Lloyd's rounds from `levels` until the error stays; an empty cell keeps its level."""
        error = self.error(levels)
        for _ in range(ROUNDS):
            mass, moment = self._cells(levels)
            moved = np.sort(np.divide(moment, mass, out=levels.copy(), where=mass > 0))
            now = self.error(moved)
            if now >= error * (1 - SETTLED):
                return moved if now < error else levels
            levels, error = moved, now
        return levels

    def error(self, levels: np.ndarray) -> float:
        """Weighted mean squared error of the nearest of `levels`."""
        mass, moment = self._cells(levels)
        return float(self.power - 2 * (levels @ moment) + np.square(levels) @ mass)

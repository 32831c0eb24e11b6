"""Axes: from values to places on paper, with round ticks."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

# In the order in which they are wanted: the later ones only where there is room.
ROOT_TICKS = (0, 1, 10, 5, 20, 50, 100, 2, 0.5, 30, 75)


@dataclass(frozen=True, slots=True)
class Axis:
    """low and high (values) lie at start and end (places); `bend` is the scale: monotone, from values to evenly spaced numbers."""

    low: float
    high: float
    start: float
    end: float
    bend: Callable[[float], float]

    def at(self, value: float) -> float:
        """The place of a value; values beyond the ends lie on the ends."""
        low, high = self.bend(self.low), self.bend(self.high)
        share = (self.bend(min(max(value, self.low), self.high)) - low) / (high - low)
        return self.start + share * (self.end - self.start)

    def spaced(self, ticks: Sequence[float], gap: float) -> list[float]:
        """Those ticks within the ends that are at least `gap` apart on paper, the first ones first."""
        kept: list[float] = []
        for tick in ticks:
            if self.low <= tick <= self.high and all(abs(self.at(tick) - self.at(other)) >= gap for other in kept):
                kept.append(tick)
        return kept


def log_axis(values: Sequence[float], start: float, end: float) -> Axis:
    """Around positive values, in equal ratios."""
    return Axis(min(values) / 1.25, max(values) * 1.25, start, end, math.log)


def log_ticks(axis: Axis) -> list[float]:
    """Powers of two."""
    powers = range(math.ceil(math.log2(axis.low)), math.floor(math.log2(axis.high)) + 1)
    return axis.spaced([2.0**power for power in powers], 30)


def decade_ticks(axis: Axis) -> list[float]:
    """1, 2 and 5 times powers of ten, as far apart as their texts need; the powers first."""
    decades = range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)
    return sorted(axis.spaced([times * 10.0**power for times in (1, 2, 5, 3, 7, 4, 6, 1.5) for power in decades], 52))


def root_axis(values: Sequence[float], start: float, end: float) -> Axis:
    """Around percentages, with 0 in it; square roots, so that one percent near 0 is wider than one percent far from it."""
    low, high = min(0.0, *values), max(0.0, *values)
    margin = 0.04 * max(high - low, 1.0)
    return Axis(low - margin, high + margin, start, end, signed_root)


def root_ticks(axis: Axis, gap: float = 18) -> list[float]:
    """Round percentages on both sides of 0, which always comes first."""
    return axis.spaced([sign * tick for tick in ROOT_TICKS for sign in ((1, -1) if tick else (1,))], gap)


def even_axis(values: Sequence[float], start: float, end: float, *, step: float, least: float, most: float) -> Axis:
    """Around values, in equal differences, from and to multiples of `step` within least and most."""
    low = max(least, math.floor(min(values) / step) * step)
    high = min(most, math.ceil(max(values) / step) * step)
    if low >= high:
        low, high = (low - step, high) if low - step >= least else (low, low + step)
    return Axis(low, high, start, end, float)


def even_ticks(axis: Axis, step: float, gap: float = 18) -> list[float]:
    """Multiples of `step`, from the high end."""
    count = round((axis.high - axis.low) / step)
    return axis.spaced([axis.high - step * number for number in range(count + 1)], gap)


def signed_root(value: float) -> float:
    """The square root of the size, with the sign."""
    return math.copysign(math.sqrt(abs(value)), value)

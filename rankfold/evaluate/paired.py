"""Paired: relative drops from per-query values before and after, with Fieller's interval (1954) and the t test that it inverts.

The drop is 1 - mean(after) / mean(before). A drop of x is a hypothesis about one mean: that of after - (1 - x) before is 0. The interval holds every x that
a t test of this mean does not refuse, so it needs neither resampling nor a baseline far from 0. benchmarks/truth.py compares it with bootstraps.
"""

from typing import NamedTuple

import numpy as np

from ..errors import InputError
from .student import quantile, tail

LEVEL = 0.95


class Pairs(NamedTuple):
    """What the tests need of n pairs; arrays of one shape, so that many sets of pairs are worked on at once.

    before: mean. ratio: mean after / mean before, NaN where before is 0. spread: variance of after - ratio before. with_before: covariance of that
    with before. before_spread: variance of before.
    """

    n: int
    before: np.ndarray
    ratio: np.ndarray
    spread: np.ndarray
    with_before: np.ndarray
    before_spread: np.ndarray

    @property
    def drop(self) -> np.ndarray:
        """1 - ratio."""
        return 1 - self.ratio


def pairs_of(before: np.ndarray, after: np.ndarray) -> Pairs:
    """The pairs along the last axis of before and after (..., n). Raises InputError for other shapes, fewer than 2 pairs or values that are not finite."""
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if before.shape != after.shape or before.ndim < 1 or before.shape[-1] < 2:
        raise InputError(f"before, after: got shapes {before.shape} and {after.shape}; expected the same, with at least 2 values, one a query.")
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise InputError(
            "before, after: hold values that are not finite; expected a number for every query. Leave out queries that were not judged both times."
        )
    n = before.shape[-1]
    old, new = before.mean(axis=-1), after.mean(axis=-1)
    ratio = np.divide(new, old, out=np.full_like(old, np.nan), where=old != 0)
    rest = after - ratio[..., None] * before
    centred = before - old[..., None]
    spread, with_before, before_spread = (product.sum(axis=-1) / (n - 1) for product in (rest * rest, rest * centred, centred * centred))
    return Pairs(n, old, ratio, spread, with_before, before_spread)


def interval(pairs: Pairs, *, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Low and high end of the drop; NaN where the mean before may be 0, which leaves the drop unbounded (too few queries with a hit)."""
    reach = quantile((1 + level) / 2, pairs.n - 1) ** 2 / pairs.n
    curve = pairs.before**2 - reach * pairs.before_spread
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt((reach * pairs.with_before) ** 2 + curve * reach * pairs.spread)
        ends = [np.where((curve > 0) & (pairs.before > 0), pairs.drop + (reach * pairs.with_before + sign * root) / curve, np.nan) for sign in (-1, 1)]
    return ends[0], ends[1]


def statistic(pairs: Pairs, drop: float) -> np.ndarray:
    """Student's t of the hypothesis that the true drop is `drop`: above 0 where more was lost. Infinite where nothing varies and the drop is another."""
    shift = 1 - drop - pairs.ratio
    variance = np.maximum(pairs.spread - 2 * shift * pairs.with_before + shift**2 * pairs.before_spread, 0)
    mean = shift * pairs.before
    with np.errstate(invalid="ignore", divide="ignore"):
        t = mean / np.sqrt(variance / pairs.n)
    return np.where((variance == 0) & (mean == 0), 0.0, t)


def p_more(pairs: Pairs, drop: float) -> float:
    """p-value of "at most `drop` is lost", one-sided: small where more is lost. Of one set of pairs; NaN without a baseline."""
    return tail(float(statistic(pairs, drop)), pairs.n - 1)


def p_less(pairs: Pairs, drop: float) -> float:
    """p-value of "at least `drop` is lost", one-sided: small where less is lost."""
    return tail(-float(statistic(pairs, drop)), pairs.n - 1)

"""Intervals: of one mean over queries, and of means resampled over queries (the bootstrap; Efron, 1979)."""

from typing import NamedTuple

import numpy as np

from ..errors import InputError

LEVEL = 0.95
NORMAL_95 = 1.959963984540054
# Resampling counts of one block: draws a block times queries stay below this many floats (32 MB).
BLOCK_COUNTS = 1 << 22


class Mean(NamedTuple):
    """A mean over n queries with its 95 % interval (1.96 standard errors, cut to the range of the value); low and high are NaN when n is below 2."""

    mean: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready: numbers rounded to six places, None where there is no number."""
        return {"mean": finite(self.mean), "low": finite(self.low), "high": finite(self.high), "n": self.n}


def finite(value: float) -> float | None:
    """Six decimal places, or None for NaN and infinities, which JSON does not have."""
    return round(float(value), 6) if np.isfinite(value) else None


def mean_of(values: np.ndarray, *, lowest: float = 0.0, highest: float = 1.0) -> Mean:
    """The mean of per-query values (q,) in lowest..highest, leaving out NaN (queries to which the value does not apply)."""
    known = values[np.isfinite(values)]
    if known.size == 0:
        return Mean(np.nan, np.nan, np.nan, 0)
    mean = float(known.mean())
    if known.size < 2:
        return Mean(mean, np.nan, np.nan, 1)
    reach = NORMAL_95 * float(known.std(ddof=1)) / np.sqrt(known.size)
    return Mean(mean, max(lowest, mean - reach), min(highest, mean + reach), known.size)


def resampled_means(values: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """Means (draws, m) of the columns of values (n, m) over queries drawn with replacement; one draw takes the same queries in all columns.

    The same seed and n give the same draws. Raises InputError for draws below 1 or no rows.
    """
    if draws < 1 or values.shape[0] == 0:
        raise InputError(f"draws, values: got {draws} draws of {values.shape[0]} queries; expected at least 1 each.")
    n = values.shape[0]
    rng = np.random.default_rng(seed)
    block = max(1, min(draws, BLOCK_COUNTS // n))
    means = np.empty((draws, values.shape[1]))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        counts = np.stack([np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(size)])
        means[start : start + size] = counts.astype(np.float64) @ values
    return means / n


def percentiles(resampled: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile interval of resampled values (draws,)."""
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)

"""Compare: the loss of every metric, paired over queries, with a bootstrap interval. "Minimal loss" is a claim about the upper end, not about two means."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .intervals import finite, percentiles, resampled_means
from .report import Report

DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Loss:
    """Loss of one metric over n queries that were judged both times.

    before, after: means. drop: 1 - after / before (0.01 = one per cent lost, negative = gained), with its 95 % interval low..high.
    Where there is no baseline to lose from, drop or its interval is NaN and `reason` says why.
    """

    before: float
    after: float
    drop: float
    low: float
    high: float
    n: int
    reason: str = ""

    @property
    def is_known(self) -> bool:
        """Whether drop and both ends of its interval are numbers."""
        return bool(np.isfinite([self.drop, self.low, self.high]).all())

    def to_dict(self) -> dict[str, object]:
        """JSON-ready; None where there is no number."""
        numbers = {name: finite(getattr(self, name)) for name in ("before", "after", "drop", "low", "high")}
        return {**numbers, "n": self.n, "reason": self.reason}


def compare(before: Report, after: Report, *, draws: int = DRAWS, seed: int = 0) -> dict[str, Loss]:
    """Metric -> loss from `before` (the baseline) to `after`, over all judged queries. Same seed, same intervals.

    All metrics share the resampled queries. Raises InputError without a baseline, for reports of different tasks, and without a common metric.
    """
    _check_pair(before, after)
    return losses(before.values, after.values, draws=draws, seed=seed)


def compare_parts(before: Report, after: Report, *, draws: int = DRAWS, seed: int = 0) -> dict[str, dict[str, Loss]]:
    """Part -> metric -> loss, for the buckets (head, mid, tail: recall, ndcg and exposure) and for every group ("group: name").

    Each loss is over the queries to which it applies. The drop of an exposure is a share of the places moved to other buckets, not a loss of quality.
    Raises InputError, as `compare`.
    """
    _check_pair(before, after)
    parts = {}
    for name in before.buckets.keys() & after.buckets.keys():
        parts[name] = losses(before.buckets[name].values, after.buckets[name].values, draws=draws, seed=seed)
    for group, mask in before.groups.items():
        old, new = ({metric: np.where(mask, values, np.nan) for metric, values in report.values.items()} for report in (before, after))
        parts[f"group: {group}"] = losses(old, new, draws=draws, seed=seed)
    return {name: parts[name] for name in (*before.buckets, *(f"group: {group}" for group in before.groups)) if name in parts}


def losses(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], *, draws: int = DRAWS, seed: int = 0) -> dict[str, Loss]:
    """Metric -> loss from per-query values (n,), paired; queries where either is NaN are left out of that metric."""
    names = [name for name in before if name in after]
    known = {name: np.isfinite(before[name]) & np.isfinite(after[name]) for name in names}
    found: dict[str, Loss] = {}
    for name in names:
        # Metrics over the same queries are resampled together: one draw takes the same queries for all of them.
        alike = [other for other in names if other not in found and np.array_equal(known[other], known[name])]
        if name in found:
            continue
        mask = known[name]
        if not mask.any():
            found |= {other: _unknown(np.nan, np.nan, 0, "no query to judge") for other in alike}
            continue
        pairs = np.stack([values[other][mask] for other in alike for values in (before, after)], axis=1)
        drawn = resampled_means(pairs, draws=draws, seed=seed)
        for place, other in enumerate(alike):
            found[other] = _loss(pairs[:, 2 * place : 2 * place + 2], drawn[:, 2 * place : 2 * place + 2])
    return {name: found[name] for name in names}


def _loss(pair: np.ndarray, drawn: np.ndarray) -> Loss:
    n = len(pair)
    # Contiguous columns are summed as the report sums them, so both say the same mean.
    before, after = (float(np.ascontiguousarray(column).mean()) for column in pair.T)
    if before == 0:
        return _unknown(before, after, n, "the baseline is 0: there is nothing to lose a share of")
    drop = 1 - after / before
    if n < 2:
        return Loss(before, after, drop, np.nan, np.nan, n, "one query has no interval")
    if (drawn[:, 0] <= 0).any():
        return Loss(before, after, drop, np.nan, np.nan, n, "too few queries with a hit in the baseline for an interval")
    low, high = percentiles(1 - drawn[:, 1] / drawn[:, 0])
    return Loss(before, after, drop, low, high, n)


def _unknown(before: float, after: float, n: int, reason: str) -> Loss:
    return Loss(before, after, np.nan, np.nan, np.nan, n, reason)


def _check_pair(before: Report, after: Report) -> None:
    if not isinstance(before, Report) or not isinstance(after, Report):
        raise InputError(
            f"before, after: got {type(before).__name__} and {type(after).__name__}; expected two reports. A loss needs a baseline: "
            "evaluate the uncompressed vectors first, with rankfold.evaluate.baseline."
        )
    if before.task != after.task:
        raise InputError("after: was measured on another task than before; expected the same queries, relevant and seen rows.")
    if not before.values.keys() & after.values.keys():
        raise InputError(f"after: has {', '.join(after.values)}; expected a metric that before has too: {', '.join(before.values)}.")

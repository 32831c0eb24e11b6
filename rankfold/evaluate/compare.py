"""Compare: the loss of every metric, paired over queries, with its interval. "Minimal loss" is a claim about the upper end, not about two means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import numpy as np

from ..errors import InputError
from .intervals import finite, percentiles, resampled_means
from .noninferiority import shown_margin
from .paired import interval, pairs_of
from .report import Report

DRAWS = 2_000
Key = TypeVar("Key")
# fieller: exact for normal means, no resampling; bootstrap: percentiles of resampled queries (Efron, 1979), too narrow for a few hundred queries.
Method = Literal["fieller", "bootstrap"]
FEW_HITS = "too few queries with a hit in the baseline for an interval"


@dataclass(frozen=True, slots=True)
class Loss:
    """Loss of one metric over n queries that were judged both times.

    before, after: means. drop: 1 - after / before (0.01 = one per cent lost, negative = gained), with its 95 % interval low..high.
    shown: the smallest margin that less is shown to be lost than (see noninferiority.py): what a gate asks for; at least about `high`, NaN where there is none.
    Where there is no baseline to lose from, drop or its interval is NaN and `reason` says why.
    """

    before: float
    after: float
    drop: float
    low: float
    high: float
    n: int
    reason: str = ""
    shown: float = field(default=float("nan"), compare=False)

    @property
    def is_known(self) -> bool:
        """Whether drop and both ends of its interval are numbers."""
        return bool(np.isfinite([self.drop, self.low, self.high]).all())

    def to_dict(self) -> dict[str, object]:
        """JSON-ready; None where there is no number."""
        numbers = {name: finite(getattr(self, name)) for name in ("before", "after", "drop", "low", "high", "shown")}
        return {**numbers, "n": self.n, "reason": self.reason}


def compare(before: Report, after: Report, *, method: Method = "fieller", draws: int = DRAWS, seed: int = 0) -> dict[str, Loss]:
    """Metric -> loss from `before` (the baseline) to `after`, over all judged queries.

    method: how intervals are made; draws and seed: of the bootstrap, in which all metrics share the resampled queries.
    Raises InputError without a baseline, for reports of different tasks, and without a common metric.
    """
    _check_pair(before, after)
    return losses(before.values, after.values, method=method, draws=draws, seed=seed)


def compare_parts(before: Report, after: Report, *, method: Method = "fieller", draws: int = DRAWS, seed: int = 0) -> dict[str, dict[str, Loss]]:
    """Part -> metric -> loss, for the buckets (head, mid, tail: recall, ndcg and exposure) and for every group ("group: name").

    Each loss is over the queries to which it applies. The drop of an exposure is a share of the places moved to other buckets, not a loss of quality.
    Raises InputError, as `compare`.
    """
    _check_pair(before, after)
    old = {(part, name): values for part, columns in _parts(before).items() for name, values in columns.items()}
    new = {(part, name): values for part, columns in _parts(after).items() for name, values in columns.items()}
    parts: dict[str, dict[str, Loss]] = {}
    for (part, name), loss in losses(old, new, method=method, draws=draws, seed=seed).items():
        parts.setdefault(part, {})[name] = loss
    return parts


def losses(
    before: Mapping[Key, np.ndarray], after: Mapping[Key, np.ndarray], *, method: Method = "fieller", draws: int = DRAWS, seed: int = 0
) -> dict[Key, Loss]:
    """Key -> loss of every key in both, from per-query values (n,), paired; queries where either is NaN are left out of that key. Raises InputError."""
    if method not in ("fieller", "bootstrap"):
        raise InputError(f'method: got {method!r}; expected "fieller" or "bootstrap".')
    keys = [key for key in before if key in after]
    if not keys:
        return {}
    known = [np.isfinite(before[key]) & np.isfinite(after[key]) for key in keys]
    if method == "fieller":
        return {key: loss_of(before[key][mask], after[key][mask], shown=True) for key, mask in zip(keys, known)}
    # Zeros for the queries left out: the ratio of two sums over one draw is the ratio of the two means over its known queries.
    pairs = np.stack([np.where(mask, values[key], 0.0) for key, mask in zip(keys, known) for values in (before, after)], axis=1)
    drawn = resampled_means(pairs, draws=draws, seed=seed)
    resampled = [(drawn[:, 2 * place], drawn[:, 2 * place + 1]) for place in range(len(keys))]
    return {key: _bootstrapped(before[key][mask], after[key][mask], *columns) for key, mask, columns in zip(keys, known, resampled)}


def loss_of(before: np.ndarray, after: np.ndarray, *, shown: bool = False) -> Loss:
    """The loss of per-query values (n,), all finite, with Fieller's interval; shown: with the smallest margin that is shown, too."""
    unknown = _without_interval(before, after)
    if unknown is not None:
        return unknown
    pairs = pairs_of(before, after)
    low, high = (float(end) for end in interval(pairs))
    if not np.isfinite([low, high]).all():
        return Loss(float(before.mean()), float(after.mean()), float(pairs.drop), np.nan, np.nan, before.size, FEW_HITS)
    # Values of at least 0 cannot lose more than all.
    highest = 1.0 if after.min() >= 0 else np.inf
    return Loss(
        float(before.mean()),
        float(after.mean()),
        float(pairs.drop),
        low,
        min(high, highest),
        before.size,
        shown=shown_margin(before, after) if shown else np.nan,
    )


def _bootstrapped(before: np.ndarray, after: np.ndarray, drawn_before: np.ndarray, drawn_after: np.ndarray) -> Loss:
    unknown = _without_interval(before, after)
    if unknown is not None:
        return unknown
    old, new = float(before.mean()), float(after.mean())
    if (drawn_before <= 0).any():
        return Loss(old, new, 1 - new / old, np.nan, np.nan, before.size, FEW_HITS)
    return Loss(old, new, 1 - new / old, *percentiles(1 - drawn_after / drawn_before), before.size)


def _without_interval(before: np.ndarray, after: np.ndarray) -> Loss | None:
    """The loss that has no interval for want of queries or of a baseline, or None."""
    n = before.size
    if n == 0:
        return _unknown(np.nan, np.nan, n, "no query to judge")
    old, new = float(before.mean()), float(after.mean())
    if old == 0:
        return _unknown(old, new, n, "the baseline is 0: there is nothing to lose a share of")
    return Loss(old, new, 1 - new / old, np.nan, np.nan, n, "one query has no interval") if n == 1 else None


def _parts(report: Report) -> dict[str, dict[str, np.ndarray]]:
    """Part -> metric -> per-query values (n,), NaN for queries that are not of the part."""
    parts = {name: dict(bucket.values) for name, bucket in report.buckets.items()}
    for group, mask in report.groups.items():
        parts[f"group: {group}"] = {name: np.where(mask, values, np.nan) for name, values in report.values.items()}
    return parts


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

"""Report: what one searcher reached on one task. Per-query values first; every mean is made from them, with its interval and its n."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..search.ranking import Ranking
from .fidelity import Fidelity
from .intervals import Mean, finite, mean_of
from .metrics import is_named


class Finding(NamedTuple):
    """Something that a reader of the figures must know: a short code for programs, a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class BucketReport:
    """What happened to the relevant rows of one popularity bucket.

    rows: how many rows the bucket has. share: its share of the training events.
    values: recall@k and ndcg@k of the bucket's relevant rows, (n,) float64, NaN for queries without one; exposure@k, the share of the first k places of each
    list that its rows fill.
    """

    rows: int
    share: float
    values: Mapping[str, np.ndarray]

    def means(self) -> dict[str, Mean]:
        """Mean and interval of each."""
        return {name: mean_of(values) for name, values in self.values.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What one searcher reached on one task.

    task: digest of the task. queries: (n,) int64, the judged query numbers; left_out: queries without a relevant row, which cannot be judged.
    values: metric -> (n,) float64. coverage: coverage@k -> share of the catalogue shown to anyone. groups: name -> (n,) bool. buckets: head, mid, tail.
    ranking: the judged lists. fidelity: agreement with the exact lists; None when there was no baseline. findings: what a reader must know.
    popularity: on a baseline, the report of plain popularity.
    """

    task: str
    queries: np.ndarray
    left_out: int
    values: Mapping[str, np.ndarray]
    coverage: Mapping[str, float]
    groups: Mapping[str, np.ndarray]
    buckets: Mapping[str, BucketReport]
    ranking: Ranking
    fidelity: Fidelity | None = None
    findings: tuple[Finding, ...] = ()
    popularity: "Report | None" = None

    @property
    def count(self) -> int:
        """How many queries were judged."""
        return self.queries.size

    def means(self) -> dict[str, Mean]:
        """Mean and interval of each metric over all judged queries."""
        return {name: _mean(name, values) for name, values in self.values.items()}

    def group_means(self) -> dict[str, dict[str, Mean]]:
        """Group -> metric -> mean and interval."""
        return {group: {name: _mean(name, values[mask]) for name, values in self.values.items()} for group, mask in self.groups.items()}

    def to_dict(self) -> dict[str, object]:
        """JSON-ready: quality and fidelity in sections of their own; every mean with low, high and n; None where there is no number."""
        return {
            "task": self.task,
            "queries": self.count,
            "left_out": self.left_out,
            "quality": _plain(self.means()),
            "coverage": {name: finite(value) for name, value in self.coverage.items()},
            "groups": {group: _plain(means) for group, means in self.group_means().items()},
            "buckets": {name: {"rows": bucket.rows, "share": finite(bucket.share), **_plain(bucket.means())} for name, bucket in self.buckets.items()},
            "fidelity": None if self.fidelity is None else self.fidelity.to_dict(),
            "popularity": None if self.popularity is None else _plain(self.popularity.means()),
            "findings": [finding._asdict() for finding in self.findings],
        }


def _mean(name: str, values: np.ndarray) -> Mean:
    """A built-in metric is at most 1; what a metric of your own may reach is not known."""
    return mean_of(values, highest=1.0 if is_named(name) else np.inf)


def _plain(means: Mapping[str, Mean]) -> dict[str, dict[str, float | int | None]]:
    return {name: mean.to_dict() for name, mean in means.items()}

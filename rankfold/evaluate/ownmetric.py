"""Metrics of your own: a function of the lists and of what is relevant, with the same pairing and the same intervals as the built-in ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..search.rows import Rows
from .metrics import MAX_K, is_named, parse_all

Measure = Callable[[np.ndarray, Rows], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """A metric that you define; give it to `evaluate` or `backtest` among the names.

    name: what reports call it; not a name such as "ndcg@10". k: how many places of each list it looks at, 1 to 10,000.
    function: (rows, relevant) -> (q,) numbers, larger is better, at least 0, NaN for queries to which it does not apply. rows: (q, k) int64 row numbers,
    best first, -1 where a place stayed empty; relevant: Rows of the same q queries. It is called once, with all judged queries.
    Raises InputError for another name or depth.
    """

    name: str
    k: int
    function: Measure

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or is_named(self.name):
            raise InputError(f"name: got {self.name!r}; expected a name of your own, other than kind@depth such as ndcg@10.")
        if isinstance(self.k, bool) or not isinstance(self.k, int | np.integer) or not 1 <= self.k <= MAX_K:
            raise InputError(f"k: got {self.k!r}; expected a depth of 1 to {MAX_K}.")

    def per_query(self, rows: np.ndarray, relevant: Rows) -> np.ndarray:
        """The values of lists (q, depth), float64 (q,). Raises InputError when the function returns anything else than it should."""
        values = np.asarray(self.function(rows[:, : self.k], relevant))
        if values.dtype.kind not in "biuf" or values.shape != (len(rows),):
            raise InputError(f"metric {self.name!r}: returned dtype {values.dtype} of shape {values.shape}; expected numbers of shape ({len(rows)},).")
        values = values.astype(np.float64)
        if np.isinf(values).any() or (values < 0).any():
            raise InputError(f"metric {self.name!r}: returned {values[np.isinf(values) | (values < 0)][0]}; expected finite numbers of at least 0, or NaN.")
        if np.isnan(values).all():
            raise InputError(f"metric {self.name!r}: returned NaN for every query; expected a number for at least one.")
        return values


def sort_metrics(metrics: Sequence[str | Metric]) -> tuple[dict[str, tuple[str, int]], dict[str, Metric]]:
    """Names (name -> kind and depth) and own metrics (name -> metric), each in order. Raises InputError for none, unknown names, two of one name."""
    if isinstance(metrics, str) or not metrics:
        return parse_all(metrics), {}  # type: ignore[arg-type]
    names = [metric for metric in metrics if not isinstance(metric, Metric)]
    own = [metric for metric in metrics if isinstance(metric, Metric)]
    if len({metric.name for metric in own}) < len(own):
        raise InputError(f"metrics: got own metrics named {', '.join(metric.name for metric in own)}; expected each name once.")
    return parse_all(names) if names else {}, {metric.name: metric for metric in own}

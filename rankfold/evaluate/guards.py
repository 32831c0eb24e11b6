"""Guards at the level of lists: what a user would notice, which means over all users hide."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from .fidelity import overlap
from .intervals import NORMAL_95, Mean, finite, mean_of
from .report import Report

SCREEN = 10


class Quantile(NamedTuple):
    """A quantile over n users with its 95 % interval by order statistics, which needs no distribution (Conover, 1971)."""

    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready."""
        return {"value": finite(self.value), "low": finite(self.low), "high": finite(self.high), "n": self.n}


@dataclass(frozen=True, slots=True)
class ListGuards:
    """Changes of the first screen, the first k places of each list, against the exact lists.

    changed_screens: share of users whose first screen holds other rows. changed_firsts: share whose first row is another. changed_places: share of the
    places of all screens that hold a row that was not there. lost_all: share, among users with a relevant row on the exact screen, who have none left; n is 0
    where nothing says what is relevant. p95: the loss of overlap that 5 % of users exceed. worst_tenth: mean loss of the tenth of users who lose most.
    """

    k: int
    changed_screens: Mean
    changed_firsts: Mean
    changed_places: Mean
    lost_all: Mean
    p95: Quantile
    worst_tenth: float

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        means = {name: getattr(self, name).to_dict() for name in ("changed_screens", "changed_firsts", "changed_places", "lost_all")}
        return {"k": self.k, **means, "p95": self.p95.to_dict(), "worst_tenth": finite(self.worst_tenth)}


def list_guards(before: Report, after: Report, *, k: int = SCREEN, judged: bool = True) -> ListGuards:
    """The guards of `after` against `before`, the exact lists of the same task. judged: False where the relevant rows are themselves exact lists.

    Raises InputError for reports of other tasks, or lists shorter than k.
    """
    if before.task != after.task or not 1 <= k <= min(before.ranking.k, after.ranking.k):
        raise InputError(f"after, k: expected reports of one task, and k from 1 to {min(before.ranking.k, after.ranking.k)}; got k = {k}.")
    exact, found = before.ranking.rows[:, :k], after.ranking.rows[:, :k]
    lost = 1 - overlap(found, exact)
    known = np.sort(lost[np.isfinite(lost)])
    hit = f"hit@{k}"
    gone = np.empty(0)
    if judged and hit in before.values and hit in after.values:
        gone = (after.values[hit][before.values[hit] > 0] == 0).astype(np.float64)
    tenth = known[known.size - max(1, known.size // 10) :]
    return ListGuards(
        k=k,
        changed_screens=mean_of(np.where(np.isfinite(lost), lost > 0, np.nan)),
        changed_firsts=mean_of(np.where(exact[:, 0] >= 0, found[:, 0] != exact[:, 0], np.nan)),
        changed_places=mean_of(lost),
        lost_all=mean_of(gone),
        p95=quantile(known, 0.95),
        worst_tenth=float(tenth.mean()) if known.size else np.nan,
    )


def quantile(ordered: np.ndarray, share: float) -> Quantile:
    """The value of `ordered` (n,), rising, that `share` of them do not exceed; the interval is NaN where n is too small to have one."""
    n = ordered.size
    if n == 0:
        return Quantile(np.nan, np.nan, np.nan, 0)
    value = float(ordered[min(n - 1, max(0, int(np.ceil(share * n)) - 1))])
    reach = NORMAL_95 * np.sqrt(n * share * (1 - share))
    low, high = int(np.floor(share * n - reach)), int(np.ceil(share * n + reach))
    return Quantile(value, float(ordered[low]) if low >= 0 else np.nan, float(ordered[high]) if high < n else np.nan, n)

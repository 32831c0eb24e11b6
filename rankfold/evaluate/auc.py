"""Group AUC: the order of the whole catalogue, not only of its top. Per query, the chance that a relevant row scores above another one (Zhu et al., 2017)."""

from dataclasses import dataclass

import numpy as np

from ..arrays import blocks
from ..errors import InputError
from .compare import DRAWS, Loss, losses
from .intervals import Mean, finite, mean_of
from .measure import Searches
from .task import Task

# Places ranked in one pass stay below this many (48 MB of rows and scores).
PASS_PLACES = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class GroupAuc:
    """Area under the ROC curve of every judged query, and what each query counts.

    task: digest of the task. queries: (n,) int64, the judged query numbers. values: (n,) float64 in 0..1, 0.5 by chance.
    weights: (n,) float64 with mean 1, in proportion to the relevant rows of each query.
    """

    task: str
    queries: np.ndarray
    values: np.ndarray
    weights: np.ndarray

    @property
    def gauc(self) -> Mean:
        """Mean over queries, weighted by their relevant rows, with its 95 % interval."""
        center = float(np.average(self.values, weights=self.weights))
        # Weighted deviations around the weighted mean: its interval speaks of the values, not of the spread of the weights.
        return mean_of(center + self.weights * (self.values - center))

    def to_dict(self) -> dict[str, object]:
        """JSON-ready: the weighted and the plain mean."""
        return {"gauc": self.gauc.to_dict(), "auc": finite(float(self.values.mean()))}


def group_auc(searcher: Searches, task: Task) -> GroupAuc:
    """AUC per query over all rows that the query has not seen: relevant ones against the others, equal scores count half.

    Ranks everything, so draw queries first with Task.sample when the catalogue is large. Queries without a relevant row, or with nothing else, are left out.
    Raises InputError when none is left, and for rows beyond the catalogue.
    """
    task.relevant.check_below(searcher.count, "relevant")
    able = task.answerable()
    judged = task.take(able) if able.size else task
    values = np.full(able.size, np.nan)
    for start, stop in blocks(able.size, max(1, PASS_PLACES // searcher.count)):
        exclude = None if judged.seen is None else judged.seen.slice(start, stop)
        ranking = searcher.search(judged.queries[start:stop], searcher.count, exclude=exclude)
        hits = judged.relevant.slice(start, stop).holds(ranking.rows)
        for query in range(stop - start):
            left = ranking.rows[query] >= 0
            values[start + query] = _auc(ranking.scores[query, left], hits[query, left])
    known = np.isfinite(values)
    if not known.any():
        raise InputError("task: no query has both a relevant row and another one; expected at least one such query.")
    weights = judged.relevant.lengths()[known].astype(np.float64)
    return GroupAuc(task.digest(), able[known], values[known], weights / weights.mean())


def compare_auc(before: GroupAuc, after: GroupAuc, *, draws: int = DRAWS, seed: int = 0) -> Loss:
    """Relative loss of the weighted mean, paired over queries. Raises InputError for other tasks."""
    if before.task != after.task or not np.array_equal(before.queries, after.queries):
        raise InputError("after: was measured on another task than before; expected the same queries, relevant and seen rows.")
    return losses({"gauc": before.values * before.weights}, {"gauc": after.values * after.weights}, draws=draws, seed=seed)["gauc"]


def _auc(scores: np.ndarray, hits: np.ndarray) -> float:
    others = np.sort(scores[~hits])
    wanted = scores[hits]
    if not others.size or not wanted.size:
        return np.nan
    below = np.searchsorted(others, wanted, side="left")
    at_most = np.searchsorted(others, wanted, side="right")
    return float((below + at_most).mean() / (2 * others.size))

"""Worst-off users: the mean loss among the tenth of users hurt most, measured on items that did not choose them."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..search.rows import Rows
from .compare import Loss, loss_of
from .intervals import finite
from .metrics import parse, per_query
from .report import Report
from .task import Task

SHARE = 0.1


@dataclass(frozen=True, slots=True)
class WorstUsers:
    """Loss among the `share` of users hurt most.

    loss: on the other half of what they wanted, free of the regression to the mean. apparent: the relative drop on the half that they were chosen by, which
    shows a loss even where there is none. users: how many have at least two relevant rows; the others cannot be judged so.
    """

    metric: str
    share: float
    loss: Loss
    apparent: float
    users: int

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"metric": self.metric, "share": self.share, "loss": self.loss.to_dict(), "apparent": finite(self.apparent), "users": self.users}


def worst_users(before: Report, after: Report, task: Task, *, metric: str = "ndcg@10", share: float = SHARE, seed: int = 0) -> WorstUsers:
    """The mean loss of the users hurt most, corrected for the regression to the mean.

    Users who lost most did so in part by the chance of which items were held out; asked about other items they would have lost less. So the relevant rows
    of each user are parted at random into two halves (cross-fitting): users are chosen by their loss on one half and measured on the other, both ways round.
    While one half is asked for, the rows of the other are taken out of the lists.
    Users are resampled as wholes, so the interval counts each once. Raises InputError for reports of another task than `task`, lists shorter than the depth
    of the metric, and a share outside 0 to 1.
    """
    kind, k = parse(metric)
    if before.task != after.task or before.task != task.digest() or min(before.ranking.k, after.ranking.k) < k or not 0 < share < 1:
        raise InputError(f"before, after, task: expected reports of this task with lists of at least {k} places, and a share between 0 and 1; got {share}.")
    rng = np.random.default_rng(seed)
    relevant = task.relevant.take(before.queries)
    judged = np.flatnonzero(relevant.lengths() >= 2)
    halves = _halves(relevant.take(judged), rng)
    values = [[_values(report, judged, half, other, kind, k) for half, other in (halves, halves[::-1])] for report in (before, after)]
    first, second, apparent = np.zeros(judged.size), np.zeros(judged.size), np.zeros((2, judged.size))
    chosen = np.zeros(judged.size, np.bool_)
    most = max(1, round(share * judged.size)) if judged.size else 0
    for by, on in ((0, 1), (1, 0)):
        lost = values[0][by] - values[1][by]
        # Equal losses, most often none, go by chance.
        worst = np.lexsort((rng.random(judged.size), -lost))[:most]
        chosen[worst] = True
        first[worst] += values[0][on][worst]
        second[worst] += values[1][on][worst]
        apparent[:, worst] += np.stack([values[0][by][worst], values[1][by][worst]])
    base = apparent[0].sum()
    return WorstUsers(metric, share, loss_of(first[chosen], second[chosen]), float(1 - apparent[1].sum() / base) if base > 0 else np.nan, judged.size)


def _halves(relevant: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Each list parted at random into two whose lengths differ by at most one."""
    owner = relevant.queries()
    order = np.lexsort((rng.random(owner.size), owner))
    place = np.arange(owner.size) - relevant.starts[owner[order]]
    first = np.zeros(owner.size, np.bool_)
    first[order] = place % 2 == 0
    return relevant.where(first), relevant.where(~first)


def _values(report: Report, judged: np.ndarray, half: Rows, other: Rows, kind: str, k: int) -> np.ndarray:
    """The metric of one half, with the rows of the other taken out of the lists: two wanted rows that swap places would look like a loss and a gain."""
    rows = report.ranking.rows[judged]
    gone = other.holds(rows)
    order = np.argsort(gone, axis=1, kind="stable")[:, :k]
    rows, gone = np.take_along_axis(rows, order, axis=1), np.take_along_axis(gone, order, axis=1)
    return per_query(kind, k, half.holds(np.where(gone, -1, rows)), half.lengths())

"""Slices: the loss of every group of users and items, the worst first, with one error rate for all verdicts together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .buckets import popularity_buckets
from .compare import Loss, loss_of
from .fairness import ALPHA, FEWEST, Gap, gap_of
from .holm import holm
from .intervals import finite
from .metrics import parse, per_query
from .paired import p_more, pairs_of
from .report import Report
from .task import Task

ACTIVITY = ("least active third", "middle third", "most active third")
# More groups of one kind than this, or those of fewer queries than FEWEST, are put together.
MOST_GROUPS = 50
OTHERS = "(small groups together)"
Values = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Slice:
    """One group of users, or the relevant items of one group.

    kind: what it is a group by, such as "activity" or a column of the file given. hits: queries with a hit in the baseline. p: of "at most the tolerance is
    lost"; adjusted: by Holm among all slices. gap: how much more it loses than the rest of its kind. worse: that gap is shown, by Holm.
    verdict: "loses" where shown, "holds" where the whole interval is within the margin, else "unclear".
    """

    kind: str
    name: str
    loss: Loss
    hits: int
    p: float
    adjusted: float
    gap: Gap
    worse: bool
    verdict: str

    def to_dict(self) -> dict[str, object]:
        """JSON-ready: the loss, its n and verdict in one object."""
        loss = {name: value for name, value in self.loss.to_dict().items() if name not in ("reason", "shown")}
        tests = {"p": finite(self.p), "adjusted": finite(self.adjusted), "worse": self.worse, "verdict": self.verdict}
        return {"kind": self.kind, "name": self.name, **loss, "hits": self.hits, **tests, "gap": self.gap.to_dict()}


def slices(
    before: Report,
    after: Report,
    task: Task,
    *,
    user_groups: Mapping[str, np.ndarray] | None = None,
    item_groups: Mapping[str, np.ndarray] | None = None,
    metric: str = "ndcg@10",
    tolerance: float = 0.0,
    margin: float = 0.05,
) -> list[Slice]:
    """The slices of a comparison: those shown to lose first, then unclear ones, each by how much.

    Always: popularity buckets and cold items (no training event) where events are known, thirds of users by training events, and the task's own groups.
    user_groups: kind -> (queries of the task,) text. item_groups: kind -> (rows,) text; "" is no group. Of an item group, only its items count as relevant.
    metric: judged in every slice. tolerance: a slice loses when more than this is shown to be lost. margin: it holds when less than this is.
    At most 5 % of comparisons in which nobody loses more than the tolerance name any slice. Raises InputError for reports of another task, groups of other
    lengths, and a metric that the reports do not have.
    """
    parse(metric)
    if before.task != after.task or before.task != task.digest() or metric not in before.values or metric not in after.values:
        raise InputError(f"before, after, metric: expected reports of this task that hold {metric}, as `evaluate` made them.")
    found: list[tuple[str, str, Values, Values]] = []
    whole = (before.values[metric], after.values[metric])
    for kind, labels in _user_labels(before, task, user_groups or {}):
        found += [(kind, name, _only(whole, mask), _only(whole, ~mask)) for name, mask in _masks(labels)]
    for kind, labels in _item_labels(before, after, task, item_groups or {}):
        relevant = task.relevant.take(before.queries)
        names = _masks(labels, np.bincount(relevant.values, minlength=labels.size))
        for name, mask in names:
            found.append((kind, name, _by_items(before, after, task, metric, mask), _by_items(before, after, task, metric, ~mask)))
    return judge_slices(found, tolerance, margin)


def judge_slices(found: list[tuple[str, str, Values, Values]], tolerance: float, margin: float) -> list[Slice]:
    """Tests and verdicts of all slices together, the worst first.

    found: (kind, name, values of the slice, values of the rest of its kind), each values before and after (n,), NaN for queries that do not belong.
    """
    losses, p_values, gaps = {}, {}, {}
    hits = {}
    for kind, name, mine, rest in found:
        key = (kind, name)
        known = np.isfinite(mine[0]) & np.isfinite(mine[1])
        old, new = mine[0][known], mine[1][known]
        losses[key], hits[key] = loss_of(old, new), int(np.count_nonzero(old))
        able = hits[key] >= FEWEST and losses[key].is_known
        p_values[key] = p_more(pairs_of(old, new), tolerance) if able else np.nan
        gap = gap_of(mine, rest)
        gaps[key] = gap if able and np.count_nonzero(np.nan_to_num(rest[0])) >= FEWEST else Gap(gap.gap, np.nan, np.nan, np.nan)
    adjusted, apart = holm(p_values), holm({key: gap.p for key, gap in gaps.items()})
    out = []
    for kind, name, _, _ in found:
        key = (kind, name)
        verdict = "loses" if adjusted[key] <= ALPHA else "holds" if np.isfinite(adjusted[key]) and losses[key].high <= margin else "unclear"
        out.append(Slice(kind, name, losses[key], hits[key], p_values[key], adjusted[key], gaps[key], apart[key] <= ALPHA, verdict))
    return sorted(out, key=_badness)


def group_masks(groups: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Groups of users as a Task takes them: "column: value" -> mask, from columns of text (users,), "" for none; small ones of a column together."""
    return {f"{kind}: {name}": mask for kind, labels in groups.items() for name, mask in _masks(np.asarray(labels).astype(str))}


def _badness(one: Slice) -> tuple[int, float, str, str]:
    drop = one.loss.drop if np.isfinite(one.loss.drop) else -np.inf
    # A slice of which nothing can be said goes last, however large its drop looks.
    rank = 3 if not np.isfinite(one.adjusted) else ("loses", "unclear", "holds").index(one.verdict)
    return rank, -drop, one.kind, one.name


def _only(values: Values, mask: np.ndarray) -> Values:
    return np.where(mask, values[0], np.nan), np.where(mask, values[1], np.nan)


def _by_items(before: Report, after: Report, task: Task, metric: str, mask: np.ndarray) -> Values:
    """The metric of both reports where only the relevant rows in `mask` (rows,) count, NaN for queries without one."""
    kind, k = parse(metric)
    relevant = task.relevant.take(before.queries)
    mine = relevant.where(mask[relevant.values])
    return tuple(per_query(kind, k, mine.holds(report.ranking.rows[:, :k]), mine.lengths()) for report in (before, after))  # type: ignore[return-value]


def _user_labels(before: Report, task: Task, given: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Kind -> the group of each judged query."""
    if task.seen is not None:
        events = task.seen.lengths()[before.queries]
        third = np.quantile(events, [1 / 3, 2 / 3])
        # Where most users are equally active there are no thirds.
        if third[0] < third[1] and (events <= third[0]).mean() < 0.6:
            yield "activity", np.array(ACTIVITY)[np.searchsorted(third, events)]
    for named, mask in before.groups.items():
        # Groups of a column are called "column: value"; others have no kind of their own.
        kind, found, name = named.partition(": ")
        yield (kind, np.where(mask, name, "")) if found else ("group", np.where(mask, named, ""))
    for kind, labels in given.items():
        yield kind, _as_labels(labels, task.count, f"user_groups[{kind!r}]")[before.queries]


def _item_labels(before: Report, after: Report, task: Task, given: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Kind -> the group of each row of the catalogue."""
    rows = 1 + max(int(before.ranking.rows.max()), int(after.ranking.rows.max()), int(task.relevant.values.max()))
    events = task.events()
    if events is not None:
        rows = max(rows, events.size)
        events = task.events(rows)
        buckets = popularity_buckets(events)
        yield "popularity", np.array(buckets.names)[buckets.number]
        if (events == 0).any():  # type: ignore[union-attr]
            yield "cold items", np.where(events == 0, "cold", "")
    for kind, labels in given.items():
        named = np.asarray(labels)
        if named.ndim != 1 or named.size < rows:
            raise InputError(f"item_groups[{kind!r}]: got shape {named.shape}; expected a name for each of at least {rows} rows.")
        yield kind, named.astype(str)


def _as_labels(labels: np.ndarray, count: int, name: str) -> np.ndarray:
    named = np.asarray(labels)
    if named.shape != (count,):
        raise InputError(f"{name}: got shape {named.shape}; expected ({count},), one name a query of the task.")
    return named.astype(str)


def _masks(labels: np.ndarray, weight: np.ndarray | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """Name -> mask of each group, the small ones as one. weight: how much each entry counts; 1 when None."""
    names, number = np.unique(labels, return_inverse=True)
    sizes = np.bincount(number, weight, minlength=names.size)
    order = [place for place in np.argsort(-sizes, kind="stable") if names[place] != ""]
    kept = [place for place in order[:MOST_GROUPS] if sizes[place] >= FEWEST]
    for place in kept:
        yield str(names[place]), number == place
    small = [place for place in order if place not in set(kept) and sizes[place] > 0]
    if small:
        yield (OTHERS if len(small) > 1 else str(names[small[0]])), np.isin(number, small)

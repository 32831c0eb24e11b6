"""Fairness: does one group lose more than the others, and whose items are shown more or less than before?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..search.ranking import Ranking
from .compare import Loss, loss_of
from .holm import holm
from .intervals import finite
from .paired import interval, p_less, p_more, pairs_of

ALPHA = 0.05
# Groups with fewer queries than this to speak for them get no verdict: so few do not follow the t distribution.
FEWEST = 20
SCREEN = 10


@dataclass(frozen=True, slots=True)
class Gap:
    """How much more one group loses than the rest, as a difference of relative drops, with its 95 % interval; p: of "at most as much". NaN if unknown."""

    gap: float
    low: float
    high: float
    p: float

    def to_dict(self) -> dict[str, float | None]:
        """JSON-ready."""
        return {name: finite(getattr(self, name)) for name in ("gap", "low", "high", "p")}


def gap_of(group: tuple[np.ndarray, np.ndarray], rest: tuple[np.ndarray, np.ndarray]) -> Gap:
    """The gap between a group and the rest, each given as per-query values before and after (n,), NaN for queries that do not belong.

    Fieller's interval of the group's drop, widened by the variance of the other's (delta method), less that drop. What one query adds to both is counted,
    so groups of users (apart) and of items (wanted by the same users) are treated alike. Raises InputError for other shapes.
    """
    if len({one.shape for one in (*group, *rest)}) != 1 or group[0].ndim != 1:
        raise InputError(f"group, rest: got shapes {', '.join(str(one.shape) for one in (*group, *rest))}; expected the same (n,), one value a query.")
    parts = []
    for before, after in (group, rest):
        known = np.isfinite(before) & np.isfinite(after)
        if known.sum() < 2 or not before[known].mean() > 0:
            return Gap(np.nan, np.nan, np.nan, np.nan)
        pairs = pairs_of(before[known], after[known])
        parts.append((pairs, np.where(known, after - pairs.ratio * before, 0.0) / pairs.n))
    (mine, own), (others, their) = parts
    their = their / others.before
    more = mine.n * (mine.before**2 * (their @ their) - 2 * mine.before * (own @ their))
    widened = mine._replace(spread=np.maximum(mine.spread + more, 0.0))
    low, high = interval(widened)
    return Gap(float(mine.drop - others.drop), float(low - others.drop), float(high - others.drop), p_more(widened, float(others.drop)))


@dataclass(frozen=True, slots=True)
class ExposureShift:
    """Exposure of one group of items: its share of the first places before and after. change: relative, 0.1 is a tenth more, with its 95 % interval.

    adjusted: p-value of "unchanged", two-sided, by Holm among all groups. verdict: "gains" or "loses" where shown, else "steady".
    """

    group: str
    before: float
    after: float
    change: float
    low: float
    high: float
    adjusted: float
    n: int
    verdict: str

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        numbers = {name: finite(getattr(self, name)) for name in ("before", "after", "change", "low", "high", "adjusted")}
        return {"group": self.group, **numbers, "n": self.n, "verdict": self.verdict}


def exposure_shifts(before: Ranking, after: Ranking, groups: np.ndarray, *, k: int = SCREEN) -> list[ExposureShift]:
    """Which groups of items gain or lose places on the first screens, the greatest change first, verdicts before none.

    before, after: lists of the same queries. groups: (rows,) text, one a row of the catalogue, "" for none. A group that fewer than 20 queries are shown in
    either gets no verdict. Raises InputError for other numbers of queries, rows without a group, or lists shorter than k.
    """
    names, number = np.unique(groups, return_inverse=True)
    places = [_places(one, number, k) for one in (before, after)]
    if before.rows.shape[0] != after.rows.shape[0]:
        raise InputError(f"after: got lists of {after.rows.shape[0]} queries; expected {before.rows.shape[0]}, as before.")
    found: dict[str, tuple[Loss, float]] = {}
    for place, name in enumerate(names.tolist()):
        old, new = ((one == place).sum(axis=1) / np.maximum((one >= 0).sum(axis=1), 1) for one in places)
        if name == "" or not (old.any() or new.any()):
            continue
        shown = int(np.count_nonzero((old > 0) | (new > 0)))
        p = np.nan
        if shown >= FEWEST and old.any():
            pairs = pairs_of(old, new)
            p = min(1.0, 2 * min(p_more(pairs, 0.0), p_less(pairs, 0.0)))
        found[name] = (loss_of(old, new), p)
    adjusted = holm({name: p for name, (_, p) in found.items()})
    shifts = [_shift(name, loss, adjusted[name]) for name, (loss, _) in found.items()]
    return sorted(shifts, key=lambda one: (one.verdict == "steady", -abs(one.change) if np.isfinite(one.change) else 0.0, one.group))


def _shift(name: str, loss: Loss, adjusted: float) -> ExposureShift:
    verdict = "steady" if not adjusted <= ALPHA else "loses" if loss.drop > 0 else "gains"
    return ExposureShift(name, loss.before, loss.after, -loss.drop, -loss.high, -loss.low, adjusted, loss.n, verdict)


def _places(ranking: Ranking, number: np.ndarray, k: int) -> np.ndarray:
    """The group of the row at each of the first k places, (q, k), -1 where empty."""
    if ranking.k < k:
        raise InputError(f"before, after: got lists of {ranking.k} places; expected at least {k}.")
    rows = ranking.rows[:, :k]
    if rows.size and int(rows.max()) >= number.size:
        raise InputError(f"groups: got {number.size} names; expected one for each row, of which row {int(rows.max())} was found.")
    return np.where(rows >= 0, number[np.maximum(rows, 0)], -1)


def exposure_gap(shifts: Sequence[ExposureShift]) -> float:
    """The distance between the greatest relative gain and the greatest relative loss among groups with a verdict to speak of; NaN for fewer than two."""
    known = [one.change for one in shifts if np.isfinite(one.adjusted)]
    return max(known) - min(known) if len(known) >= 2 else np.nan


def moved_items(before: Ranking, after: Ranking, *, k: int = SCREEN, most: int = 10) -> dict[str, list[tuple[int, int, int]]]:
    """The rows that gained and lost most places on first screens: "gained" and "lost" -> (row, screens before, screens after), most first."""
    counts = [np.bincount(one.rows[:, :k][one.rows[:, :k] >= 0]) for one in (before, after)]
    size = max(one.size for one in counts)
    old, new = (np.concatenate([one, np.zeros(size - one.size, np.int64)]) for one in counts)
    change = new - old
    order = np.argsort(-change, kind="stable")
    gained = [int(row) for row in order[:most] if change[row] > 0]
    lost = [int(row) for row in np.argsort(change, kind="stable")[:most] if change[row] < 0]
    return {name: [(row, int(old[row]), int(new[row])) for row in rows] for name, rows in (("gained", gained), ("lost", lost))}

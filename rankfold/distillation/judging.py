"""Judging: whether a taught table replaces the one it started from. Queries that took no part decide; where clicks are known, they have a veto."""

from dataclasses import dataclass

import numpy as np

from ..evaluate.intervals import Mean, mean_of
from ..evaluate.metrics import per_query
from ..table import Table
from .course import AGREEMENT, Learned, found
from .lesson import Lesson

# An interval over fewer queries says little of others.
LEAST_JUDGES = 30
STALE = " The stored calibration is left out: it belongs to the scores before. Fit it again with `rankfold calibrate`."


@dataclass(frozen=True, slots=True, eq=False)
class Distilled:
    """A taught table, or the one it started from.

    table: what to use. adopted: whether it is the taught one, which takes at least 30 queries that judge. before, after: overlap@10 with the exact lists of
    the queries that judge, each with its 95 % interval. gain: their difference, paired over these queries. buckets: head, mid, tail -> gain among the rows
    that are listed most, less, least.
    clicks: where it is known what these queries took next, the gain of "ndcg@10" and of "recall@10 head", "recall@10 mid" and "recall@10 tail", of rows of
    these buckets; else empty. steps: how many the taught arrays took. curve: (step, overlap@10 on the queries that stop). queries: how many taught, stopped
    and judged. why: a sentence.
    """

    table: Table
    adopted: bool
    before: Mean
    after: Mean
    gain: Mean
    buckets: dict[str, Mean]
    clicks: dict[str, Mean]
    steps: int
    curve: tuple[tuple[int, float], ...]
    queries: tuple[int, int, int]
    why: str

    def to_dict(self) -> dict[str, object]:
        """JSON-ready, without the table."""
        return {
            "adopted": self.adopted,
            "metric": f"overlap@{AGREEMENT}",
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "gain": self.gain.to_dict(),
            "buckets": {name: mean.to_dict() for name, mean in self.buckets.items()},
            "clicks": {name: mean.to_dict() for name, mean in self.clicks.items()},
            "steps": self.steps,
            "curve": [[step, round(value, 6)] for step, value in self.curve],
            "queries": dict(zip(("taught", "stopped", "judged"), self.queries, strict=True)),
            "why": self.why,
        }


def judged(start: Table, end: Table, lesson: Lesson, learned: Learned) -> Distilled:
    """Both tables on the judging queries, and which of them to use."""
    lists = [found(table, lesson, lesson.judge, AGREEMENT) for table in (start, end)]
    exact = lesson.lists.rows[lesson.judge, :AGREEMENT]
    old, new = ((exact[:, :, None] == mine[:, None, :]).any(axis=2) for mine in lists)
    gain = _gain(old, new, exact >= 0)
    number = np.where(exact >= 0, lesson.buckets.number[np.maximum(exact, 0)], -1)
    buckets = {name: _gain(old, new, number == place) for place, name in enumerate(lesson.buckets.names)}
    worse = [f"rows of the {name} lose more" for name, mean in buckets.items() if mean.high < 0 and -mean.mean > gain.mean]
    clicks = {} if lesson.relevant is None else _clicks(lists[0], lists[1], lesson)
    worse += [f"{name} of what users took falls" for name, mean in clicks.items() if mean.high < 0]
    few = lesson.judge.size < LEAST_JUDGES
    adopted = learned.steps > 0 and gain.low > 0 and not worse and not few
    before, after = (mean_of(_share(hits, exact >= 0)) for hits in (old, new))
    return Distilled(
        table=end if adopted else start,
        adopted=adopted,
        before=before,
        after=after,
        gain=gain,
        buckets=buckets,
        clicks=clicks,
        steps=learned.steps,
        curve=learned.curve,
        queries=(lesson.teach.size, lesson.stop.size, lesson.judge.size),
        why=_why(adopted, learned.steps, gain, worse, lesson) + (STALE if adopted and start.calibration is not None else ""),
    )


def _clicks(old: np.ndarray, new: np.ndarray, lesson: Lesson) -> dict[str, Mean]:
    """Gain of NDCG@10 by what the judging queries took next, and of recall@10 of what lies in each bucket, paired; lists (m, 10) of both tables."""
    relevant = lesson.relevant.take(lesson.judge)  # type: ignore[union-attr]
    number = lesson.buckets.number[relevant.values]
    parts = {"ndcg@10": ("ndcg", relevant)}
    parts |= {f"recall@10 {name}": ("recall", relevant.where(number == place)) for place, name in enumerate(lesson.buckets.names)}
    gains = {}
    for name, (kind, wanted) in parts.items():
        before, after = (per_query(kind, AGREEMENT, wanted.holds(rows), wanted.lengths()) for rows in (old, new))
        gains[name] = mean_of(after - before, lowest=-1.0)
    return gains


def _gain(old: np.ndarray, new: np.ndarray, chosen: np.ndarray) -> Mean:
    """Difference of the shares found among the chosen places, paired over the queries that have any."""
    return mean_of(_share(new, chosen) - _share(old, chosen), lowest=-1.0)


def _share(hits: np.ndarray, there: np.ndarray) -> np.ndarray:
    count = there.sum(axis=1)
    return np.where(count > 0, (hits & there).sum(axis=1) / np.maximum(count, 1), np.nan)


def _why(adopted: bool, steps: int, gain: Mean, worse: list[str], lesson: Lesson) -> str:
    points = f"{100 * gain.mean:+.2f} points of overlap@{AGREEMENT} [{100 * gain.low:+.2f}, {100 * gain.high:+.2f}] on {gain.n} queries kept apart"
    if adopted:
        return f"Adopted: {points}."
    if not steps:
        return "Not adopted: no step made the lists of the stopping queries better. The table is untouched."
    if lesson.judge.size < LEAST_JUDGES:
        every = lesson.teach.size + lesson.stop.size + lesson.judge.size
        needed = f"at least {LEAST_JUDGES} are needed: teach with about {round(every * LEAST_JUDGES / lesson.judge.size, -1)} queries"
        return f"Not adopted: {points}, too few to judge on; {needed}. The table is untouched."
    if worse:
        return f"Not adopted: {points}, but {' and '.join(worse)}. The table is untouched."
    return f"Not adopted: {points}, no gain beyond chance. The table is untouched."

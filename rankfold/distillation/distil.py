"""Distil: a table taught by the vectors that it was made from, adopted only if users who took no part find better lists."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32
from ..errors import InputError
from ..evaluate.intervals import Mean, mean_of
from ..progress import Progress, silent
from ..search import Rows
from ..table import Table, check_space
from ..vectors import Vectors
from .course import AGREEMENT, RATE, Learned, found, learn
from .lesson import Lesson, item_lesson, user_lesson
from .pupils import Coded, Pupil
from .terms import Terms

STEPS = 300
SAMPLE = 10_000
MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Distilled:
    """A taught table, or the one it started from.

    table: what to use. adopted: whether it is the taught one. before, after: overlap@10 with the exact lists of the queries that judge, each with its 95 %
    interval. gain: their difference, paired over these queries. buckets: head, mid, tail -> gain among the rows that are listed most, less, least.
    steps: how many the taught arrays took. curve: (step, overlap@10 on the queries that stop). queries: how many taught, stopped and judged. why: a sentence.
    """

    table: Table
    adopted: bool
    before: Mean
    after: Mean
    gain: Mean
    buckets: dict[str, Mean]
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
            "steps": self.steps,
            "curve": [[step, round(value, 6)] for step, value in self.curve],
            "queries": dict(zip(("taught", "stopped", "judged"), self.queries, strict=True)),
            "why": self.why,
        }


def distil(
    table: Table,
    vectors: Vectors,
    users: F32 | Vectors | None = None,
    *,
    seen: Rows | None = None,
    terms: Terms | None = None,
    steps: int = STEPS,
    rate: float = RATE,
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Progress = silent,
) -> Distilled:
    """Move codebooks and tables of `table` so that its masked top lists become the exact ones of `vectors`; labels are not needed.

    vectors: what the table was made from, same ids in the same order. users: (u, d), who asks; None: rows ask for their neighbours. seen: rows that each user
    has already. terms: what pulls; by default lists and rows. steps: at most so many. rate: length of the first steps, as a share of each array's size.
    sample: at most so many users; of these 70 % teach, 15 % say when to stop, and 15 % judge. Same seed, same bytes.
    Codes, row bytes, one-byte lengths and codec stay: the result is an ordinary table. It is adopted only if the judging users' overlap@10 with the exact
    lists rises by more than its 95 % paired interval, and no bucket of rows loses more than all rows gain; else the table comes back untouched.
    Memory: the vectors in float32, and the scores of 256 users by the rows of a batch.
    Retrieval-oriented codebooks: Zhan et al., "Jointly optimizing query encoder and product quantization" (JPQ), 2021; Xiao et al., "Distill-VQ", 2022.
    Raises InputError: other rows or dimensions, fewer than 12 users with a list, NaN, a codec without arrays that could move.
    """
    check_numbers(steps, rate, sample)
    check_same_rows(table, vectors)
    pupil = Coded(table)
    lesson = lesson_of(vectors, users, unit=table.unit, seen=seen, allow=table.alive, sample=sample, seed=seed, progress=progress)
    return taught(pupil, table, lesson, terms or Terms(), steps=steps, rate=rate, seed=seed, progress=progress)


def lesson_of(
    vectors: Vectors,
    users: F32 | Vectors | None,
    *,
    unit: bool,
    seen: Rows | None,
    allow: np.ndarray | None,
    sample: int,
    seed: int,
    progress: Progress = silent,
) -> Lesson:
    """The lesson of users, or of rows where there are none. Raises InputError."""
    progress("exact lists", 0, 1)
    if users is None:
        if seen is not None:
            raise InputError("seen: got lists without users; expected users too, or neither.")
        lesson = item_lesson(vectors, unit=unit, allow=allow, sample=sample, seed=seed)
    else:
        lesson = user_lesson(vectors, users, unit=unit, seen=seen, allow=allow, sample=sample, seed=seed)
    progress("exact lists", 1, 1)
    return lesson


def taught(pupil: Pupil, start: Table, lesson: Lesson, terms: Terms, *, steps: int, rate: float, seed: int, progress: Progress = silent) -> Distilled:
    """Teach the pupil and judge the result against the table `start`."""
    learned = learn(pupil, lesson, terms, steps=steps, rate=rate, rng=np.random.default_rng([seed, 1]), progress=progress)
    return judged(start, pupil.table(learned.parameters) if learned.steps else start, lesson, learned)


def judged(start: Table, end: Table, lesson: Lesson, learned: Learned) -> Distilled:
    """Both tables on the judging queries, and which of them to use."""
    old, new = (_found_of_exact(table, lesson) for table in (start, end))
    exact = lesson.lists.rows[lesson.judge, :AGREEMENT]
    gain = _gain(old, new, exact >= 0)
    number = np.where(exact >= 0, lesson.buckets.number[np.maximum(exact, 0)], -1)
    buckets = {name: _gain(old, new, number == place) for place, name in enumerate(lesson.buckets.names)}
    worse = [name for name, mean in buckets.items() if mean.high < 0 and -mean.mean > gain.mean]
    adopted = learned.steps > 0 and gain.low > 0 and not worse
    before, after = (mean_of(_share(hits, exact >= 0)) for hits in (old, new))
    return Distilled(
        table=end if adopted else start,
        adopted=adopted,
        before=before,
        after=after,
        gain=gain,
        buckets=buckets,
        steps=learned.steps,
        curve=learned.curve,
        queries=(lesson.teach.size, lesson.stop.size, lesson.judge.size),
        why=_why(adopted, learned.steps, gain, worse),
    )


def check_numbers(steps: int, rate: float, sample: int) -> None:
    """Raise InputError for steps, a rate or a sample that teach nothing."""
    for name, value, most in (("steps", steps, MOST_STEPS), ("sample", sample, None)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1 or (most is not None and value > most):
            raise InputError(f"{name}: got {value!r}; expected a whole number of at least 1{'' if most is None else f' and at most {most}'}.")
    if isinstance(rate, bool) or not 0 < rate <= 1:
        raise InputError(f"rate: got {rate!r}; expected a number above 0 and at most 1.")


def check_same_rows(table: Table, vectors: Vectors) -> None:
    """Raise InputError unless the vectors are those that the table was made from, row by row."""
    if table.dim != vectors.dim or table.count != vectors.count:
        raise InputError(f"vectors: got {vectors.count} rows x {vectors.dim} dimensions; expected {table.count} x {table.dim}, those of the table.")
    check_space(vectors.space, table.space, "vectors")
    if not np.array_equal(table.ids, vectors.ids):
        raise InputError("vectors: got other ids than the table has, or another order; expected the vectors that the table was made from.")


def _found_of_exact(table: Table, lesson: Lesson) -> np.ndarray:
    """(m, 10) bool: whether each row of the judging queries' exact lists is in the table's list."""
    mine = found(table, lesson, lesson.judge, AGREEMENT)
    return (lesson.lists.rows[lesson.judge, :AGREEMENT][:, :, None] == mine[:, None, :]).any(axis=2)


def _gain(old: np.ndarray, new: np.ndarray, chosen: np.ndarray) -> Mean:
    """Difference of the shares found among the chosen places, paired over the queries that have any."""
    return mean_of(_share(new, chosen) - _share(old, chosen), lowest=-1.0)


def _why(adopted: bool, steps: int, gain: Mean, worse: list[str]) -> str:
    points = f"{100 * gain.mean:+.2f} points of overlap@{AGREEMENT} [{100 * gain.low:+.2f}, {100 * gain.high:+.2f}] on {gain.n} queries kept apart"
    if adopted:
        return f"Adopted: {points}."
    if not steps:
        return "Not adopted: no step made the lists of the stopping queries better. The table is untouched."
    if worse:
        return f"Not adopted: {points}, but rows of the {' and '.join(worse)} lose more. The table is untouched."
    return f"Not adopted: {points}, no gain beyond chance. The table is untouched."


def _share(hits: np.ndarray, there: np.ndarray) -> np.ndarray:
    count = there.sum(axis=1)
    return np.where(count > 0, (hits & there).sum(axis=1) / np.maximum(count, 1), np.nan)

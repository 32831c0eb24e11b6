"""Distil: a table taught by the vectors that it was made from, adopted only if users who took no part find better lists."""

import numpy as np

from ..arrays import F32
from ..errors import InputError
from ..progress import Progress, silent
from ..search import Rows
from ..table import Table, check_space
from ..vectors import Vectors
from .course import RATE, learn
from .judging import Distilled, judged
from .lesson import Lesson, item_lesson, user_lesson
from .pupils import Coded, Pupil
from .terms import Terms

STEPS = 300
SAMPLE = 10_000
MOST_STEPS = 100_000


def distil(
    table: Table,
    vectors: Vectors,
    users: F32 | Vectors | None = None,
    *,
    seen: Rows | None = None,
    relevant: Rows | None = None,
    terms: Terms | None = None,
    steps: int = STEPS,
    rate: float = RATE,
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Progress = silent,
) -> Distilled:
    """Move codebooks and tables of `table` so that its masked top lists become the exact ones of `vectors`; labels are not needed.

    vectors: what the table was made from, same ids in the same order. users: (u, d), who asks; None: rows ask for their neighbours. seen: rows that each user
    has already. relevant: what each user took next; it judges, and never teaches. terms: what pulls; by default lists and rows. steps: at most so many.
    rate: length of the first steps, as a share of each array's size. sample: at most so many users; of these 70 % teach, 15 % say when to stop, and 15 %
    judge. Same seed, same bytes.
    Codes, row bytes, one-byte lengths and codec stay: the result is an ordinary table. It is adopted only if the judging users' overlap@10 with the exact
    lists rises by more than its 95 % paired interval, no bucket of rows loses more than all rows gain, and, with `relevant`, neither their NDCG@10 nor the
    recall@10 of what they took from the head, mid or tail falls by more than its interval; else, or with fewer than 30 to judge, the table comes back
    untouched. A stored calibration belongs to the scores before: a taught table has none, and `why` says so.
    Memory: the vectors in float32, and the scores of 256 users by the rows of a batch.
    Retrieval-oriented codebooks: Zhan et al., "Jointly optimizing query encoder and product quantization" (JPQ), 2021; Xiao et al., "Distill-VQ", 2022.
    Raises InputError: other rows or dimensions, fewer than 12 users with a list, NaN, a codec without arrays that could move.
    """
    check_numbers(steps, rate, sample)
    check_same_rows(table, vectors)
    pupil = Coded(table)
    lesson = lesson_of(vectors, users, unit=table.unit, seen=seen, relevant=relevant, allow=table.alive, sample=sample, seed=seed, progress=progress)
    return taught(pupil, table, lesson, terms or Terms(), steps=steps, rate=rate, seed=seed, progress=progress)


def lesson_of(
    vectors: Vectors,
    users: F32 | Vectors | None,
    *,
    unit: bool,
    seen: Rows | None,
    relevant: Rows | None = None,
    allow: np.ndarray | None,
    sample: int,
    seed: int,
    progress: Progress = silent,
) -> Lesson:
    """The lesson of users, or of rows where there are none. Raises InputError."""
    progress("exact lists", 0, 1)
    if users is None:
        for name, lists in (("seen", seen), ("relevant", relevant)):
            if lists is not None:
                raise InputError(f"{name}: got lists without users; expected users too, or neither.")
        lesson = item_lesson(vectors, unit=unit, allow=allow, sample=sample, seed=seed)
    else:
        lesson = user_lesson(vectors, users, unit=unit, seen=seen, relevant=relevant, allow=allow, sample=sample, seed=seed)
    progress("exact lists", 1, 1)
    return lesson


def taught(pupil: Pupil, start: Table, lesson: Lesson, terms: Terms, *, steps: int, rate: float, seed: int, progress: Progress = silent) -> Distilled:
    """Teach the pupil and judge the result against the table `start`."""
    learned = learn(pupil, lesson, terms, steps=steps, rate=rate, rng=np.random.default_rng([seed, 1]), progress=progress)
    return judged(start, pupil.table(learned.parameters) if learned.steps else start, lesson, learned)


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

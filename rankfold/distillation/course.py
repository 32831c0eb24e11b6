"""The course: steps of Adam over batches of queries, until other queries' lists stop getting better."""

from dataclasses import dataclass

import numpy as np

from ..evaluate.fidelity import overlap
from ..progress import Progress
from ..search import Searcher
from ..table import Table
from .adam import Adam
from .lesson import FALSE_TOPS, Lesson
from .pupils import Parameters, Pupil
from .terms import Terms, loss

BATCH = 256
CHECK_EVERY = 50
REFRESH_EVERY = 100
PATIENCE = 3
AGREEMENT = 10
RATE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """parameters: the best met on the queries that stop. steps: how many they took. curve: (step, overlap@10 on the queries that stop)."""

    parameters: Parameters
    steps: int
    curve: tuple[tuple[int, float], ...]


def learn(pupil: Pupil, lesson: Lesson, terms: Terms, *, steps: int, rate: float, rng: np.random.Generator, progress: Progress) -> Learned:
    """Teach for at most `steps` steps; stop when PATIENCE checks in a row on the stopping queries found nothing better.

    A step: the batch's rows (exact lists, the student's own lists, some at random) are decoded, the gradient of the loss with respect to them is worked out
    in closed form, and the pupil says what it means for its arrays. The student's lists are searched anew every REFRESH_EVERY steps.
    """
    adam = Adam(pupil.parameters, rate=rate, steps=steps)
    best, best_step, best_seen = pupil.parameters, 0, agreement(pupil.table(pupil.parameters), lesson, lesson.stop)
    curve = [(0, best_seen)]
    false_tops = np.empty((0, 0), np.int64)
    queue = np.empty(0, np.int64)
    progress("teach", 0, steps)
    for step in range(steps):
        if step % REFRESH_EVERY == 0:
            false_tops = _tops(pupil.table(adam.arrays), lesson)
        if queue.size < min(BATCH, lesson.teach.size):
            queue = rng.permutation(lesson.teach)
        numbers, queue = queue[:BATCH], queue[BATCH:]
        rows = lesson.rows_for(numbers, false_tops, rng)
        _, gradient = loss(terms, lesson.batch(numbers, rows, pupil.decode(adam.arrays, rows)))
        adam.step(pupil.pull(adam.arrays, rows, gradient))
        progress("teach", step + 1, steps)
        if (step + 1) % CHECK_EVERY == 0 or step + 1 == steps:
            curve.append((step + 1, agreement(pupil.table(adam.arrays), lesson, lesson.stop)))
            if curve[-1][1] > best_seen:
                best, best_step, best_seen = adam.arrays, step + 1, curve[-1][1]
            elif step + 1 - best_step >= PATIENCE * CHECK_EVERY:
                break
    return Learned(best, best_step, tuple(curve))


def agreement(table: Table, lesson: Lesson, numbers: np.ndarray) -> float:
    """Mean overlap@10 of the chosen queries' lists with the exact ones."""
    return float(np.nanmean(overlaps(table, lesson, numbers)))


def overlaps(table: Table, lesson: Lesson, numbers: np.ndarray, depth: int = AGREEMENT) -> np.ndarray:
    """Share of each chosen query's exact top `depth` that the table finds, float64 (m,)."""
    return overlap(found(table, lesson, numbers, depth), lesson.lists.rows[numbers, :depth])


def found(table: Table, lesson: Lesson, numbers: np.ndarray, depth: int) -> np.ndarray:
    """Rows (m, depth) that the table ranks first for the chosen queries, without what they have seen."""
    return Searcher(table).search(lesson.queries[numbers], depth, exclude=lesson.seen.take(numbers), allow=lesson.allow).rows


def _tops(table: Table, lesson: Lesson) -> np.ndarray:
    """The student's own lists of the queries that teach, (q, FALSE_TOPS) int64, -1 for all other queries."""
    rows = np.full((len(lesson.queries), FALSE_TOPS), -1, np.int64)
    rows[lesson.teach] = found(table, lesson, lesson.teach, FALSE_TOPS)
    return rows

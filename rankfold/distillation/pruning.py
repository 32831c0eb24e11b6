"""Pruning with retraining: dimensions leave, the rest is taught to make up for them, and again, until `keep` are left (Zhu and Gupta, "To prune", 2017).

Queries of a pruned table ask about the kept dimensions only. Rows go into these through an encoder (keep, d), so that a kept dimension can carry what
queries that ask for it ask for elsewhere too. Dimensions stay one after the other, each time the one after which the best linear encoder leaves least error in
scores; then the lists teach that encoder. The result is an ordinary `pruned` state with an `encoder`.
"""

from dataclasses import replace

import numpy as np

from ..arrays import F32
from ..codec import Codec
from ..codecs.int8 import Int8
from ..codecs.pruned import Pruned
from ..compression import compress
from ..errors import InputError
from ..progress import Progress, silent
from ..search import Rows
from ..table import Table
from ..vectors import Vectors
from .course import RATE, Learned, learn
from .distil import SAMPLE, STEPS, check_numbers, lesson_of
from .judging import Distilled, judged
from .lesson import Lesson
from .pupils import Parameters, check_inner, recoded, rounded
from .terms import Terms

INT8: Codec = Int8()  # type: ignore[assignment]
ROUNDS = 2
MOST_ROUNDS = 20
RIDGE = 1e-6  # of the mean energy: directions that no query has are not divided by


class Selection:
    """Rows through an encoder into the kept dimensions; `table` fits the inner codec to what the encoder makes of the rows and codes them."""

    def __init__(self, start: Table, lesson: Lesson, kept: np.ndarray, encoder: F32, *, seed: int):
        self._start, self._lesson, self._seed = start, lesson, seed
        self.kept = kept
        self.parameters: Parameters = {"encoder": encoder}

    def decode(self, parameters: Parameters, rows: np.ndarray) -> F32:
        out = np.zeros((rows.size, self._start.dim), np.float32)
        out[:, self.kept] = self._lesson.exact[rows] @ parameters["encoder"].T
        return out

    def pull(self, parameters: Parameters, rows: np.ndarray, gradient: F32) -> Parameters:
        return {"encoder": gradient[:, self.kept].T @ self._lesson.exact[rows]}

    def table(self, parameters: Parameters) -> Table:
        (segment,) = self._start.segments
        how: Codec = replace(segment.codec, keep=self.kept.size)  # type: ignore[type-var]
        mask = np.zeros(self._start.dim, np.bool_)
        mask[self.kept] = True
        own = {"kept": mask, "encoder": rounded(parameters["encoder"], np.dtype(np.float16))}
        return recoded(self._start, how, own, self._lesson.exact, self._lesson.weight, self._seed)


def prune(
    vectors: Vectors,
    keep: int,
    users: F32 | Vectors | None = None,
    *,
    rounds: int = ROUNDS,
    inner: Codec = INT8,
    seen: Rows | None = None,
    relevant: Rows | None = None,
    unit: bool = False,
    terms: Terms | None = None,
    steps: int = STEPS,
    rate: float = RATE,
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Progress = silent,
) -> Distilled:
    """Leave out all but `keep` dimensions of `vectors` (n, d) in `rounds` rounds of pruning and teaching, then code what is left with `inner`.

    Arguments and adoption as in `distil`; the table to beat is `pruned` as `compress` fits it, with exposure weights from the same lists and the same inner
    codec. rounds: in how many steps the dimensions go; each is taught for an equal share of `steps`. unit: normalise rows first. Raises InputError, SpecError.
    """
    check_numbers(steps, rate, sample)
    if isinstance(rounds, bool) or not isinstance(rounds, int | np.integer) or not 1 <= rounds <= min(MOST_ROUNDS, steps):
        raise InputError(f"rounds: got {rounds!r}; expected a whole number from 1 to {min(MOST_ROUNDS, steps)}, at least a step each.")
    check_inner(inner)
    how: Codec = Pruned(keep=keep, inner=inner)  # type: ignore[assignment]
    how.row_bytes(vectors.dim)
    lesson = lesson_of(vectors, users, unit=unit, seen=seen, relevant=relevant, allow=None, sample=sample, seed=seed, progress=progress)
    start = compress(vectors, how, weight=lesson.weight, unit=unit, seed=seed)
    end, learned = _taught(start, lesson, keep, terms or Terms(), rounds, steps, rate, seed, progress)
    return judged(start, end, lesson, learned)


def _taught(
    start: Table, lesson: Lesson, keep: int, terms: Terms, rounds: int, steps: int, rate: float, seed: int, progress: Progress
) -> tuple[Table, Learned]:
    """The table after all rounds, and what the last of them learned, with the steps of all."""
    dim = lesson.exact.shape[1]
    kept, encoder, spent = np.arange(dim), np.eye(dim, dtype=np.float32), 0
    for number in range(rounds):
        left = keep + (dim - keep) * (rounds - 1 - number) // rounds
        chosen, mixing = chosen_dimensions(lesson.exact @ encoder.T, lesson.weight, lesson.energy[np.ix_(kept, kept)], left)
        kept, encoder = kept[chosen], mixing @ encoder
        pupil = Selection(start, lesson, kept, encoder, seed=seed)
        learned = learn(pupil, lesson, terms, steps=steps // rounds, rate=rate, rng=np.random.default_rng([seed, 1, number]), progress=progress)
        encoder, spent = learned.parameters["encoder"], spent + learned.steps
    # The encoder alone makes another table than the one to beat, so the first of the last round's steps counts as one too.
    return pupil.table(learned.parameters), replace(learned, steps=max(1, spent))


def chosen_dimensions(y: F32, weight: F32, energy: F32, keep: int) -> tuple[np.ndarray, F32]:
    """Which `keep` of the dimensions of rows (n, k) stay, rising, and the matrix (keep, k) that puts the others into them.

    energy: (k, k) second moment of the queries in these dimensions. Greedy: each time the dimension that takes most away from the squared error of scores
    that the best linear mixing leaves.
    """
    share = weight.astype(np.float64) / weight.sum(dtype=np.float64)
    about = y - (share @ y).astype(np.float32)
    moment = (about * share[:, None].astype(np.float32)).T.astype(np.float64) @ about
    whole = energy.astype(np.float64) + np.eye(len(energy)) * RIDGE * np.trace(energy) / len(energy)
    left, chosen = whole.copy(), np.zeros(len(whole), np.bool_)
    for _ in range(keep):
        power = np.where(chosen, np.inf, left.diagonal())
        gain = np.einsum("ij,ik,kj->j", left, moment, left, optimize=True) / np.maximum(power, np.finfo(np.float64).tiny)
        best = int(np.where(chosen, -np.inf, gain).argmax())
        chosen[best] = True
        left = left - np.outer(left[:, best], left[best]) / left[best, best]
    stay = np.flatnonzero(chosen)
    return stay, np.linalg.solve(whole[np.ix_(stay, stay)], whole[stay]).astype(np.float32)

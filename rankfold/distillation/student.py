"""Student: a projection to fewer dimensions that is taught to keep top lists, where principal axes keep energy.

Rows go in through an encoder (k, d) and queries through axes (k, d), the alignment map between both spaces; both start as the principal axes and move
together. What the student gives each direction follows from the lists; the term `directions` weighs them by the energy of the queries.
Ranking distillation: Tang and Wang, 2018. The taught axes are an ordinary `reduced` state.
"""

import numpy as np

from ..arrays import F32
from ..codec import Codec
from ..codecs.int8 import Int8
from ..codecs.reduced import Reduced
from ..compression import compress
from ..progress import Progress, silent
from ..search import Rows
from ..table import Table
from ..vectors import Vectors
from .course import RATE
from .distil import SAMPLE, STEPS, check_numbers, lesson_of, taught
from .judging import Distilled
from .lesson import Lesson
from .pupils import Parameters, check_inner, recoded, rounded
from .terms import Terms

INT8: Codec = Int8()  # type: ignore[assignment]


class Projection:
    """Rows through an encoder and back through axes; `table` fits the inner codec to what the encoder makes of the rows and codes them."""

    def __init__(self, start: Table, lesson: Lesson, *, seed: int):
        self._start, self._lesson, self._seed = start, lesson, seed
        axes = start.segments[0].state["axes"].astype(np.float32)
        self.parameters: Parameters = {"axes": axes, "encoder": axes}

    def decode(self, parameters: Parameters, rows: np.ndarray) -> F32:
        return self._lesson.exact[rows] @ parameters["encoder"].T @ parameters["axes"]

    def pull(self, parameters: Parameters, rows: np.ndarray, gradient: F32) -> Parameters:
        exact = self._lesson.exact[rows]
        return {"axes": (exact @ parameters["encoder"].T).T @ gradient, "encoder": (gradient @ parameters["axes"].T).T @ exact}

    def table(self, parameters: Parameters) -> Table:
        (segment,) = self._start.segments
        own = {"dim": segment.state["dim"], **{name: rounded(array, np.dtype(np.float16)) for name, array in parameters.items()}}
        return recoded(self._start, segment.codec, own, self._lesson.exact, self._lesson.weight, self._seed)


def student(
    vectors: Vectors,
    dims: int,
    users: F32 | Vectors | None = None,
    *,
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
    """Project `vectors` (n, d) to `dims` dimensions so that the masked exact top lists of the users survive, then code them with `inner`.

    Arguments and adoption as in `distil`; the table to beat is the projection onto principal axes, fitted with exposure weights from the same lists, with
    the same inner codec. unit: normalise rows first. Raises InputError, SpecError.
    """
    check_numbers(steps, rate, sample)
    how = Reduced(dims=dims, inner=inner)
    check_inner(inner)
    how.row_bytes(vectors.dim)  # type: ignore[attr-defined]
    lesson = lesson_of(vectors, users, unit=unit, seen=seen, relevant=relevant, allow=None, sample=sample, seed=seed, progress=progress)
    start = compress(vectors, how, weight=lesson.weight, unit=unit, seed=seed)  # type: ignore[arg-type]
    return taught(Projection(start, lesson, seed=seed), start, lesson, terms or Terms(), steps=steps, rate=rate, seed=seed, progress=progress)

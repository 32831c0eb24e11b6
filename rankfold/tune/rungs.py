"""Rungs: the same question on fewer rows and users, so that codecs can be compared at a fraction of the cost."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..arrays import F32
from ..compression import SAMPLE_ROWS, SAMPLE_VALUES
from ..evaluate.exact import ExactSearcher
from ..search import Ranking, Rows
from ..vectors import Vectors
from .evidence import DEPTH, Evidence

# Shares of the rows, and the fewest rows that stand for the whole at each: a first rung that drops most must be surer than a last one.
SHARES = {1 / 16: 3_000, 1 / 4: 1_000}
LEAST_QUERIES = 400
LEAST_DEPTH = 10


@dataclass(frozen=True, eq=False)
class Rung:
    """A part of the rows to fit on, a part of them to search, and some of the choosing users.

    share: fitted rows against those that the whole table is fitted on. fitted, shown: row numbers, rising. queries: numbers of the choosing half's queries.

    A fit does better on its own rows than on others, the more so the fewer they are: by about as much as it does worse on others than a fit to endless rows
    would (the symmetry behind Akaike's and Mallows' corrections, 1973). So `shown` holds fitted rows and others, in the parts at which both effects together
    are those of the whole table.
    """

    vectors: Vectors
    evidence: Evidence
    share: float
    fitted: np.ndarray
    shown: np.ndarray
    queries: np.ndarray

    @cached_property
    def to_fit(self) -> Vectors:
        """The rows to fit on, in memory."""
        return self.vectors.subset(self.fitted)

    @cached_property
    def to_search(self) -> Vectors:
        """The rows to code and search, in memory."""
        return self.vectors.subset(self.shown)

    @property
    def depth(self) -> int:
        """How far lists are compared: as deep as users look, or as many rows as stand for the first 100 of all."""
        return LEAST_DEPTH if self.evidence.judged else max(LEAST_DEPTH, round(DEPTH * self.shown.size / self.vectors.count))

    @cached_property
    def asked(self) -> tuple[F32, Rows | None]:
        """The queries (q, d), and what each must not get, by place in `shown`."""
        task = self.evidence.choose.task
        if task.seen is None:
            return task.queries[self.queries], None
        seen = task.seen.take(self.queries)
        place = np.searchsorted(self.shown, seen.values)
        known = (place < self.shown.size) & (self.shown[np.minimum(place, self.shown.size - 1)] == seen.values)
        return task.queries[self.queries], Rows.from_pairs(seen.queries()[known], place[known], self.queries.size)

    @cached_property
    def exact(self) -> Ranking:
        """The exact lists among the rows shown."""
        queries, seen = self.asked
        return ExactSearcher(self.to_search, unit=self.evidence.unit).search(queries, min(self.depth, self.shown.size - 1), exclude=seen)


def rungs_of(vectors: Vectors, evidence: Evidence, *, seed: int = 0) -> list[Rung]:
    """The rungs below the whole table, the cheapest first; none for a table of few rows."""
    count = vectors.count
    whole = min(count, SAMPLE_ROWS, max(1_000, SAMPLE_VALUES // vectors.dim))
    rng = np.random.default_rng(seed)
    rungs = []
    for share, least in SHARES.items():
        size = round(share * whole)
        if size < least:
            continue
        mixed = rng.permutation(count)
        own = fitted_part(share, whole / count)
        inside = min(size, round(own * size))
        outside = min(size - inside, count - size)
        shown = np.concatenate([mixed[:inside], mixed[size : size + outside]])
        able = evidence.choose.task.count
        asked = np.sort(rng.permutation(able)[: max(LEAST_QUERIES, round(share * able))])
        rungs.append(Rung(vectors, evidence, share, np.sort(mixed[:size]), np.sort(shown), asked))
    return rungs


def fitted_part(share: float, whole: float) -> float:
    """Which part of the rows shown should be fitted ones, for a rung of `share` of the rows that the whole is fitted on, which are a part `whole` of all.

    A fit to n rows errs by e - c / n on its own rows and by e + c / n on others; the whole errs by e + (1 - 2 whole) c / N. Equal at this part.
    """
    return (1 - share * (1 - 2 * whole)) / 2

"""How a method meets rows of uneven lengths: as they are, or as a direction and a norm byte; and rows of one length, made that long again."""

from dataclasses import replace

import numpy as np

from rankfold.arrays import F32, row_norms, unit_rows
from rankfold.evaluate.exact import ExactSearcher
from rankfold.fitting import logbyte
from rankfold.search.ranking import Ranking
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors

from .coded import Coded, Job, Method

COSINE, RAW, NORM_BYTE = "cosine", "raw", "norm byte"
# Asked at once of a method that only searches.
PASS_QUERIES = 256


def forms_of(method: Method, cosine: bool) -> tuple[str, ...]:
    """The ways in which a peer is tried on a set."""
    if cosine:
        return (COSINE,)
    return ((RAW,) if method.raw else ()) + ((NORM_BYTE,) if method.decodes else ())


def inner_bytes(form: str, nbytes: int) -> int:
    """What the method itself may spend of nbytes a row."""
    return nbytes - 1 if form == NORM_BYTE else nbytes


def run(method: Method, job: Job, form: str, settings: dict) -> Coded:
    """The method in one of its forms. In the cosine form every decoded row is made one long: only its direction was asked for."""
    if form != NORM_BYTE:
        coded = method.code(job, settings)
        return renormalised(coded) if form == COSINE else coded
    inside = replace(job, train=unit_rows(job.train), rows=unit_rows(job.rows), nbytes=inner_bytes(form, job.nbytes), cosine=True)
    coded = method.code(inside, settings)
    decoded, norms = coded.decoded, row_norms(job.rows)
    if decoded is None:
        raise ValueError(f"{method.name}: does not decode; expected a method that does beside a norm byte.")
    grid = logbyte.fit_logbyte(norms)
    # The byte holds the ratio: the decoded row gets the length of the row whatever the code lost.
    ratio = norms / np.maximum(row_norms(decoded), 1e-20)
    scaled = decoded * logbyte.decode(grid, logbyte.encode(grid, ratio))[:, None]
    return replace(coded, decoded=scaled, row_bytes=coded.row_bytes + 1, state_bytes=coded.state_bytes + grid.nbytes)


def renormalised(coded: Coded) -> Coded:
    """Decoded rows made one long; a method that only searches stays as it is."""
    return coded if coded.decoded is None else replace(coded, decoded=unit_rows(coded.decoded))


class FoundSearcher:
    """Lists of a method that only searches, rows to leave out taken from longer lists."""

    def __init__(self, coded: Coded, count: int):
        self.coded, self.count = coded, count

    def search(self, queries: F32, k: int, *, exclude: Rows | None = None, allow: np.ndarray | None = None) -> Ranking:
        """As Searcher.search; scores are places, not products. Lists that come too short end in -1."""
        rows = np.full((len(queries), k), -1, np.int64)
        lengths = np.zeros(len(queries), np.int64) if exclude is None else exclude.lengths()
        # Queries with like numbers of rows to leave out go together: one long list does not make all of them long.
        order = np.argsort(lengths, kind="stable")
        for first in range(0, len(queries), PASS_QUERIES):
            part = order[first : first + PASS_QUERIES]
            found = self.coded.found(np.ascontiguousarray(queries[part]), min(self.count, k + int(lengths[part].max(initial=0))))
            free = found >= 0
            if exclude is not None:
                free &= ~exclude.take(part).holds(found)
            place = np.cumsum(free, axis=1) - 1
            query, at = np.nonzero(free & (place < k))
            rows[part[query], place[query, at]] = found[query, at]
        scores = np.where(rows >= 0, -np.arange(k, dtype=np.float32), np.float32(-np.inf))
        return Ranking(rows, scores.astype(np.float32))


def searcher_of(coded: Coded, count: int) -> ExactSearcher | FoundSearcher:
    """What answers the questions of a set for a coded method."""
    return FoundSearcher(coded, count) if coded.decoded is None else ExactSearcher(as_vectors(coded.decoded, zero_rows="keep"))

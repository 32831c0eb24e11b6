"""FactorSearcher: the exact top k of float32 rows in memory, for many queries at once: candidates by bytes where the processor has tiles, else BLAS.

Rows are rounded to bytes; a scan of these names more rows than are asked for, by the most that rounding lets their scores be (Cauchy-Schwarz); these are
scored in float32. A list is then known to be exact, or more rows are scored for that query. Few rows enter a running top that begins at a good score, which the
best of every sixteenth row say. Rows lie by falling length, so that the best come early; cf. Teflioudi, Gemulla, Mykytiuk, "LEMP" (2015).
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .. import kernels
from ..arrays import F32, blocks, row_norms
from ..errors import InputError
from ..fitting.tables import FLOAT_SLOP
from ..runtime import workers as worker_count
from ..table import matching_matrix
from ..vectors import Vectors
from .exact import best_of
from .masks import Masks, filters_of
from .ranking import Ranking
from .rows import Rows

TILES = "amx"
PASS_QUERIES = 256
BLOCK_ROWS = 4_096
MOST_BYTE, MOST_OF_QUERY = 127, 8_000
SAMPLED = 16  # one row of so many is looked at for a score to begin with
SPARE = 32
# Candidates are worth it where rows are so many times as many; where they do not suffice, WIDER times as many, unless that is too large a share of the rows.
LEAST_ROWS_EACH = 64
WIDER, LEAST_LEFT_OUT = 3, 8
PASS_SCORES = 1 << 20


class FactorSearcher:
    """Top-k search of vectors as they are, exact up to the rounding of float32 products; `Searcher` is for compressed tables.

    workers: threads over queries, by default all cores. Memory: the rows as float32, a copy of them as bytes, and 4 MB a worker. Raises InputError.
    """

    alive = None  # no row of it is ever removed

    def __init__(self, vectors: Vectors, *, workers: int | None = None):
        self.vectors = vectors
        self.workers = worker_count(workers)
        rows = vectors.read()
        lengths = row_norms(rows)
        self._longest = float(lengths.max(initial=0.0))
        self._order = np.argsort(-lengths, kind="stable")
        self._rows = np.ascontiguousarray(rows[self._order])
        self._coded = _Coded(self._rows) if kernels.level() == TILES else None

    @property
    def count(self) -> int:
        """How many rows."""
        return self.vectors.count

    def ids(self, ranking: Ranking) -> np.ndarray:
        """Ids of the ranked rows, (q, k); where nothing was found the id is -1, or empty bytes for text ids."""
        nothing = np.array(-1 if self.vectors.ids.dtype.kind == "i" else b"", self.vectors.ids.dtype)
        return np.where(ranking.rows >= 0, self.vectors.ids[np.maximum(ranking.rows, 0)], nothing)

    def search(self, queries: F32 | Vectors, k: int, *, exclude: Rows | None = None, allow: np.ndarray | Rows | None = None) -> Ranking:
        """As `Searcher.search`: arguments, order and errors are the same; scores are those of the rows themselves."""
        matrix = matching_matrix(queries, "queries", dim=self.vectors.dim, space=self.vectors.space)
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            raise InputError(f"k: got {k!r}; expected a whole number of at least 1.")
        filters = filters_of(self, matrix.shape[0], exclude, allow)
        found = Ranking(np.full((matrix.shape[0], k), -1, np.int64), np.full((matrix.shape[0], k), -np.inf, np.float32))
        most = min(k, self.count)

        def work(span: tuple[int, int]) -> None:
            start, stop = span
            part, masks = np.ascontiguousarray(matrix[start:stop]), filters.masks(start, stop)
            rows, scores = self._top(part, most, masks, None if exclude is None else exclude.slice(start, stop))
            found.rows[start:stop, :most], found.scores[start:stop, :most] = rows, scores

        spans = list(blocks(matrix.shape[0], PASS_QUERIES))
        if self.workers == 1 or len(spans) == 1:
            for span in spans:
                work(span)
        else:
            with ThreadPoolExecutor(self.workers) as pool:
                list(pool.map(work, spans))
        return found

    def _top(self, queries: F32, k: int, masks: Masks, exclude: Rows | None, more: int = 0) -> tuple[np.ndarray, F32]:
        """(q, k) rows and scores of one pass; more: how often too few candidates were looked at before."""
        barred = 0 if exclude is None else int(exclude.lengths().max(initial=0))
        keep = (k + max(SPARE, k // 3)) * WIDER**more + barred
        if self._coded is None or masks.hidden is not None or masks.lists is not None or keep * (LEAST_LEFT_OUT if more else LEAST_ROWS_EACH) > self.count:
            return self._all_scored(queries, k, masks)
        rows, scores, proven = self._by_candidates(queries, k, keep, exclude)
        again = np.flatnonzero(~proven)
        if again.size:
            lists = None if exclude is None else exclude.take(again)
            rows[again], scores[again] = self._top(np.ascontiguousarray(queries[again]), k, masks.only(again), lists, more + 1)
        return rows, scores

    def _by_candidates(self, queries: F32, k: int, keep: int, exclude: Rows | None) -> tuple[np.ndarray, F32, np.ndarray]:
        """(q, k) rows and scores of the best of `keep` candidates, and whether no other row can be among them, (q,) bool."""
        places, floor = self._coded.candidates(queries, keep)  # type: ignore[union-attr]
        scores = np.empty(places.shape, np.float32)
        for number, mine in enumerate(places):
            # The rows of one query stay in the second cache; those of all queries would not.
            scores[number] = self._rows[mine] @ queries[number]
        scores[places < 0] = -np.inf
        rows = np.where(places < 0, -1, self._order[places])
        if exclude is not None and exclude.values.size:
            scores[exclude.holds(rows)] = -np.inf
        best_rows, best = _ordered(rows, scores, k)
        return best_rows, best, best[:, -1] > floor + FLOAT_SLOP * self._longest * row_norms(queries)

    def _all_scored(self, queries: F32, k: int, masks: Masks) -> tuple[np.ndarray, F32]:
        """(q, k) rows and scores with every row scored in float32."""
        # One more than asked for shows where scores are equal at the cut.
        scores, places = np.full((len(queries), k + 1), -np.inf, np.float32), np.full((len(queries), k + 1), -1, np.int64)
        size = max(1, min(BLOCK_ROWS, PASS_SCORES // len(queries)))
        buffer = np.empty(len(queries) * size, np.float32)
        for start, stop in blocks(self.count, size):
            out = buffer[: len(queries) * (stop - start)].reshape(len(queries), stop - start)
            np.matmul(queries, self._rows[start:stop].T, out=out)
            masks.hide(self._order[start:stop], out)
            kernels.select(out, start, scores, places)
        best_rows, best = _ordered(np.where(places < 0, -1, self._order[places]), scores, k)
        for number in np.flatnonzero((scores[:, k] == scores[:, k - 1]) & (scores[:, k] > -np.inf)).tolist():
            mine = np.array([number])
            every = np.empty((1, self.count), np.float32)
            every[0, self._order] = self._rows @ queries[number]
            masks.only(mine).hide(0, every)
            best[mine], best_rows[mine] = -np.inf, -1
            kernels.select(every, 0, best[number : number + 1], best_rows[number : number + 1])
        return best_rows, best


class _Coded:
    """Rows (n, d) rounded to bytes, for the scan that names candidates by the most that their scores can be."""

    def __init__(self, rows: F32):
        whole, self.scale, left = _rounded(rows, MOST_BYTE)
        self.values = whole.astype(np.int8)
        self.longest = float(row_norms(self.values.astype(np.float32)).max(initial=0.0))
        # What rounding took away from a row, in steps of that row: the most of all rows.
        self.most_left = float((left / np.where(self.scale > 0, self.scale, np.float32(1))).max(initial=0.0))
        self.sample = np.ascontiguousarray(self.values[::SAMPLED]), np.ascontiguousarray(self.scale[::SAMPLED])

    def candidates(self, queries: F32, keep: int) -> tuple[np.ndarray, F32]:
        """Places (q, keep) of rows that may be best, -1 where there are fewer, and what the score of no other row is above, (q,)."""
        values, step, error = _rounded(queries, min(MOST_OF_QUERY, (2**31 - 1) // (128 * queries.shape[1])))
        # q.x is at most step scale (q'.x') + |q - step q'| |x'| scale + |q| |x - scale x'|, for the whole numbers q' and x': all in steps of the row.
        above = (error * self.longest + row_norms(queries) * self.most_left) * np.float32(1 + 1e-6)
        few = int(keep / SAMPLED + (keep / SAMPLED) ** 0.5) + 1
        scores, places = np.full((len(queries), few), -np.inf, np.float32), np.full((len(queries), few), -1, np.int64)
        kernels.dot8_top(values, self.sample[0], step, above, self.sample[1], self.longest, 0, scores, places)
        # A top that is full of a good score, of no row, is entered only by better ones.
        top, places = np.repeat(scores[:, -1:], keep, axis=1), np.full((len(queries), keep), -1, np.int64)
        kernels.dot8_top(values, self.values, step, above, self.scale, self.longest, 0, top, places)
        return places, top[:, -1]


def _rounded(x: F32, most: int) -> tuple[np.ndarray, F32, F32]:
    """Rows as whole numbers from -most to most, int16 (n, d), the step of each (n,), and the length of what rounding took away (n,)."""
    step = (np.abs(x).max(axis=1) / np.float32(most)).astype(np.float32)
    whole = np.clip(np.rint(x / np.where(step > 0, step, np.float32(1))[:, None]), -most, most)
    return whole.astype(np.int16), step, row_norms(x - whole * step[:, None])


def _ordered(rows: np.ndarray, scores: F32, k: int) -> tuple[np.ndarray, F32]:
    """The k best columns of every line by (score, then row number), as `best_of`; lines without equal scores take a faster way."""
    order = np.argsort(-scores, axis=1)[:, :k]
    best = np.take_along_axis(scores, order, axis=1)
    found = np.where(best > -np.inf, np.take_along_axis(rows, order, axis=1), -1)
    # Rows that tie beyond the last place matter too: a sorted line with equal neighbours, or a last score that comes again, is done again.
    tied = (best[:, 1:] == best[:, :-1]).any(axis=1) | ((scores == best[:, -1:]).sum(axis=1) > 1)
    again = np.flatnonzero(tied)
    if again.size:
        found[again], best[again] = best_of(rows[again], scores[again], k)
    return found, best

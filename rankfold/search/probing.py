"""PartitionSearcher: look at the lists of a partition that promise most, and rank what stands in them.

Which lists are looked at is a guess (see `routing`), and rows elsewhere are missed; within the lists the ranking is exact over the codes, as `Searcher` has it,
or approximate by two levels with `refine`. With all lists probed it is `Searcher`'s.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..arrays import F32
from ..arrays import blocks as ranges
from ..codes import Arrays
from ..errors import InputError
from ..runtime import workers as worker_count
from ..table import Table, matching_matrix
from ..vectors import Vectors
from .exact import best_of, prepare_queries, rescored
from .glance import coarse_prepared, coarse_table
from .masks import Masks, filters_of
from .packedlists import BLOCK, PackedLists
from .ranking import Ranking, ranked_ids
from .routing import Router
from .rows import Rows
from .searcher import working

PASS_QUERIES = 64
NO_COUNTS = np.zeros(1, np.int64)
NO_ROWS = np.empty(0, np.int64)
# Blocks of 64 rows that are scanned at once.
PASS_BLOCKS = 1 << 13


class PartitionSearcher:
    """Top-k search of a table with a partition by inner product, in a few of its lists.

    probes: how many lists a query looks at; see `choose_probes`. refine: scan by the coarse level of codes that have two, then score so many of the best rows
    (at least k) by the whole row, as `Searcher` does. workers: threads over queries, by default all cores.
    Memory: a packed copy of the lists that were looked at so far, a copy of the centroids, and a few MB of scores a worker. Lists are packed when they are
    looked at first, so that the first query of a mapped table reads its own lists only.
    Raises InputError for a table without a partition, and settings that are no numbers of at least 1.
    """

    def __init__(self, table: Table, *, probes: int, refine: int | None = None, workers: int | None = None):
        if table.partition is None:
            raise InputError("table: has no partition; expected one with lists. Make them with `partitioned(table)`, or search with Searcher.")
        for name, value in (("probes", probes), ("refine", refine)):
            if (value is not None or name == "probes") and not _is_count(value):
                raise InputError(f"{name}: got {value!r}; expected a whole number of at least 1.")
        self.table = working(table)
        self.partition = table.partition
        self.probes, self.refine = int(probes), refine
        self.workers = worker_count(workers)
        self._router = Router(self.partition)
        self._mean_length = float(self.partition.lengths().mean())
        self._scanned = self.table if refine is None else coarse_table(self.table)
        self._parts = [PackedLists(segment, self.partition) for segment in self._scanned.segments]

    @property
    def count(self) -> int:
        """How many rows, removed ones included."""
        return self.table.count

    def ids(self, ranking: Ranking) -> np.ndarray:
        """Ids of the ranked rows, (q, k); where nothing was found the id is -1, or empty bytes for text ids."""
        return ranked_ids(self.table, ranking)

    def route(self, queries: F32 | Vectors, *, probes: int | None = None) -> Rows:
        """The lists that each query (q, dim) looks at, rising; as many as in `search`. Raises InputError."""
        return self._router.route(matching_matrix(queries, "queries", dim=self.table.dim, space=self.table.space), self._probes(probes))

    def search(
        self, queries: F32 | Vectors, k: int, *, exclude: Rows | None = None, allow: np.ndarray | Rows | None = None, probes: int | None = None
    ) -> Ranking:
        """The k best rows found of every query, best first; arguments, order and errors as `Searcher.search`.

        probes: as many lists for this search. Where a filter for all queries hides rows, so many more lists are looked at that as many rows are open in them.
        """
        matrix = matching_matrix(queries, "queries", dim=self.table.dim, space=self.table.space)
        if not _is_count(k):
            raise InputError(f"k: got {k!r}; expected a whole number of at least 1.")
        filters = filters_of(self.table, matrix.shape[0], exclude, allow)
        wanted = self._probes(probes)
        found = Ranking(np.full((matrix.shape[0], k), -1, np.int64), np.full((matrix.shape[0], k), -np.inf, np.float32))
        nothing_hidden = exclude is None and filters.hidden is None
        open_counts = None if allow is None or filters.hidden is None else sum((part.open_counts(filters.hidden) for part in self._parts), start=NO_COUNTS)
        for start, stop in ranges(matrix.shape[0], PASS_QUERIES):
            part = np.ascontiguousarray(matrix[start:stop])
            lists = self._router.route(part, wanted) if open_counts is None else self._open_lists(part, wanted, open_counts)
            shares = [(first, min(first + -(-len(part) // self.workers), len(part))) for first in range(0, len(part), -(-len(part) // self.workers))]
            work = [(part[low:high], k, lists.slice(low, high), None if nothing_hidden else filters.masks(start + low, start + high)) for low, high in shares]
            if len(work) == 1:
                tops = [self._top(*work[0])]
            else:
                with ThreadPoolExecutor(len(work)) as pool:
                    tops = list(pool.map(lambda one: self._top(*one), work))
            for (low, high), (rows, scores) in zip(shares, tops, strict=True):
                found.rows[start + low : start + high, : rows.shape[1]], found.scores[start + low : start + high, : rows.shape[1]] = rows, scores
        return found

    def places(self, queries: F32, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """After how many lists, in the order in which each query (q, dim) probes them, each of its rows (q, k) is reached: int64 (q, k), for -1 all lists.

        And the share of the table's rows that the first 1, 2, ... lists hold in the mean, float64 (lists,).
        """
        place, share = np.full(rows.shape, self.partition.lists, np.int64), np.zeros(self.partition.lists)
        for number, query in enumerate(queries):
            order = self._router.order(query)
            rank = np.empty_like(order)
            rank[order] = np.arange(order.size)
            share += np.cumsum(self.partition.lengths()[order])
            mine = rows[number] >= 0
            place[number, mine] = rank[self.partition.lists_of(rows[number, mine])].min(axis=1)
        return place, share / (len(queries) * self.table.count)

    def _probes(self, probes: int | None) -> int:
        if probes is None:
            return min(self.probes, self.partition.lists)
        if not _is_count(probes):
            raise InputError(f"probes: got {probes!r}; expected a whole number of at least 1.")
        return min(int(probes), self.partition.lists)

    def _open_lists(self, queries: F32, probes: int, counts: np.ndarray) -> Rows:
        """Lists with so many open rows together as `probes` lists have rows in the mean; at least `probes`, and none without an open row."""
        order = np.argsort(-self._router.scores(queries), axis=1, kind="stable")
        before = np.cumsum(counts[order], axis=1) - counts[order]
        kept = ((before < probes * self._mean_length) | (np.arange(order.shape[1]) < probes)) & (counts[order] > 0)
        query, place = np.nonzero(kept)
        return Rows.from_pairs(query, order[query, place], len(queries))

    def _top(self, queries: F32, k: int, lists: Rows, masks: Masks | None) -> tuple[np.ndarray, F32]:
        """Rows (q, at most k) and their scores for a few queries, from the lists of each."""
        prepared = prepare_queries(self.table, queries)
        scanned = prepared if self.refine is None else coarse_prepared(self.table, self._scanned, prepared, queries)
        keep = (k if self.refine is None else max(k, self.refine)) * self.partition.copies
        found = []
        for number in range(len(queries)):
            hiding = None if masks is None else masks.only(np.array([number]))
            found.append(self._candidates(_one(scanned, number), lists.of(number), keep, hiding))
        rows = np.full((len(queries), max(one.size for one in found)), -1, np.int64)
        for number, one in enumerate(found):
            rows[number, : one.size] = one
        return best_of(*rescored(self.table, prepared, rows), k) if rows.shape[1] else (rows, np.empty(rows.shape, np.float32))

    def _candidates(self, prepared: Sequence[Arrays], lists: np.ndarray, keep: int, masks: Masks | None) -> np.ndarray:
        """Rows in the lists, rising, that hold the `keep` best: by the exact scores, or by the coarse level with `refine`; for one query."""
        rows, scores, most = [NO_ROWS], [np.empty(0, np.float32)], 0.0
        for part, one in zip(self._parts, prepared, strict=True):
            blocks = part.blocks_of(lists)
            for start, stop in ranges(blocks.size, PASS_BLOCKS):
                some = blocks[start:stop]
                out = np.empty((1, BLOCK * some.size), np.float32)
                error = part.scan(one, lists, some, out)
                bound = float(np.max(error)) if self.refine is None else 0.0
                if masks is not None:
                    masks.hide(part.rows(some, np.arange(out.shape[1])), out)
                slots = _best(out[0], keep, bound)
                rows.append(part.rows(some, slots))
                scores.append(out[0, slots])
                most = max(most, bound)
        if len(rows) == 2 and self.partition.copies == 1:
            return np.sort(rows[1])
        return np.unique(np.concatenate(rows)[_best(np.concatenate(scores), keep, most)])


def _best(scores: F32, keep: int, bound: float) -> np.ndarray:
    """The places of scores (n,) among which the `keep` best are, when each may be off by `bound`."""
    if scores.size <= keep:
        return np.flatnonzero(scores > -np.inf)
    # So many score exactly at least their worst rough score less the bound; what is rougher by two bounds is below all of them.
    floor = np.partition(scores, scores.size - keep)[scores.size - keep]
    return np.flatnonzero((scores >= floor - np.float32(2 * bound)) & (scores > -np.inf))


def _one(prepared: Sequence[Arrays], number: int) -> list[Arrays]:
    """One of the prepared queries."""
    return [{name: array[number : number + 1] for name, array in tables.items()} for tables in prepared]


def _is_count(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | np.integer) and bool(value >= 1)

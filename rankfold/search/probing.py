"""PartitionSearcher: look at the lists of a partition that promise most, and rank what stands in them.

Which lists are looked at is a guess (see `routing`), and rows elsewhere are missed; within the lists the ranking is exact over the codes, as `Searcher` has it,
or approximate by two levels with `refine`. With all lists probed it is `Searcher`'s.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..arrays import F32
from ..arrays import blocks as ranges
from ..codes import Arrays
from ..errors import InputError
from ..runtime import workers as worker_count
from ..table import Table, matching_matrix
from ..vectors import Vectors
from .exact import best_of, exact_scores, prepare_queries, rescored
from .glance import coarse_prepared, coarse_table
from .masks import Masks, filters_of
from .packedlists import BLOCK, PackedLists
from .ranking import Ranking, ranked_ids
from .routing import Router
from .rows import Rows
from .searcher import SPARE, working

PASS_QUERIES = 64
NO_COUNTS = np.zeros(1, np.int64)
# Blocks of 64 rows that are scanned at once; the scores of so many are kept at most, for each worker.
PASS_BLOCKS = 1 << 13


class PartitionSearcher:
    """Top-k search of a table with a partition by inner product, in a few of its lists.

    probes: how many lists a query looks at; see `choose_probes`. refine: scan by the coarse level of codes that have two, then score so many of the best rows
    (at least k) by the whole row, as `Searcher` does. workers: threads over queries, by default all cores.
    Memory: a packed copy of the lists that were looked at so far, a copy of the centroids, and about 4 MB of scores a worker. Lists are packed when they are
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
        keep = k + max(SPARE, k) if self.refine is None else max(k, self.refine)
        hiding = [None if masks is None else masks.only(np.array([number])) for number in range(len(queries))]
        asked = [_Asked(self._parts, _one(scanned, number), lists.of(number), hiding[number]) for number in range(len(queries))]
        best = [one.best(keep * self.partition.copies) for one in asked]
        rows = np.full((len(queries), max(part.size for part, _, _ in best)), -1, np.int64)
        for number, (part, _, _) in enumerate(best):
            rows[number, : part.size] = part
        rows, scores = best_of(*rescored(self.table, prepared, rows), k) if rows.shape[1] else (rows, np.empty(rows.shape, np.float32))
        if self.refine is None:
            for number, (_, others, bound) in enumerate(best):
                # Rows that are no candidates score at most what they scored roughly plus the bound.
                if others > -np.inf and others + bound >= scores[number, -1]:
                    mine = asked[number].above(scores[number, -1] - bound)
                    exact = exact_scores(self.table, _one(prepared, number), np.zeros(mine.size, np.int64), mine)
                    top, values = best_of(mine[None], exact[None], k)
                    rows[number], scores[number] = top[0], values[0]
        return rows, scores


class _Asked:
    """One query in its lists: rough scores of all rows that it may have there. They are kept where one pass holds all of them, else scanned again."""

    def __init__(self, parts: Sequence[PackedLists], prepared: Sequence[Arrays], lists: np.ndarray, masks: Masks | None):
        self._parts, self._prepared, self._lists, self._masks = parts, prepared, lists, masks
        self._kept: list[tuple[PackedLists, np.ndarray, F32, float]] | None = None
        if sum(int((part.first_block[lists + 1] - part.first_block[lists]).sum()) for part in parts) <= PASS_BLOCKS:
            self._kept = list(self._scanned())

    def _scans(self) -> Iterable[tuple[PackedLists, np.ndarray, F32, float]]:
        return self._scanned() if self._kept is None else self._kept

    def _scanned(self) -> Iterator[tuple[PackedLists, np.ndarray, F32, float]]:
        """(part, its blocks, scores of their slots, how far these are off at most) of all lists, pass by pass."""
        for part, prepared in zip(self._parts, self._prepared, strict=True):
            blocks = part.blocks_of(self._lists)
            for start, stop in ranges(blocks.size, PASS_BLOCKS):
                some = blocks[start:stop]
                out = np.empty((1, BLOCK * some.size), np.float32)
                bound = float(np.max(part.scan(prepared, self._lists, some, out)))
                if self._masks is not None:
                    self._masks.hide(part.rows(some, np.arange(out.shape[1])), out)
                yield part, some, out[0], bound

    def best(self, keep: int) -> tuple[np.ndarray, float, float]:
        """At most `keep` rows, those of the best rough scores, in no order; the most that others may score roughly; how far rough scores are off at most."""
        rows, scores, most, others = [np.empty(0, np.int64)], [np.empty(0, np.float32)], 0.0, -np.inf
        for part, blocks, out, bound in self._scans():
            slots = np.argpartition(out, out.size - keep)[out.size - keep :] if out.size > keep else np.arange(out.size)
            if out.size > keep:
                others = max(others, float(out[slots].min()))
            slots = slots[out[slots] > -np.inf]
            rows.append(part.rows(blocks, slots))
            scores.append(out[slots])
            most = max(most, bound)
        row, score = np.concatenate(rows), np.concatenate(scores)
        if row.size > keep:
            kept = np.argpartition(score, row.size - keep)[row.size - keep :]
            row, score = row[kept], score[kept]
            others = max(others, float(score.min()))
        return np.unique(row), others, most

    def above(self, floor: float) -> np.ndarray:
        """The rows that score at least `floor` roughly, rising."""
        return np.unique(np.concatenate([part.rows(blocks, np.flatnonzero(out >= floor)) for part, blocks, out, _ in self._scans()]))


def _one(prepared: Sequence[Arrays], number: int) -> list[Arrays]:
    """One of the prepared queries."""
    return [{name: array[number : number + 1] for name, array in tables.items()} for tables in prepared]


def _is_count(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | np.integer) and bool(value >= 1)

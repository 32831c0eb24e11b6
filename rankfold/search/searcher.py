"""Searcher: scan in blocks, keep the best, rescore them exactly, and prove that no other row could have won.

A scan may round (eight-bit tables) and says by how much at most. The best candidates are rescored exactly (query dot decoded row); when the bound leaves
room for a row outside them, one more pass collects every row that could still win. The result is the exact top k over the decoded rows, unless the two-level
mode is asked for: it scans only the coarse level of codes that have one and scores the best of that scan by the whole row, which is approximate.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import BoundedSemaphore

import numpy as np

from ..arrays import F32, blocks
from ..codes import Arrays
from ..errors import InputError
from ..runtime import workers as worker_count
from ..table import Table, matching_matrix
from ..vectors import Vectors
from .blocks import BLOCK_ROWS, ScanBlock, open_blocks, scan_blocks
from .exact import best_of, exact_scores, prepare_queries, rescored
from .glance import coarse_prepared, coarse_table
from .layout import Packed
from .listed import ALONE_COST, ALONE_ROWS, MOST_PAIRS, PAIR_COST, list_passes, listed_scores, listed_top, without
from .maps import Maps
from .masks import Masks, check_lists, filters_of
from .ranking import Ranking, ranked_ids
from .rows import Rows

# Coarse levels are scanned so fast that the calls for a block count: blocks grow to this while each worker still gets several.
COARSE_BLOCK_ROWS = 65_536
WORKER_BLOCKS = 4
# Scores of one pass: queries a pass times rows a block stays below this many floats.
PASS_SCORES = 1 << 20
SPARE = 32
# Searches at once, from however many threads: others wait, so that memory stays bounded.
MOST_AT_ONCE = 16


class Searcher:
    """Top-k search of one table by inner product.

    table: what to search. rerank: a better table of the same rows (same ids in the same order) that re-orders the best `oversample * k`.
    refine: scan by the coarse level of the table's codes alone (see `layered`), then score so many of the best rows (at least k) by the whole row. A row that
    the coarse level ranks below them is missed: approximate, and faster. None: every row is scored by the whole of its code, exactly.
    block: rows a scan block, by default 16,384, with `refine` up to 65,536 where rows are many. workers: threads over blocks, by default all cores.
    packed: the scan layout of the table (with `refine`, of its coarse level), mapped: see `rankfold.packing`, which opens searchers with it.
    Memory: one packed copy of the codes (made at the first search), unless `packed` is given, and about 4 MB of scores a worker. Safe to call from any number
    of threads: sixteen searches run at once, others wait for their turn.
    Files that the table is mapped from are looked at before each search: one that was cut short is an ArtifactError, not the end of the process.
    """

    def __init__(
        self,
        table: Table,
        *,
        rerank: Table | None = None,
        oversample: int = 4,
        refine: int | None = None,
        block: int | None = None,
        workers: int | None = None,
        packed: Packed | None = None,
    ):
        if rerank is not None:
            _check_same_rows(table, rerank)
        if oversample < 1 or (block is not None and block < 1):
            raise InputError(f"oversample, block: got {oversample} and {block}; expected at least 1 each.")
        if refine is not None and (isinstance(refine, bool) or not isinstance(refine, int | np.integer) or refine < 1):
            raise InputError(f"refine: got {refine!r}; expected a whole number of rows of at least 1.")
        self.table = working(table)
        self.rerank = None if rerank is None else working(rerank)
        self.oversample = oversample
        self.workers = worker_count(workers)
        self.refine = refine
        self._scanned = self.table if refine is None else coarse_table(self.table)
        if block is None:
            spread = BLOCK_ROWS if refine is None else -(-table.count // (WORKER_BLOCKS * self.workers))
            block = min(COARSE_BLOCK_ROWS, max(BLOCK_ROWS, spread))
        self._blocks = scan_blocks(table if refine is None else self._scanned, block, packed)
        self._pass_queries = max(1, PASS_SCORES // block)
        self._turns = BoundedSemaphore(MOST_AT_ONCE)
        self._maps = Maps(_arrays(self.table, self.rerank, self._scanned, packed))

    @property
    def count(self) -> int:
        """How many rows, removed ones included."""
        return self.table.count

    def search(self, queries: F32 | Vectors, k: int, *, exclude: Rows | None = None, allow: np.ndarray | Rows | None = None) -> Ranking:
        """The k best rows of every query, best first; equal scores go by row number.

        queries: (q, dim) floats, or Vectors whose space must be the table's. exclude: rows that a query must not get, per query.
        allow: rows that may be returned at all, (n,) bool for all queries, or lists per query. Exact under both: blocks of rows that nobody may have are
        not scanned, of blocks where few rows are open only these, and a query whose own list is short scores no other row.
        Returns rows (q, k) int64 and scores (q, k) float32; -1 and -inf where nothing is left. Raises InputError.
        """
        matrix = matching_matrix(queries, "queries", dim=self.table.dim, space=self.table.space)
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            raise InputError(f"k: got {k!r}; expected a whole number of at least 1.")
        self._maps.check()
        with self._turns:
            return self._search(matrix, k, exclude=exclude, allow=allow)

    def _search(self, matrix: F32, k: int, *, exclude: Rows | None, allow: np.ndarray | Rows | None) -> Ranking:
        """`search` of a checked matrix, by whoever has a turn."""
        filters = filters_of(self.table, matrix.shape[0], exclude, allow)
        found = Ranking(np.full((matrix.shape[0], k), -1, np.int64), np.full((matrix.shape[0], k), -np.inf, np.float32))
        if self.count == 0:
            return found
        if filters.allow is not None and self._by_lists(matrix, k, exclude, filters.allow, found):
            return found
        wide = k if self.rerank is None else min(self.table.count, k * self.oversample)
        opened = open_blocks(self._blocks, filters.hidden, matrix.shape[0])
        for start, stop in blocks(matrix.shape[0], self._pass_queries):
            part = np.ascontiguousarray(matrix[start:stop])
            masks = filters.masks(start, stop)
            rows, scores = self._exact_top(part, wide, masks, opened) if self.refine is None else self._refined_top(part, wide, self.refine, masks, opened)
            if self.rerank is not None:
                rows, scores = best_of(*rescored(self.rerank, prepare_queries(self.rerank, part), rows), k)
            found.rows[start:stop, : rows.shape[1]] = rows
            found.scores[start:stop, : rows.shape[1]] = scores
        return found

    def score(self, queries: F32 | Vectors, candidates: Rows) -> F32:
        """Exact scores of given candidates, such as those of another system: the ranking stage. By the `rerank` table where there is one.

        queries: as in `search`; candidates: a list of rows for each. Returns float32 scores in the order of candidates.values, -inf for removed rows.
        Raises InputError.
        """
        matrix = matching_matrix(queries, "queries", dim=self.table.dim, space=self.table.space)
        self._maps.check()
        check_lists(candidates, matrix.shape[0], self.table, "candidates")
        with self._turns:
            scores = listed_scores(self.table if self.rerank is None else self.rerank, matrix, candidates)
        if self.table.alive is not None:
            scores[~self.table.alive[candidates.values]] = -np.inf
        return scores

    def similar(self, rows: np.ndarray, k: int, *, exclude: Rows | None = None, allow: np.ndarray | Rows | None = None) -> Ranking:
        """The k rows nearest to each of the rows (m,) of the table by inner product: its own decoded row is the query, and it is not in its own list.

        `table.row_of(ids)` gives the rows of ids. exclude, allow, what returns: as in `search`. Raises InputError, also for rows that are gone.
        """
        rows = np.asarray(rows)
        self._maps.check()
        queries = self.table.decode(rows) if rows.size else None
        gone = np.empty(0, np.int64) if self.table.alive is None or queries is None else np.flatnonzero(~self.table.alive[rows])
        if queries is None or gone.size:
            raise InputError(f"rows: got {'none' if queries is None else f'row {int(rows[gone[0]])}, which was removed'}; expected rows of the table.")
        themselves = Rows(np.arange(rows.size + 1), rows)
        if exclude is not None:
            check_lists(exclude, rows.size, self.table, "exclude")
            themselves = themselves.union(exclude)
        return self.search(queries, k, exclude=themselves, allow=allow)

    def ids(self, ranking: Ranking) -> np.ndarray:
        """Ids of the ranked rows, (q, k); where nothing was found the id is -1, or empty bytes for text ids."""
        return ranked_ids(self.table, ranking)

    def _by_lists(self, queries: F32, k: int, exclude: Rows | None, allow: Rows, found: Ranking) -> bool:
        """Fill `found` where lists of their own let queries be searched apart: short ones scored row by row, narrow ones each alone, the others together.

        False where all lists are so long that scanning for all queries together costs least.
        """
        lengths = allow.lengths()
        short = (lengths <= MOST_PAIRS) & (lengths * PAIR_COST < self.count)
        narrow = ~short & (lengths * ALONE_COST + ALONE_ROWS < self.count) & (lengths.size > 1)
        if not short.any() and not narrow.any():
            return False
        for chosen, top in ((short, self._listed), (~short & ~narrow, self._search)):
            if chosen.any():
                lists = None if exclude is None else exclude.take(chosen)
                found.rows[chosen], found.scores[chosen] = top(queries[chosen], k, exclude=lists, allow=allow.take(chosen))
        for one in np.flatnonzero(narrow).tolist():
            mine = slice(one, one + 1)
            lists = None if exclude is None else exclude.slice(one, one + 1)
            found.rows[mine], found.scores[mine] = self._search(queries[mine], k, exclude=lists, allow=allow.slice(one, one + 1))
        return True

    def _listed(self, queries: F32, k: int, *, exclude: Rows | None, allow: Rows) -> Ranking:
        """The k best of each query's own short list `allow`, every row of it scored by the whole row."""
        lists = without(allow, exclude)
        wide = k if self.rerank is None else k * self.oversample
        found = Ranking(np.full((lists.count, k), -1, np.int64), np.full((lists.count, k), -np.inf, np.float32))
        for start, stop in list_passes(lists):
            part, mine = queries[start:stop], lists.slice(start, stop)
            rows, scores = listed_top(self.table, part, mine, min(wide, max(1, int(mine.lengths().max()))))
            if self.rerank is not None:
                rows, scores = best_of(*rescored(self.rerank, prepare_queries(self.rerank, part), rows), k)
            found.rows[start:stop, : rows.shape[1]], found.scores[start:stop, : rows.shape[1]] = rows[:, :k], scores[:, :k]
        return found

    def _exact_top(self, queries: F32, k: int, masks: Masks, opened: list[ScanBlock]) -> tuple[np.ndarray, F32]:
        """(q, at most k) rows and exact scores for one pass of queries."""
        prepared = prepare_queries(self.table, queries)
        keep = min(self.table.count, k + max(SPARE, k))
        rows, rough, bound = self._rough_top(queries.shape[0], keep, prepared, masks, opened)
        exact_rows, exact = best_of(*rescored(self.table, prepared, rows), k)
        full = rows[:, -1] >= 0
        # Rows outside the candidates score at most the worst candidate's rough score plus the bound.
        open_to_others = full & (keep < self.table.count) & (rough[:, -1] + bound >= exact[:, -1])
        doubtful = np.flatnonzero(open_to_others)
        if doubtful.size:
            self._settle(doubtful, prepared, masks, opened, bound, exact_rows, exact)
        return exact_rows, exact

    def _refined_top(self, queries: F32, k: int, refine: int, masks: Masks, opened: list[ScanBlock]) -> tuple[np.ndarray, F32]:
        """(q, at most k) rows and their scores by the whole row: the best of those `refine` that the coarse level ranks first."""
        prepared = prepare_queries(self.table, queries)
        coarse = coarse_prepared(self.table, self._scanned, prepared, queries)
        rows, _, _ = self._rough_top(queries.shape[0], min(self.table.count, max(k, refine)), coarse, masks, opened)
        return best_of(*rescored(self.table, prepared, rows), k)

    def _rough_top(self, count: int, keep: int, prepared: list[Arrays], masks: Masks, opened: list[ScanBlock]) -> tuple[np.ndarray, F32, np.ndarray]:
        """Rows (q, keep) and scan scores of the best candidates, and each query's largest scan error."""

        def work(mine: list[ScanBlock]) -> tuple[np.ndarray, F32, np.ndarray]:
            rows = np.full((count, keep), -1, np.int64)
            scores = np.full((count, keep), -np.inf, np.float32)
            bound = np.zeros(count, np.float32)
            buffer = np.empty(count * max((block.count for block in mine), default=0), np.float32)
            for block in mine:
                error = block.rank(prepared[block.segment_number], scores, rows) if masks.spare(block) else None
                if error is None:
                    out = buffer[: count * block.count].reshape(count, block.count)
                    error = block.scan(prepared[block.segment_number], out)
                    masks.apply(block, out)
                    block.select(out, scores, rows)
                np.maximum(bound, error, out=bound)
            return rows, scores, bound

        shares = [share for share in (opened[n :: self.workers] for n in range(self.workers)) if share]
        if len(shares) <= 1:
            return work(opened)
        with ThreadPoolExecutor(len(shares)) as pool:
            parts = list(pool.map(work, shares))
        rows, scores = best_of(np.concatenate([part[0] for part in parts], axis=1), np.concatenate([part[1] for part in parts], axis=1), keep)
        return rows, scores, np.max([part[2] for part in parts], axis=0)

    def _settle(
        self, doubtful: np.ndarray, prepared: list[Arrays], masks: Masks, opened: list[ScanBlock], bound: np.ndarray, rows: np.ndarray, scores: F32
    ) -> None:
        """Second pass for the doubtful queries: every row whose rough score could beat the k-th exact score is scored exactly. Changes rows and scores."""
        k = rows.shape[1]
        floor = scores[doubtful, -1] - bound[doubtful]
        mine = [{name: np.ascontiguousarray(array[doubtful]) for name, array in tables.items()} for tables in prepared]
        masks = masks.only(doubtful)
        top_rows, top_scores = np.full((doubtful.size, k), -1, np.int64), np.full((doubtful.size, k), -np.inf, np.float32)
        for block in opened:
            out = np.empty((doubtful.size, block.count), np.float32)
            block.scan(mine[block.segment_number], out)
            masks.apply(block, out)
            wanted = out >= floor[:, None]
            numbers, columns = np.nonzero(wanted)
            out[~wanted] = -np.inf
            out[numbers, columns] = exact_scores(self.table, mine, numbers, block.numbers(columns))
            block.select(out, top_scores, top_rows)
        rows[doubtful], scores[doubtful] = top_rows, top_scores


def working(table: Table) -> Table:
    """The same table with float32 copies of float16 codebooks, so that no decoding converts them again. Exact: every float16 is a float32."""
    wide = {id(array): array.astype(np.float32) for segment in table.segments for array in segment.state.values() if array.dtype == np.float16}
    segments = [replace(s, state={name: wide.get(id(array), array) for name, array in s.state.items()}) for s in table.segments]
    return replace(table, segments=tuple(segments))


def _arrays(*held: Table | Packed | None) -> Iterator[np.ndarray]:
    """All arrays that a search may read."""
    for one in held:
        if isinstance(one, Table):
            yield from (one.ids, *(() if one.alive is None else (one.alive,)))
            yield from (array for segment in one.segments for part in (segment.state, segment.codes.columns) for array in part.values())
        elif one is not None:
            yield from (array for _, arrays in one.segments for array in arrays.values())


def _check_same_rows(table: Table, rerank: Table) -> None:
    if table.dim != rerank.dim or table.count != rerank.count or not np.array_equal(table.ids, rerank.ids):
        raise InputError(
            f"rerank: got {rerank.count} rows of {rerank.dim} dimensions; expected the same {table.count} ids in the same order and {table.dim} dimensions."
        )
    if table.space and rerank.space and table.space != rerank.space:
        raise InputError(f"rerank: lives in the space {rerank.space!r}; expected {table.space!r}.")

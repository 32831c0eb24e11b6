"""Pairs of query and row with both scores: what the uncompressed vectors say of it, and what the table says."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, blocks, unit_rows
from ..errors import InputError
from ..search import Rows, Searcher
from ..table import Table
from ..vectors import Vectors
from .exact import ExactSearcher

DEPTH = 100
BLOCK_ROWS = 8_192


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPairs:
    """m pairs, by query, then by row.

    query, row: (m,) int64. exact: (m,) float32 scores of the uncompressed vectors. found: (m,) float32 scores of the table, of its decoded rows.
    clicked: (m,) bool, whether the row is relevant to the query; all false when nothing says what is.
    """

    query: np.ndarray
    row: np.ndarray
    exact: F32
    found: F32
    clicked: np.ndarray


def scored_pairs(table: Table, vectors: Vectors, queries: F32, *, seen: Rows | None = None, relevant: Rows | None = None, depth: int = DEPTH) -> ScoredPairs:
    """The pairs that users may be shown: the first `depth` rows of each query's exact list and of its list by the table, together.

    vectors: what the table was made from, row by row. seen: rows that are in no list. Raises InputError.
    """
    if (table.count, table.dim) != (vectors.count, vectors.dim):
        raise InputError(f"vectors: got {vectors.count} rows x {vectors.dim} dimensions; expected {table.count} x {table.dim}, what the table was made from.")
    if not np.array_equal(table.ids, vectors.ids):
        raise InputError("vectors: got other ids than the table has, or another order; expected the rows of the table: vectors.arranged(...) reorders.")
    depth = min(depth, table.count)
    lists = [ExactSearcher(vectors, unit=table.unit).search(queries, depth, exclude=seen).rows, Searcher(table).search(queries, depth, exclude=seen).rows]
    both = np.concatenate(lists, axis=1)
    if table.alive is not None:
        both = np.where((both >= 0) & table.alive[np.maximum(both, 0)], both, -1)
    owner, place = np.nonzero(both >= 0)
    shown = Rows.from_pairs(owner, both[owner, place], len(queries))
    query, row = shown.queries(), shown.values
    exact, found = np.empty(row.size, np.float32), np.empty(row.size, np.float32)
    order = np.argsort(row, kind="stable")
    for first, block in vectors.blocks(BLOCK_ROWS):
        low, high = np.searchsorted(row, [first, first + len(block)], sorter=order)
        here = order[low:high]
        which, local = np.unique(row[here], return_inverse=True)
        if here.size:
            original = block[which - first]
            exact[here] = _dots(queries, query[here], unit_rows(original) if table.unit else original, local)
            found[here] = _dots(queries, query[here], table.decode(which), local)
    clicked = np.zeros(row.size, np.bool_)
    if relevant is not None:
        span = table.count
        clicked = np.isin(query * span + row, relevant.queries() * span + relevant.values)
    return ScoredPairs(query, row, exact, found, clicked)


def _dots(queries: F32, which: np.ndarray, rows: F32, place: np.ndarray) -> F32:
    out = np.empty(which.size, np.float32)
    for start, stop in blocks(which.size, BLOCK_ROWS):
        out[start:stop] = np.einsum("md,md->m", queries[which[start:stop]].astype(np.float64), rows[place[start:stop]].astype(np.float64))
    return out

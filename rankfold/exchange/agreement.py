"""Agreement: how much of the exact lists of sparse queries an engine returns."""

from collections.abc import Iterator

import numpy as np

from ..arrays import blocks
from ..errors import InputError
from .rows import SparseRows

BLOCK_VALUES = 1 << 23
# Scores this near, as a share of the best one, are equal: engines add up in float32, and in other orders.
NEAR = 2e-6


def scores(rows: SparseRows, queries: SparseRows) -> Iterator[tuple[int, np.ndarray]]:
    """(first query, scores float64 (m, n)) of all rows, by multiplying everything out. Raises InputError when the widths differ."""
    if rows.width != queries.width:
        raise InputError(f"queries: got {queries.width} columns; expected {rows.width}, as the rows.")
    filled = np.flatnonzero(rows.lengths)
    for start, stop in blocks(queries.count, max(1, BLOCK_VALUES // max(rows.count, rows.width))):
        dense = np.zeros((stop - start, rows.width))
        for place, row in enumerate(range(start, stop)):
            here = slice(*queries.indptr[row : row + 2])
            dense[place, queries.indices[here]] = queries.data[here]
        out = np.zeros((stop - start, rows.count))
        for a, b in blocks(filled.size, max(1, BLOCK_VALUES // max(1, rows.most * (stop - start)))):
            first, last = rows.indptr[filled[a]], rows.indptr[filled[b - 1] + 1]
            products = dense[:, rows.indices[first:last]] * rows.data[first:last]
            out[:, filled[a:b]] = np.add.reduceat(products, rows.indptr[filled[a:b]] - first, axis=1)
        yield start, out


def agreement(found: np.ndarray, rows: SparseRows, queries: SparseRows) -> np.ndarray:
    """The share of each query's exact list that `found` (q, k) holds, (q,) float64; NaN for a query that no row answers with a score above 0.

    The exact list: the k best rows by score, of those above 0, since engines differ in whether they return rows that share nothing with a query.
    Rows as good as its last one count as found too. -1, row numbers out of range and repeated ones count as nothing.
    Raises InputError when queries and lists differ in number, or rows and queries in width.
    """
    if found.ndim != 2 or found.shape[0] != queries.count:
        raise InputError(f"found: got shape {found.shape}; expected ({queries.count}, k), a list for each query.")
    out = np.full(queries.count, np.nan)
    for start, block in scores(rows, queries):
        for row, exact in enumerate(block, start):
            k = min(found.shape[1], int((exact > 0).sum()))
            if k:
                least = np.partition(exact, exact.size - k)[exact.size - k] - NEAR * exact.max()
                mine = np.unique(found[row][(found[row] >= 0) & (found[row] < rows.count)])
                out[row] = min(k, int((exact[mine] >= least).sum())) / k
    return out

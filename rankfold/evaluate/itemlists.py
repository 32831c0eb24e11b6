"""The items nearest to some items, by cosine: what "more like this" shows."""

import numpy as np

from ..arrays import F32
from ..search.rows import Rows
from ..vectors import as_vectors
from .exact import ExactSearcher


def nearest_items(matrix: F32, rows: np.ndarray, k: int) -> np.ndarray:
    """The k rows of matrix (n, d) nearest to each of the given rows (q,), itself left out, best first: (q, k) int64, -1 where there are no more.

    Equal cosines go by row number; rows of zeros are last.
    """
    own = Rows.from_pairs(np.arange(rows.size), rows, rows.size)
    return ExactSearcher(as_vectors(matrix, zero_rows="keep"), unit=True).search(matrix[rows], k, exclude=own).rows


def drawn(count: int, most: int, seed: int) -> np.ndarray:
    """At most `most` of the numbers 0 to count - 1, drawn at random, rising."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))

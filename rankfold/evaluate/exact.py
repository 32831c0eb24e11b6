"""ExactSearcher: ranks the uncompressed vectors, block by block. The baseline of every loss."""

import numpy as np

from .. import kernels
from ..arrays import F32, as_mask, as_matrix, blocks
from ..errors import InputError
from ..search.ranking import Ranking
from ..search.rows import Rows
from ..vectors import Vectors

BLOCK_ROWS = 8_192
PASS_QUERIES = 256


class ExactSearcher:
    """Top k of float32 vectors by inner product, read once from front to back a search.

    unit: divide each row by its length first (cosine); rows of zeros stay zeros. Products are summed in float64 and rounded to float32, so that equal rows
    get equal scores and tie by row number. Memory: one block of 8,192 rows, its scores for 256 queries, and the ranking.
    """

    def __init__(self, vectors: Vectors, *, unit: bool = False):
        self.vectors = vectors
        self.unit = unit

    @property
    def count(self) -> int:
        """How many rows."""
        return self.vectors.count

    def search(self, queries: F32, k: int, *, exclude: Rows | None = None, allow: np.ndarray | None = None) -> Ranking:
        """As Searcher.search: the k best rows of every query, best first; -1 and -inf where nothing is left. Raises InputError."""
        wide = as_matrix(queries, "queries", dim=self.vectors.dim).astype(np.float64)
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
            raise InputError(f"k: got {k!r}; expected a whole number of at least 1.")
        if exclude is not None:
            if exclude.count != wide.shape[0]:
                raise InputError(f"exclude: got lists for {exclude.count} queries; expected {wide.shape[0]}.")
            exclude.check_below(self.count, "exclude")
        denied = None if allow is None else ~as_mask(allow, self.count, "allow")
        passes = [(start, stop, _by_row(exclude, start, stop)) for start, stop in blocks(wide.shape[0], PASS_QUERIES)]
        rows = np.full((wide.shape[0], k), -1, np.int64)
        scores = np.full((wide.shape[0], k), -np.inf, np.float32)
        for first, block in self.vectors.blocks(BLOCK_ROWS):
            tall = block.astype(np.float64)
            if self.unit:
                lengths = np.sqrt(np.einsum("nd,nd->n", tall, tall))
                tall /= np.where(lengths > 0, lengths, 1)[:, None]
            for start, stop, (query, hidden) in passes:
                out = (wide[start:stop] @ tall.T).astype(np.float32)
                if denied is not None:
                    out[:, denied[first : first + len(block)]] = -np.inf
                low, high = np.searchsorted(hidden, [first, first + len(block)])
                out[query[low:high], hidden[low:high] - first] = -np.inf
                kernels.select(out, first, scores[start:stop], rows[start:stop])
        return Ranking(rows, scores)


def _by_row(exclude: Rows | None, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
    """The excluded pairs of queries start..stop-1 as (query within the pass, row), sorted by row."""
    if exclude is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    part = exclude.slice(start, stop)
    order = np.argsort(part.values, kind="stable")
    return part.queries()[order], part.values[order]

"""Cold rows: items that are encoded with codebooks that never saw them. Do lists keep them as well as those that were fitted?"""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix, unit_rows
from ..codec import Codec
from ..compression import compress
from ..errors import InputError
from ..search import Searcher
from ..search.rows import Rows
from ..vectors import as_vectors
from .exact import ExactSearcher
from .fidelity import places
from .intervals import Mean, mean_of
from .itemlists import drawn

SHARE = 0.2
ROWS = 20_000
QUERIES = 1_000


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Share of each query's exact first k that the coded table keeps there: of cold rows, of fitted (warm) ones, and warm - cold over queries with both."""

    cold: Mean
    warm: Mean
    gap: Mean
    cold_rows: int
    warm_rows: int
    k: int

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        means = {"cold": self.cold.to_dict(), "warm": self.warm.to_dict(), "gap": self.gap.to_dict()}
        return {**means, "cold_rows": self.cold_rows, "warm_rows": self.warm_rows, "k": self.k}


def cold_start(
    matrix: F32,
    codec: Codec,
    *,
    queries: F32 | None = None,
    unit: bool = False,
    share: float = SHARE,
    k: int = 10,
    rows: int = ROWS,
    sample: int = QUERIES,
    seed: int = 0,
) -> ColdStart:
    """Fit `codec` to all but a random `share` of the rows of matrix (n, d), encode the rest as they come, and search both together.

    queries: (q, d) users; None: rows search for their neighbours, themselves left out. unit: cosine. rows, sample: at most so many rows and queries, drawn
    at random. The codec is fitted again, without the weights that a table at hand may have been fitted with. Raises InputError.
    """
    x = as_matrix(matrix, "matrix")
    if not 0 < share < 1:
        raise InputError(f"share: got {share}; expected a share above 0 and below 1.")
    x = x[drawn(len(x), rows, seed)]
    x = x[x.any(axis=1)]
    order = np.random.default_rng(seed).permutation(len(x))
    cold_rows = int(share * len(x))
    warm_rows = len(x) - cold_rows
    if cold_rows < 1 or not 1 <= k < warm_rows:
        raise InputError(f"matrix: {len(x)} rows make {warm_rows} warm and {cold_rows} cold ones; expected at least one cold row and more than k = {k} warm.")
    # Warm rows first: their numbers are below warm_rows.
    x = unit_rows(x[order]) if unit else x[order]
    table = compress(as_vectors(x[:warm_rows]), codec, norms="raw", unit=unit, fallback=None, seed=seed)
    table = table.add(as_vectors(x[warm_rows:], np.arange(warm_rows, len(x))))
    asked, own = _queries(x, queries, sample, seed)
    exact = ExactSearcher(as_vectors(x)).search(asked, k, exclude=own).rows
    found = places(exact, Searcher(table).search(asked, k, exclude=own).rows) < k
    kept = [_share(found, (exact >= warm_rows) if cold else (exact >= 0) & (exact < warm_rows)) for cold in (True, False)]
    return ColdStart(mean_of(kept[0]), mean_of(kept[1]), mean_of(kept[1] - kept[0], lowest=-1.0), cold_rows, warm_rows, k)


def _queries(x: F32, queries: F32 | None, sample: int, seed: int) -> tuple[F32, Rows | None]:
    if queries is not None:
        users = as_matrix(queries, "queries", dim=x.shape[1])
        return users[drawn(len(users), sample, seed)], None
    rows = drawn(len(x), sample, seed)
    return x[rows], Rows.from_pairs(np.arange(rows.size), rows, rows.size)


def _share(found: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Share of the asked places that were found, a query; NaN where none was asked."""
    size = asked.sum(axis=1)
    return np.where(size > 0, (found & asked).sum(axis=1) / np.maximum(size, 1), np.nan)

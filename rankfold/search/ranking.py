"""Ranking: what a search returns, always two-dimensional."""

from typing import NamedTuple

import numpy as np

from ..table import Table


class Ranking(NamedTuple):
    """The best rows of each query, best first; equal scores stand in the order of their row numbers.

    rows: (q, k) int64, -1 where there is nothing left to rank (these stand last).
    scores: (q, k) float32, -inf where rows is -1.
    """

    rows: np.ndarray
    scores: np.ndarray

    @property
    def k(self) -> int:
        """How many places each list has."""
        return self.rows.shape[1]

    def top(self, k: int) -> "Ranking":
        """The first `k` places; all when there are fewer."""
        return Ranking(self.rows[:, :k], self.scores[:, :k])


def ranked_ids(table: Table, ranking: Ranking) -> np.ndarray:
    """Ids of the ranked rows of a table, (q, k); where nothing was found the id is -1, or empty bytes for text ids."""
    nothing = np.array(-1 if table.ids.dtype.kind == "i" else b"", table.ids.dtype)
    found = ranking.rows >= 0
    ids = np.full(found.shape, nothing)
    ids[found] = table.ids[ranking.rows[found]]
    return ids

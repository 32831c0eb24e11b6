"""Ranking: what a search returns, always two-dimensional."""

from typing import NamedTuple

import numpy as np


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

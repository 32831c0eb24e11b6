"""Kindred users: whose lists resemble whose, before and after. What collaborative neighbours, look-alike audiences and explanations rest on."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..search.ranking import Ranking
from .fidelity import overlap, rank_biased_overlap
from .intervals import Mean, mean_of

MAX_USERS = 4_096
PASS_COLUMNS = 4_096


@dataclass(frozen=True, slots=True)
class Kindred:
    """How much of each user's k most kindred users is kept: overlap in any order, rbo with the nearest counting most; over n users with kindred ones."""

    overlap: Mean
    rbo: Mean
    k: int

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"k": self.k, "overlap": self.overlap.to_dict(), "rbo": self.rbo.to_dict()}


def kindred_users(ranking: Ranking, exact: Ranking, *, k: int = 10) -> Kindred:
    """Compare who is kindred to whom by two rankings of the same m users, at most 4,096.

    Two users are as kindred as the sum, over the rows that both lists hold, of the product of their discounts 1 / log2(place + 1), with places from 1: the
    scalar product of the lists as vectors. Equals go by user number; users who share no row are not kindred at all. For users who have compressed vectors
    of their own, `neighbourhoods` compares those. Raises InputError.
    """
    m = exact.rows.shape[0]
    if ranking.rows.shape[0] != m or m > MAX_USERS or not 1 <= k < m:
        raise InputError(f"ranking, k: got lists of {ranking.rows.shape[0]} users and k = {k}; expected {m} as in exact, at most {MAX_USERS}, and more than k.")
    before, after = nearest(exact.rows, k), nearest(ranking.rows, k)
    return Kindred(mean_of(overlap(after, before)), mean_of(rank_biased_overlap(after, before)), k)


def nearest(rows: np.ndarray, k: int) -> np.ndarray:
    """The k users most kindred to each, by their lists (m, depth) of row numbers, best first: (m, k) int64, -1 where there are no more."""
    m, depth = rows.shape
    user, place = np.nonzero(rows >= 0)
    kinds, column = np.unique(rows[user, place], return_inverse=True)
    discount = (1 / np.log2(np.arange(2, depth + 2)))[place].astype(np.float32)
    order = np.argsort(column, kind="stable")
    alike = np.zeros((m, m), np.float32)
    for first in range(0, kinds.size, PASS_COLUMNS):
        low, high = np.searchsorted(column, [first, first + PASS_COLUMNS], sorter=order)
        here = order[low:high]
        lists = np.zeros((m, min(PASS_COLUMNS, kinds.size - first)), np.float32)
        lists[user[here], column[here] - first] = discount[here]
        alike += lists @ lists.T
    # Sums in another order must not part equals.
    alike = np.round(alike, 4)
    np.fill_diagonal(alike, -1)
    best = np.argsort(-alike, axis=1, kind="stable")[:, :k]
    return np.where(np.take_along_axis(alike, best, axis=1) > 0, best, -1)

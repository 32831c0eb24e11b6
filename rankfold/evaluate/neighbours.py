"""Neighbourhoods of items before and after, both directions: new neighbours that are false, old neighbours that are lost (Venna and Kaski, 2001)."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix, unit_rows
from ..errors import InputError
from .fidelity import rank_biased_overlap
from .intervals import Mean, mean_of

MAX_SAMPLE = 8_192


@dataclass(frozen=True, slots=True)
class Neighbourhoods:
    """Figures of k-item neighbourhoods within a sample of m items, 1 when nothing changed.

    trustworthiness: falls with neighbours that are new, the more the farther they were. continuity: falls with neighbours that were lost, the more the
    farther they are now. overlap: share of the old neighbours that still are. rbo: the same with the nearest counting most (rank-biased overlap).
    Each with its interval over the m items.
    """

    trustworthiness: Mean
    continuity: Mean
    overlap: Mean
    rbo: Mean
    k: int

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "k": self.k,
            "trustworthiness": self.trustworthiness.to_dict(),
            "continuity": self.continuity.to_dict(),
            "overlap": self.overlap.to_dict(),
            "rbo": self.rbo.to_dict(),
        }


def neighbourhoods(original: F32, decoded: F32, *, k: int = 10) -> Neighbourhoods:
    """Compare the cosine neighbourhoods of the same m items in two matrices, original (m, d) and decoded (m, d').

    All pairs of the sample are ranked, so m is at most 8,192: draw it with Vectors.sample. Equal cosines go by row number. k is below m / 2.
    Raises InputError.
    """
    before, after = as_matrix(original, "original"), as_matrix(decoded, "decoded")
    m = before.shape[0]
    if after.shape[0] != m or m > MAX_SAMPLE:
        raise InputError(f"decoded: got {after.shape[0]} rows against {m} of original; expected the same items, at most {MAX_SAMPLE}.")
    if not 1 <= k < m / 2:
        raise InputError(f"k: got {k}; expected 1 to less than half of the {m} items.")
    (old, old_order), (new, new_order) = _ranks(before), _ranks(after)
    worst = k * (2 * m - 3 * k - 1) / 2
    near_old, near_new = old <= k, new <= k
    # The item itself has rank 0 in both and is no neighbour.
    false = np.where(near_new & ~near_old, old - k, 0).sum(axis=1) / worst
    lost = np.where(near_old & ~near_new, new - k, 0).sum(axis=1) / worst
    kept = ((near_old & near_new).sum(axis=1) - 1) / k
    nearest = rank_biased_overlap(new_order[:, 1 : k + 1], old_order[:, 1 : k + 1])
    return Neighbourhoods(mean_of(1 - false), mean_of(1 - lost), mean_of(kept), mean_of(nearest), k)


def _ranks(matrix: F32) -> tuple[np.ndarray, np.ndarray]:
    """Rank of item j among the neighbours of item i, (m, m) int32: 0 for itself, 1 for the nearest; and the items in that order, (m, m)."""
    rows = unit_rows(matrix).astype(np.float64)
    # Equal rows must tie whatever the order of summation was.
    cosine = np.round(rows @ rows.T, 7)
    np.fill_diagonal(cosine, np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")
    ranks = np.empty(order.shape, np.int32)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(len(rows), dtype=np.int32), order.shape), axis=1)
    return ranks, order

"""Weights of a linear recommender, a few of every item: what an item that was taken adds to the scores of others."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32
from ..search.rows import Rows
from .sparsefactors import SparseFactors


@dataclass(frozen=True, slots=True, eq=False)
class SparseWeights:
    """Weights of n items on each other, k an item. rows: the items that each item speaks for (`index`), the strongest first, and length times value, the
    weights; `latents` is n, for latents are items. `pack_factors(weights.rows)` are the bytes of them."""

    rows: SparseFactors

    def scores(self, taken: Rows) -> F32:
        """Scores float32 (q, n) of all items for users who took these: the sum of their weights. Raises InputError for an item that is not there."""
        taken.check_below(self.rows.count, "taken")
        place = taken.queries()[:, None] * self.rows.latents + self.rows.index[taken.values]
        weight = self.rows.value[taken.values] * self.rows.length[taken.values, None]
        flat = np.bincount(place.ravel(), weight.ravel(), taken.count * self.rows.latents)
        return flat.reshape(taken.count, self.rows.latents).astype(np.float32)

"""Sparse item factors: every item a few latents of many, all of one length, and a length that scales its scores."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32
from ..search.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class SparseFactors:
    """Item factors of k nonzeros among `latents`.

    index (n, k) int32: latents, the strongest of an item first, each at most once. value (n, k) float32, of both signs; items have values of length one, or
    zeros where nobody took the item. length (n,) float32: factor on the scores of the item. Scores of a user: those of `rows` with its vector in `users`.
    """

    index: np.ndarray
    value: F32
    length: F32
    latents: int

    @property
    def count(self) -> int:
        """How many items."""
        return len(self.index)

    def directions(self) -> F32:
        """Factors of length one, float32 (n, latents), mostly zeros."""
        out = np.zeros((self.count, self.latents), np.float32)
        np.put_along_axis(out, self.index.astype(np.intp), self.value, axis=1)
        return out

    def rows(self) -> F32:
        """The item vectors float32 (n, latents), each as long as its length: what to compress, store and search by inner product."""
        return self.directions() * self.length[:, None]

    def users(self, taken: Rows) -> F32:
        """User vectors float32 (q, latents): the sum of the factors of length one of the items of each list; zeros for an empty list.

        Raises InputError for an item that is not there.
        """
        taken.check_below(self.count, "taken")
        place = taken.queries()[:, None] * self.latents + self.index[taken.values]
        flat = np.bincount(place.ravel(), self.value[taken.values].ravel(), taken.count * self.latents)
        return flat.reshape(taken.count, self.latents).astype(np.float32)

    def scores(self, taken: Rows) -> F32:
        """Scores float32 (q, n) of all items for users who took these, taken ones included; memory q * (n + latents) numbers. Raises as `users` does."""
        users = np.ascontiguousarray(self.users(taken).T)
        out = np.empty((self.count, taken.count), np.float32)
        for item, (index, value) in enumerate(zip(self.index, self.value)):
            out[item] = value @ users[index]
        return np.ascontiguousarray((out * self.length[:, None]).T)

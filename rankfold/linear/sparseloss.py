"""The loss of sparse item factors and its gradient, by sparse products only: work and memory grow with the nonzeros, not with items times latents.

The loss is that of `elsa.dense_loss`, on the kept places. Users lie along the fast axis, so that one nonzero of an item is one run of numbers.
"""

import numpy as np

from ..arrays import F32, blocks
from .elsa import cosine_loss
from .taken import Batch

BLOCK_NUMBERS = 1 << 19


class SparseLoss:
    """Places (n, k) of the nonzeros among `latents`, fixed; `at` says loss and gradient for values there."""

    def __init__(self, index: np.ndarray, latents: int):
        self.index, self.latents = index.astype(np.intp), latents
        flat = self.index.ravel()
        # Entries in the order of their latents: what lies in one latent is added up in one run.
        self._order = np.argsort(flat, kind="stable")
        counts = np.bincount(flat, minlength=latents)
        self._used = np.flatnonzero(counts)
        self._starts = np.concatenate([[0], np.cumsum(counts[self._used])])

    def at(self, value: F32, length: F32, batch: Batch) -> tuple[float, F32, F32]:
        """Mean of 1 - cosine over a batch of users; its slope with the values (n, k) of rows of length one, along the sphere, and with the logarithms of
        the lengths (n,)."""
        users = batch.count.size
        spread = self.index[batch.item]
        place = (spread * users + batch.user[:, None]).ravel()
        sums = np.bincount(place, value[batch.item].ravel(), self.latents * users).astype(np.float32).reshape(self.latents, users)
        took = batch.matrix()
        raw = np.empty_like(took)
        for start, stop, gathered in self._gathered(sums):
            np.matmul(value[start:stop, None, :], gathered, out=raw[start:stop, None, :])
        raw -= took
        loss, slope, pull = cosine_loss(raw, took, length, batch)
        turn = np.empty_like(value)
        for start, stop, gathered in self._gathered(sums):
            turn[start:stop] = np.matmul(gathered, slope[start:stop, :, None])[:, :, 0]
        back = self._back(value, slope)
        mine = back.ravel()[place].reshape(spread.shape)
        k = value.shape[1]
        turn += np.bincount((batch.item[:, None] * k + np.arange(k)).ravel(), mine.ravel(), value.size).reshape(value.shape).astype(np.float32)
        return loss, turn - np.einsum("nk,nk->n", turn, value)[:, None] * value, pull

    def _gathered(self, sums: F32):
        """(first item, last, sums of its latents (items, k, b)) of each block of items."""
        size = max(1, BLOCK_NUMBERS // (self.index.shape[1] * sums.shape[1]))
        for start, stop in blocks(len(self.index), size):
            yield start, stop, sums[self.index[start:stop]]

    def _back(self, value: F32, slope: F32) -> F32:
        """How the loss moves with the sums (latents, b) of users: for each latent, the slopes of its items times their values."""
        out = np.zeros((self.latents, slope.shape[1]), np.float32)
        k, flat = value.shape[1], value.ravel()
        size = max(1, BLOCK_NUMBERS // slope.shape[1])
        first = 0
        while first < self._used.size:
            # As many whole latents as fit a block, one at least.
            last = max(first + 1, int(np.searchsorted(self._starts, self._starts[first] + size, side="right")) - 1)
            entries = self._order[self._starts[first] : self._starts[last]]
            part = slope[entries // k] * flat[entries, None]
            out[self._used[first:last]] = np.add.reduceat(part, self._starts[first:last] - self._starts[first], axis=0)
            first = last
        return out

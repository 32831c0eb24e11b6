"""EASE with a few weights of every item, trained on: the largest of its closed form (Steck, 2019), then on them the loss of ELSA (Vancura et al., 2022).

Weights go one way, from an item taken to others. Few items may be what many point to, which products of an item's own factors cannot say with few nonzeros.
"""

import numpy as np

from ..arrays import F32, row_norms, unit_rows
from ..codec import check_range
from ..progress import Progress, silent
from ..search.rows import Rows
from .ease import fit_ease, largest, prune_weights
from .elsa import BATCH_USERS, cosine_loss
from .pruned import MOST_NONZEROS
from .rates import Moments, falling
from .sparsefactors import SparseFactors
from .sparseweights import SparseWeights
from .taken import Batch, check_taken, user_batches

TURN, STRETCH = 0.03, 0.02  # the start is good: longer steps lose more of it than they find


def fit_sparse_ease(
    taken: Rows, items: int, *, nonzeros: int = 16, ridge: float = 100.0, steps: int = 30, seed: int = 0, progress: Progress = silent
) -> SparseWeights:
    """`nonzeros` weights of every item on others, from the items of every user; the same seed, the same bytes.

    taken: the items of every user; repeats count once, users of fewer than two items teach nothing. nonzeros: weights an item, below the items. ridge: of the
    start, in users, above 0. steps: of 1,024 users each; 0 leaves pruned EASE as it is. Items that nobody took have weights of 0. Memory: about four
    squares of the items in float64. Raises InputError for no users with two items, unknown items or more than 30,000 of them; SpecError for settings out of
    range.
    """
    check_taken(taken, items)
    check_range("nonzeros", nonzeros, 1, min(items - 1, MOST_NONZEROS))
    check_range("steps", steps, 0, 100_000)
    index, weight = prune_weights(fit_ease(taken, items, ridge=ridge), nonzeros)
    loss, there = OneWayLoss(index, items), weight != 0
    stretch = np.zeros(items, np.float32)
    turns, stretches = Moments(weight.shape), Moments(stretch.shape)
    turn_rate = TURN * float(np.abs(weight[there]).mean()) if there.any() else 0.0
    for step, batch in zip(range(steps), user_batches(taken, items, BATCH_USERS, np.random.default_rng(seed))):
        progress("weights", step, steps)
        _, turn, pull = loss.at(weight, np.exp(stretch), batch)
        rate = falling(step, steps)
        # Places without a weight stay empty: an item must not learn to stand for itself.
        weight = np.where(there, weight - turns.step(turn, turn_rate * rate), 0).astype(np.float32)
        stretch = stretch - stretches.step(pull, STRETCH * rate)
    progress("weights", steps, steps)
    weight *= np.exp(stretch)[index]
    order = largest(weight, nonzeros)
    weight = np.take_along_axis(weight, order, axis=1)
    return SparseWeights(SparseFactors(np.take_along_axis(index, order, axis=1), unit_rows(weight), row_norms(weight).astype(np.float32), items))


class OneWayLoss:
    """Mean of 1 - cosine of a user's scores and what the user took, for weights at places (n, k), fixed; no item may be among its own."""

    def __init__(self, index: np.ndarray, items: int):
        self._index, self._items = index.astype(np.intp), items

    def at(self, weight: F32, length: F32, batch: Batch) -> tuple[float, F32, F32]:
        """The loss over a batch for weights (n, k) and factors (n,) on the scores of items; its slope with the weights, and with the factors' logarithms."""
        users, k = batch.count.size, weight.shape[1]
        place = (self._index[batch.item] * users + batch.user[:, None]).ravel()
        raw = np.bincount(place, weight[batch.item].ravel(), self._items * users).astype(np.float32).reshape(self._items, users)
        loss, slope, pull = cosine_loss(raw, batch.matrix(), length, batch)
        entry = (batch.item[:, None] * k + np.arange(k)).ravel()
        return loss, np.bincount(entry, slope.ravel()[place], weight.size).reshape(weight.shape).astype(np.float32), pull

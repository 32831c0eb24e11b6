"""What users took, as a linear recommender reads it: lists of items that are checked at the door, and batches of users."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import F32
from ..errors import InputError
from ..search.rows import Rows

MOST_ITEMS = 30_000


def check_taken(taken: Rows, items: int) -> None:
    """Raise InputError unless `taken` are lists of row numbers below `items`, some user has two items, and a square of the items fits in memory."""
    if not isinstance(taken, Rows):
        raise InputError(f"taken: got {type(taken).__name__}; expected Rows, the items of every user. Rows.from_pairs makes them from events.")
    if isinstance(items, bool) or not isinstance(items, int | np.integer) or not 2 <= items <= MOST_ITEMS:
        raise InputError(f"items: got {items!r}; expected 2 to {MOST_ITEMS}: the fit holds a few squares of the items in memory.")
    taken.check_below(int(items), "taken")
    if not (taken.lengths() > 1).any():
        raise InputError(f"taken: none of {taken.count} users took two items; expected some who did, for only they say which items go together.")


def gram(taken: Rows, items: int, *, block: int = 2_048) -> np.ndarray:
    """How many users took both of two items, float64 (items, items)."""
    together = np.zeros((items, items), np.float32)
    for start in range(0, taken.count, block):
        batch = Batch.of(taken, np.arange(start, min(start + block, taken.count)), items)
        rows = batch.matrix()
        together += rows @ rows.T
    return together.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The pairs of a batch of b users: user (m,) is a place in the batch, item (m,) an item; count (b,) float32 says how many items each user took."""

    user: np.ndarray
    item: np.ndarray
    count: F32
    items: int

    @classmethod
    def of(cls, taken: Rows, users: np.ndarray, items: int) -> "Batch":
        """The batch of the users of these numbers."""
        part = taken.take(users)
        return cls(part.queries(), part.values, part.lengths().astype(np.float32), items)

    def matrix(self) -> F32:
        """1 where a user took an item, float32 (items, b): items first, so that an item's users lie together."""
        out = np.zeros((self.items, self.count.size), np.float32)
        out[self.item, self.user] = 1
        return out

    def of_users(self, values: np.ndarray) -> F32:
        """Values of the pairs (m,) added up by user, float32 (b,)."""
        return np.bincount(self.user, values, self.count.size).astype(np.float32)

    def of_items(self, values: np.ndarray) -> F32:
        """Values of the pairs (m,) added up by item, float32 (items,)."""
        return np.bincount(self.item, values, self.items).astype(np.float32)


def user_batches(taken: Rows, items: int, size: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Batches of up to `size` users who took two items or more, without end; every such user comes once before any comes again."""
    # With one item there is nothing else to predict: such users move nothing.
    able = np.flatnonzero(taken.lengths() > 1)
    waiting = np.empty(0, np.int64)
    while True:
        while waiting.size < min(size, able.size):
            waiting = np.concatenate([waiting, rng.permutation(able)])
        users, waiting = waiting[:size], waiting[size:]
        yield Batch.of(taken, users, items)

"""ELSA: dense item factors of length one, whose products are the weights of a linear recommender.

Vancura, Alves, Kasalicky and Kordik, "Scalable linear shallow autoencoder for collaborative filtering", 2022: scores x (A A^T - I) of a user's 0/1 row x, rows
of A of length one, loss 1 - cosine of scores and x. With `lengths`, each item has a factor of its own on its scores, as the closed form of EASE has (Steck,
2019): items that are easily taken for others then need not bend their directions.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, unit_rows
from ..codec import check_range
from ..progress import Progress, silent
from ..search.rows import Rows
from .rates import Moments, falling
from .taken import Batch, check_taken, user_batches

BATCH_USERS = 1_024
TURN, STRETCH = 0.5, 0.1
LEAST = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Dense item factors: direction (n, h) float32, rows of length one; length (n,) float32. Scores of a user: length * (directions @ sum of the directions
    of the items that the user took)."""

    direction: F32
    length: F32

    def rows(self) -> F32:
        """The item vectors float32 (n, h), each as long as its length: a user vector's products with them are the scores."""
        return self.direction * self.length[:, None]

    def users(self, taken: Rows) -> F32:
        """User vectors float32 (q, h): the sums of the directions of the items of each list; zeros for an empty one. Raises InputError for unknown items."""
        taken.check_below(len(self.direction), "taken")
        out = np.zeros((taken.count, self.direction.shape[1]), np.float32)
        full = np.flatnonzero(taken.lengths())
        out[full] = np.add.reduceat(self.direction[taken.values], taken.starts[full], axis=0) if full.size else 0
        return out


def fit_elsa(taken: Rows, items: int, *, factors: int = 512, lengths: bool = True, steps: int = 120, seed: int = 0, progress: Progress = silent) -> Factors:
    """Factors of `items` items from the items of every user; the same seed, the same bytes.

    factors: numbers an item. lengths: learn a factor on each item's scores; without it this is ELSA as published. steps: of 1,024 users each. Items that
    nobody took have length 0. Raises InputError as `check_taken` says, SpecError for settings out of range.
    """
    check_taken(taken, items)
    check_range("factors", factors, 1, 8_192)
    check_range("steps", steps, 1, 100_000)
    rng = np.random.default_rng(seed)
    direction = unit_rows(rng.standard_normal((items, factors), dtype=np.float32))
    stretch = np.zeros(items, np.float32)
    turns, stretches = Moments(direction.shape), Moments(stretch.shape)
    for step, batch in zip(range(steps), user_batches(taken, items, BATCH_USERS, rng)):
        progress("factors", step, steps)
        _, turn, pull = dense_loss(direction, np.exp(stretch), batch)
        rate = falling(step, steps)
        direction = unit_rows(direction - turns.step(turn, TURN * rate / factors**0.5))
        if lengths:
            stretch = stretch - stretches.step(pull, STRETCH * rate)
    progress("factors", steps, steps)
    known = np.bincount(taken.values, minlength=items) > 0
    return Factors(direction, np.where(known, np.exp(stretch), 0).astype(np.float32))


def dense_loss(direction: F32, length: F32, batch: Batch) -> tuple[float, F32, F32]:
    """Mean of 1 - cosine over a batch, and how it moves with the directions (n, h), along the sphere, and with the logarithms of the lengths (n,)."""
    took = batch.matrix()
    sums = direction.T @ took
    raw = direction @ sums - took
    loss, slope, pull = cosine_loss(raw, took, length, batch)
    turn = slope @ sums.T + took @ (slope.T @ direction)
    return loss, turn - np.einsum("nh,nh->n", turn, direction)[:, None] * direction, pull


def cosine_loss(raw: F32, took: F32, length: F32, batch: Batch) -> tuple[float, F32, F32]:
    """Mean of 1 - cosine(length * raw, took) over users, raw and took (n, b): the mean, its slope with raw (n, b), and with the logarithms of lengths (n,)."""
    scores = raw * length[:, None]
    inner = batch.of_users(scores[batch.item, batch.user])
    square = np.maximum(np.einsum("nb,nb->b", scores, scores), LEAST)
    users = np.float32(batch.count.size)
    along = 1 / np.sqrt(batch.count * square)
    back = inner * along / square
    loss = float(np.mean(1 - inner * along))
    scores *= back / users
    scores -= took * (along / users)
    scores *= length[:, None]
    return loss, scores, np.einsum("nb,nb->n", scores, raw)

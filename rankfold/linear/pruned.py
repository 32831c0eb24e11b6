"""Sparse item factors trained inside the model: pruned in rounds while it learns, its weights set back to the start after each, then trained to the end.

Pruning by magnitude on an exponential schedule with restarts is after Compressed ELSA (arXiv 2602.09935, 2026), setting pruned networks back to their start
after Frankle and Carbin, "The lottery ticket hypothesis", 2019. The start is ours: one latent an item, and in an item's row its partial correlations with the
others, which the ridge regression of EASE gives in closed form (Steck, 2019). Its largest entries are good places already, so that training is sparse from the
first step.
"""

import numpy as np

from ..arrays import F32, unit_rows
from ..codec import check_range
from ..progress import Progress, silent
from ..search.rows import Rows
from .ease import largest, ridge_inverse
from .elsa import BATCH_USERS, STRETCH
from .rates import Moments, falling
from .sparsefactors import SparseFactors
from .sparseloss import SparseLoss
from .taken import check_taken, user_batches

WIDE = 4  # the first round has this many times the nonzeros asked for
MOST_NONZEROS = 256
TURN = 0.2  # the start is good: longer steps lose more of it than they find


def fit_sparse_elsa(
    taken: Rows,
    items: int,
    *,
    nonzeros: int = 16,
    ridge: float = 100.0,
    rounds: int = 0,
    round_steps: int = 15,
    steps: int = 60,
    seed: int = 0,
    progress: Progress = silent,
) -> SparseFactors:
    """Item factors of `nonzeros` values among one latent an item, from the items of every user; the same seed, the same bytes.

    taken: the items of every user; repeats count once, users of fewer than two items teach nothing. nonzeros: values an item, at most the items. ridge: of the
    start, in users, above 0. rounds: how often the factors are pruned, from 4 * nonzeros on by equal ratios, each after `round_steps` steps from the start's
    weights; 0 prunes once, before any step. steps: the last training, of 1,024 users each. Items that nobody took have zeros and length 0, and score 0
    for all. Memory: about four squares of the items in float64. Raises InputError for no users with two items, unknown items or more than 30,000 of them;
    SpecError for settings out of range.
    """
    check_taken(taken, items)
    check_settings(items, nonzeros, rounds, round_steps, steps)
    inverse = ridge_inverse(taken, items, ridge)
    widths = schedule(min(WIDE * nonzeros, items), nonzeros, rounds)
    index, value, stretch = partial_correlations(inverse, widths[0])
    del inverse
    course = _Course(taken, items, seed, progress, round_steps * (len(widths) - 1) + steps)
    for width in widths[1:]:
        trained, _ = course.run(index, value, stretch, round_steps)
        kept = np.sort(largest(trained, width), axis=1)
        # Where training has put the weight decides what stays; the weights that stay start over.
        index, value = np.take_along_axis(index, kept, axis=1), unit_rows(np.take_along_axis(value, kept, axis=1))
    value, stretch = course.run(index, value, stretch, steps)
    known = np.bincount(taken.values, minlength=items) > 0
    order = largest(value, nonzeros)
    value = np.where(known[:, None], np.take_along_axis(value, order, axis=1), 0).astype(np.float32)
    return SparseFactors(np.take_along_axis(index, order, axis=1), value, np.where(known, np.exp(stretch), 0).astype(np.float32), items)


def check_settings(items: int, nonzeros: int, rounds: int, round_steps: int, steps: int) -> None:
    """Raise SpecError for settings out of range."""
    check_range("nonzeros", nonzeros, 1, min(items, MOST_NONZEROS))
    check_range("rounds", rounds, 0, 100)
    check_range("round_steps", round_steps, 1, 100_000)
    check_range("steps", steps, 1, 100_000)


def schedule(start: int, nonzeros: int, rounds: int) -> list[int]:
    """How many values an item has in each round: from `start` down to `nonzeros` by equal ratios, rounds + 1 numbers; without rounds `nonzeros` alone."""
    if rounds == 0 or start <= nonzeros:
        return [nonzeros]
    ratio = (nonzeros / start) ** (1 / rounds)
    return [max(nonzeros, round(start * ratio**number)) for number in range(rounds)] + [nonzeros]


def partial_correlations(inverse: np.ndarray, width: int) -> tuple[np.ndarray, F32, F32]:
    """The start: places (n, width), values (n, width) of rows of length one, and logarithms of lengths (n,), from the inverse of a ridge regression (n, n).

    A row holds the item's largest partial correlations with others and, on its own latent, the largest of them once more. Lengths are those of EASE.
    """
    deviation = np.sqrt(np.diag(inverse))
    rows = (inverse / (-deviation * deviation[:, None])).astype(np.float32)
    np.fill_diagonal(rows, 0)
    strongest = np.abs(rows).max(axis=1)
    np.fill_diagonal(rows, np.where(strongest > 0, strongest, 1))
    index = np.sort(largest(rows, width), axis=1)
    stretch = -np.log(deviation)
    return index, unit_rows(np.take_along_axis(rows, index, axis=1)), (stretch - stretch.mean()).astype(np.float32)


class _Course:
    """Training of values on fixed places; batches go on from one run to the next."""

    def __init__(self, taken: Rows, items: int, seed: int, progress: Progress, total: int):
        self._batches = user_batches(taken, items, BATCH_USERS, np.random.default_rng(seed))
        self._items, self._progress, self._done, self._total = items, progress, 0, total

    def run(self, index: np.ndarray, value: F32, stretch: F32, steps: int) -> tuple[F32, F32]:
        """Values (n, k) and logarithms of lengths (n,) after so many steps."""
        loss = SparseLoss(index, self._items)
        turns, stretches = Moments(value.shape), Moments(stretch.shape)
        for step, batch in zip(range(steps), self._batches):
            self._progress("factors", self._done, self._total)
            _, turn, pull = loss.at(value, np.exp(stretch), batch)
            rate = falling(step, steps)
            value = unit_rows(value - turns.step(turn, TURN * rate / value.shape[1] ** 0.5))
            stretch = stretch - stretches.step(pull, STRETCH * rate)
            self._done += 1
        self._progress("factors", self._done, self._total)
        return value, stretch

"""Exposure weights: how much each item matters to a fit, from how often it stands in exact top lists.

weight = sqrt(0.5 + number of sampled users whose exact top k holds the item). Codebooks fitted with these weights spend their precision where lists are
made, and need no labels: only user and item vectors whose dot product is the score.
"""

from typing import Protocol

import numpy as np

from ..arrays import F32, as_matrix, blocks
from ..errors import InputError
from ..vectors import Vectors, as_vectors

USER_ROWS = 512
ITEM_ROWS = 16_384
FLOOR = 0.5


class RowLists(Protocol):
    """Row numbers per user as two flat arrays: those of user i are values[starts[i] : starts[i + 1]]."""

    @property
    def starts(self) -> np.ndarray: ...
    @property
    def values(self) -> np.ndarray: ...


def exposure(users: F32, items: F32 | Vectors, *, sample: int = 4000, k: int = 100, exclude: RowLists | None = None, seed: int = 0) -> F32:
    """Weight of each item, float32 (n,): sqrt(0.5 + how many of `sample` random users have it in their exact top k).

    users (m, d) and items (n, d) or Vectors, scored by dot product; exclude: item rows that a user is never shown (such as those seen already), one list a user
    of `users`. Equal scores go to the lower item row. Memory: blocks of 512 users by 16,384 items, whatever n is.
    Raises InputError for vectors that are not finite or of different dimensions, a sample or k below 1, or lists that do not fit.
    """
    users = as_matrix(users, "users")
    vectors = items if isinstance(items, Vectors) else as_vectors(as_matrix(items, "items"), zero_rows="keep")
    if users.shape[1] != vectors.dim:
        raise InputError(f"users: got {users.shape[1]} dimensions; expected {vectors.dim}, as the items have. Are these vectors of the same model?")
    for name, value in (("sample", sample), ("k", k)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise InputError(f"{name}: got {value!r}; expected a whole number of at least 1.")
    if exclude is not None:
        _check_lists(exclude, len(users), vectors.count)
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(users), sample, replace=False)) if sample < len(users) else np.arange(len(users))
    counts = np.zeros(vectors.count, np.int64)
    for start, stop in blocks(len(chosen), USER_ROWS):
        rows = _top(users, vectors, chosen[start:stop], min(int(k), vectors.count), exclude)
        counts += np.bincount(rows, minlength=vectors.count)
    return np.sqrt(FLOOR + counts).astype(np.float32)


def _check_lists(exclude: RowLists, users: int, items: int) -> None:
    starts, values = np.asarray(exclude.starts), np.asarray(exclude.values)
    if starts.shape != (users + 1,):
        raise InputError(f"exclude: got {starts.size - 1} lists; expected {users}, one a user.")
    if values.size and not 0 <= int(values.min()) <= int(values.max()) < items:
        raise InputError(f"exclude: got rows from {values.min()} to {values.max()}; expected 0 to {items - 1}, rows of the items.")


def _top(users: F32, vectors: Vectors, chosen: np.ndarray, k: int, exclude: RowLists | None) -> np.ndarray:
    """Item rows in the exact top k of the chosen users, all users' lists in one flat array; excluded rows never among them."""
    best = np.full((len(chosen), k), -np.inf, np.float32)
    rows = np.full((len(chosen), k), -1, np.int64)
    queries = users[chosen]
    line, row = _pairs(chosen, exclude)
    for start, items in vectors.blocks(ITEM_ROWS):
        stop = start + len(items)
        scores = queries @ items.T
        here = (row >= start) & (row < stop)
        scores[line[here], row[here] - start] = -np.inf
        scores = np.concatenate([best, scores], axis=1)
        numbers = np.concatenate([rows, np.broadcast_to(np.arange(start, stop), (len(chosen), stop - start))], axis=1)
        keep = _largest(scores, k)
        best, rows = np.take_along_axis(scores, keep, axis=1), np.take_along_axis(numbers, keep, axis=1)
    return rows[best > -np.inf]


def _largest(scores: F32, k: int) -> np.ndarray:
    """Positions of the k largest scores of each line, rising; the lower position wins a tie."""
    limit = np.partition(scores, -k, axis=1)[:, -k][:, None]
    above, equal = scores > limit, scores == limit
    equal &= np.cumsum(equal, axis=1) <= k - above.sum(axis=1, keepdims=True)
    return np.nonzero(above | equal)[1].reshape(len(scores), k)


def _pairs(chosen: np.ndarray, exclude: RowLists | None) -> tuple[np.ndarray, np.ndarray]:
    """The lists of the chosen users as pairs: line in the block, item row."""
    if exclude is None:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    starts, values = np.asarray(exclude.starts, np.int64), np.asarray(exclude.values, np.int64)
    lists = [values[starts[user] : starts[user + 1]] for user in chosen]
    return np.repeat(np.arange(len(chosen)), [len(one) for one in lists]), np.concatenate(lists) if lists else np.empty(0, np.int64)

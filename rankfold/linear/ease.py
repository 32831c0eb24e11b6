"""EASE: the linear recommender in closed form, and its weights pruned to a few of every item.

Steck, "Embarrassingly shallow autoencoders for sparse data", 2019. The scores of a user are the sum of the weight rows of the items that the user took.
"""

import numpy as np

from ..arrays import F32
from ..codec import check_range
from ..search.rows import Rows
from .taken import check_taken, gram

WHOLE = 256


def fit_ease(taken: Rows, items: int, *, ridge: float = 100.0) -> F32:
    """Weights float32 (items, items), 0 on the diagonal, of least squared error over users with a ridge: users' 0/1 rows times weights are the scores.

    taken: the items of every user. ridge: above 0, in users; to be chosen on held-out items. An item that nobody took has weights of 0. Memory: about four
    squares of the items in float64. Raises InputError as `check_taken` says, SpecError for the ridge.
    """
    inverse = ridge_inverse(taken, items, ridge)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def ridge_inverse(taken: Rows, items: int, ridge: float) -> np.ndarray:
    """(G + ridge)^-1 of the counts G of users who took both of two items, float64 (items, items). Raises as `fit_ease` does."""
    check_taken(taken, items)
    check_range("ridge", ridge, 1e-3, 1e9)
    counts = gram(taken, items)
    counts[np.diag_indices(items)] += ridge
    return inverse_of(counts)


def inverse_of(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a symmetric positive definite matrix float64 (n, n), by halves: nearly all work is in products of large matrices."""
    n = len(matrix)
    if n <= WHOLE:
        return np.linalg.inv(matrix)
    half = n // 2
    first = inverse_of(matrix[:half, :half])
    across = first @ matrix[:half, half:]
    second = inverse_of(matrix[half:, half:] - matrix[half:, :half] @ across)
    out = np.empty_like(matrix)
    out[half:, half:] = second
    np.matmul(-across, second, out=out[:half, half:])
    out[half:, :half] = out[:half, half:].T
    out[:half, :half] = first - out[:half, half:] @ across.T
    return out


def prune_weights(weights: F32, nonzeros: int) -> tuple[np.ndarray, F32]:
    """The weights of largest magnitude of every row: index (n, nonzeros) int32 and value (n, nonzeros) float32, by falling magnitude.

    A row is what one taken item adds to the scores of the others. Rows with fewer weights end with values of 0. Raises SpecError unless
    1 <= nonzeros <= n.
    """
    check_range("nonzeros", nonzeros, 1, weights.shape[1])
    index = largest(weights, nonzeros)
    return index, np.take_along_axis(weights, index, axis=1)


def largest(matrix: np.ndarray, count: int) -> np.ndarray:
    """Places of the `count` largest magnitudes of every row (n, m), largest first, int32 (n, count); equal ones by place."""
    found = np.empty((len(matrix), count), np.int32)
    for start in range(0, len(matrix), WHOLE):
        block = -np.abs(matrix[start : start + WHOLE])
        found[start : start + WHOLE] = np.argsort(block, axis=1, kind="stable")[:, :count]
    return found

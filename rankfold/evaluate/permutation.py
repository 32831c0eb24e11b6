"""Sign-flip permutation: could the differences be chance, if before and after were two names for the same thing (Fisher, 1935)?"""

from typing import NamedTuple

import numpy as np

from ..errors import InputError

DRAWS = 9_999
# Up to so many queries that differ, all ways to swap them are worked out.
EXACT_QUERIES = 13
# Signs of one block stay below this many floats (32 MB).
BLOCK_SIGNS = 1 << 22


class SignFlip(NamedTuple):
    """p-values of "before and after are exchangeable": two_sided, and of a loss alone. n: queries; differ: those whose values differ; exact: all swaps."""

    two_sided: float
    loss: float
    n: int
    differ: int
    exact: bool


def sign_flip(before: np.ndarray, after: np.ndarray, *, draws: int = DRAWS, seed: int = 0) -> SignFlip:
    """Swap before and after of each query at random and count how often the means differ at least as much as they do.

    before, after: (n,) per-query values, NaN where a query was not judged; pairs with a NaN are left out. Up to 13 queries that differ, all 2^13 swaps are
    worked out, else `draws` of them with the found one added, which keeps the p-value honest (Phipson and Smyth, 2010). Without a difference p is 1.
    Raises InputError for other shapes and no query that was judged both times.
    """
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if old.ndim != 1 or old.shape != new.shape or draws < 1:
        raise InputError(f"before, after: got shapes {old.shape} and {new.shape}, {draws} draws; expected the same (n,), and at least 1.")
    difference = (old - new)[np.isfinite(old) & np.isfinite(new)]
    if not difference.size:
        raise InputError("before, after: no query was judged both times; expected at least one.")
    moved = difference[difference != 0]
    exact = moved.size <= EXACT_QUERIES
    sums = _all_sums(moved) if exact else _drawn_sums(moved, draws, seed)
    found = moved.sum()
    # Sums in another order must not part equals.
    slack = 1e-12 * max(1.0, float(np.abs(moved).sum()))
    extra = 0 if exact else 1
    count = sums.size + extra
    two_sided = (extra + (np.abs(sums) >= abs(found) - slack).sum()) / count
    return SignFlip(float(two_sided), float((extra + (sums >= found - slack).sum()) / count), difference.size, moved.size, exact)


def _all_sums(moved: np.ndarray) -> np.ndarray:
    sums = np.zeros(1)
    for one in moved:
        sums = np.concatenate([sums + one, sums - one])
    return sums


def _drawn_sums(moved: np.ndarray, draws: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    block = max(1, min(draws, BLOCK_SIGNS // moved.size))
    parts = []
    for start in range(0, draws, block):
        size = min(block, draws - start)
        parts.append((2.0 * rng.integers(0, 2, (size, moved.size), np.int8) - 1) @ moved)
    return np.concatenate(parts)

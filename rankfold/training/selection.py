"""The largest values of each row by magnitude: on processors by partitioning bit patterns, elsewhere by torch's own search.

The bits of a float without its sign, read as a whole number, rise with its magnitude, and NumPy partitions 16-bit numbers an order of magnitude faster than
torch finds the largest of 4,096 floats.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ..arrays import blocks
from .extra import load_torch

# Rows looked at in one go: their bits stay in the second cache.
BLOCK_ROWS = 64


def strongest(scores: Any, counts: Sequence[int], rows: Sequence[int] | None = None) -> Any:
    """Where the largest values by magnitude of each row of a bfloat16 or float32 tensor (n, h) are: places in the rows laid end to end, int64 (n, w).

    counts rise, and the first counts[i] places of a row are those of its counts[i] largest values, in no order of their own; w is the last of them. Of equal
    values the first counts. rows: the first rows[i] rows alone need their counts[i] largest, all by default; rows do not rise. What is not needed is 0.
    On a processor each thread of torch takes its share of the rows. Values that are not finite are larger than all others.
    """
    return _by_bits(scores, counts, rows) if scores.device.type == "cpu" else _by_search(scores, counts)


def _by_search(scores: Any, counts: Sequence[int]) -> Any:
    torch = load_torch()
    rows, width = scores.shape
    return torch.topk(scores.abs(), counts[-1], dim=1).indices + torch.arange(rows, device=scores.device)[:, None] * width


def _by_bits(scores: Any, counts: Sequence[int], needed: Sequence[int] | None) -> Any:
    torch = load_torch()
    rows, width = scores.shape
    bits = scores.view(torch.int16 if scores.dtype == torch.bfloat16 else torch.int32).numpy()
    flat = np.zeros((rows, counts[-1]), np.int64)

    def take(share: tuple[int, int]) -> None:
        for start, stop in blocks(share[1] - share[0], BLOCK_ROWS):
            part = slice(share[0] + start, share[0] + stop)
            here = counts if needed is None else [count for count, most in zip(counts, needed, strict=True) if most > part.start]
            flat[part, : here[-1]] = _block(bits[part], here) + part.start * width

    threads = torch.get_num_threads()
    shares = list(blocks(rows, max(1, -(-rows // threads))))
    if len(shares) == 1:
        take(shares[0])
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(take, shares))
    return torch.from_numpy(flat)


def _block(bits: np.ndarray, counts: Sequence[int]) -> np.ndarray:
    """Places inside a block, (n, w)."""
    size = bits & np.iinfo(bits.dtype).max
    largest = size.copy()
    cuts = []
    for count in reversed(counts):
        largest.partition(largest.shape[1] - count, axis=1)
        largest = largest[:, largest.shape[1] - count :]
        cuts.append(largest[:, :1].copy())
    high = np.flatnonzero(size >= cuts[0])
    if high.size > counts[-1] * len(bits):
        high = _without_late_ties(high, size, cuts[0].ravel(), counts[-1])
    found: np.ndarray = high.reshape(-1, counts[-1])
    size = size.ravel()[found]
    parts = []
    for count, cut in zip(reversed(counts[:-1]), cuts[1:], strict=True):
        inside = _first(size, cut, count)
        parts.append(found[~inside].reshape(len(found), -1))
        found, size = found[inside].reshape(-1, count), size[inside].reshape(-1, count)
    return np.concatenate([found, *reversed(parts)], axis=1)


def _first(size: np.ndarray, cut: np.ndarray, count: int) -> np.ndarray:
    """Which of the sizes (n, w) are the `count` largest of their row, of those equal to `cut` (n, 1) the first: bool (n, w)."""
    inside = size >= cut
    crowded = np.flatnonzero(inside.sum(axis=1) > count)
    if crowded.size:
        tied = size[crowded] == cut[crowded]
        spare = count - (size[crowded] > cut[crowded]).sum(axis=1, keepdims=True)
        inside[crowded] &= ~tied | (np.cumsum(tied, axis=1) <= spare)
    return inside


def _without_late_ties(found: np.ndarray, size: np.ndarray, cut: np.ndarray, count: int) -> np.ndarray:
    """Of the places found, those of `count` values a row: all above the row's cut, and the first of those equal to it."""
    rows, width = size.shape
    row = found // width
    tied = size.ravel()[found] == cut[row]
    spare = count - np.bincount(row[~tied], minlength=rows)
    before = np.cumsum(tied)
    first = np.searchsorted(row, np.arange(rows))
    rank = before - (before[first] - tied[first])[row]
    return found[~tied | (rank <= spare[row])]

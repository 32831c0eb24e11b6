"""The largest values of each row by magnitude: on processors by partitioning bit patterns, elsewhere by torch's own search.

The bits of a float without its sign, read as a whole number, rise with its magnitude, and NumPy partitions 16-bit numbers an order of magnitude faster than
torch finds the largest of 4,096 floats.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import blocks
from .extra import load_torch

# Rows looked at in one go: their bits stay in the second cache.
BLOCK_ROWS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Where the largest values of rows (n, h) are.

    flat: int64 tensor (n, w) of places in the rows laid end to end, w the largest count that was asked for. level: int8 tensor (n, w), the number of the first
    count that a value is among; values of a count are those with a level of at most its number.
    """

    flat: Any
    level: Any


def strongest(scores: Any, counts: Sequence[int]) -> Chosen:
    """The counts[0], counts[1] ... (rising) largest values by magnitude of each row of a bfloat16 or float32 tensor (n, h). Of equal values the first count.

    On a processor each thread of torch takes its share of the rows. Values that are not finite are larger than all others.
    """
    return _by_bits(scores, counts) if scores.device.type == "cpu" else _by_search(scores, counts)


def _by_search(scores: Any, counts: Sequence[int]) -> Chosen:
    torch = load_torch()
    rows, width = scores.shape
    index = torch.topk(scores.abs(), counts[-1], dim=1).indices
    level = torch.zeros(counts[-1], dtype=torch.int8, device=scores.device)
    for count in counts[:-1]:
        level[count:] += 1
    return Chosen(index + torch.arange(rows, device=scores.device)[:, None] * width, level.expand(rows, -1))


def _by_bits(scores: Any, counts: Sequence[int]) -> Chosen:
    torch = load_torch()
    rows, width = scores.shape
    bits = scores.view(torch.int16 if scores.dtype == torch.bfloat16 else torch.int32).numpy()
    flat, level = np.empty((rows, counts[-1]), np.int64), np.empty((rows, counts[-1]), np.int8)

    def take(share: tuple[int, int]) -> None:
        for start, stop in blocks(share[1] - share[0], BLOCK_ROWS):
            part = slice(share[0] + start, share[0] + stop)
            _block(bits[part], counts, flat[part], level[part])
            flat[part] += part.start * width

    threads = torch.get_num_threads()
    shares = list(blocks(rows, max(1, -(-rows // threads))))
    if len(shares) == 1:
        take(shares[0])
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(take, shares))
    return Chosen(torch.from_numpy(flat), torch.from_numpy(level))


def _block(bits: np.ndarray, counts: Sequence[int], flat: np.ndarray, level: np.ndarray) -> None:
    """Fill `flat` with places inside the block and `level`, both (n, w)."""
    most = counts[-1]
    size = bits & np.iinfo(bits.dtype).max
    largest = size.copy()
    cuts = []
    for count in reversed(counts):
        largest.partition(largest.shape[1] - count, axis=1)
        largest = largest[:, largest.shape[1] - count :]
        cuts.append(largest[:, :1].copy())
    cuts.reverse()
    found = np.flatnonzero(size >= cuts[-1])
    if found.size > most * len(bits):
        found = _without_late_ties(found, size, cuts[-1].ravel(), most)
    flat[:] = found.reshape(-1, most)
    size = size.ravel()[flat]
    level[:] = len(counts) - 1
    for number in range(len(counts) - 2, -1, -1):
        level[_first(size, cuts[number], counts[number])] = number


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

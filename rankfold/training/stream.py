"""Rows of length one in a shuffled order that depends on the seed alone, read from where they lie, never more than a pool of them in memory.

Each round over the rows cuts them into runs of neighbours, shuffles the runs, and fills one pool after the other with runs; the rows of a pool are shuffled
again. A table that fits a pool is read once and shuffled whole. The pool lies on the device that trains, in the precision of its products.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import blocks, row_norms
from ..errors import InputError
from ..progress import Progress
from ..sources import block_rows, gather
from ..vectors import Vectors
from .extra import load_torch

RUN_ROWS = 256


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """numbers: (n,) int64, rows of the vectors. rows: (n, d) tensor, each of length one. lengths: (n,) float32 tensor, what they had."""

    numbers: np.ndarray
    rows: Any
    lengths: Any


class Stream:
    """An endless sequence of the rows numbered `rows` (rising, none of them zeros) of `vectors`, each once a round.

    What stands at a place of the sequence depends on `seed`, `rows` and `pool_bytes` alone, so that reading may begin anywhere. precision: a dtype of torch.
    """

    def __init__(self, vectors: Vectors, rows: np.ndarray, *, seed: int, pool_bytes: int, device: Any, precision: Any):
        self._vectors, self._rows, self._seed, self._device, self._precision = vectors, rows, seed, device, precision
        self._pool_rows = max(RUN_ROWS, pool_bytes // (precision.itemsize * vectors.dim) // RUN_ROWS * RUN_ROWS)
        self._at = (-1, -1)
        self._numbers = self._order = np.empty(0, np.int64)
        self._pool: Any = None
        self._lengths: Any = None

    def read(self, start: int, count: int) -> Batch:
        """`count` rows from place `start` on."""
        torch = load_torch()
        numbers, rows, lengths = [], [], []
        while count:
            turn, place = divmod(start, self._rows.size)
            pool, first = divmod(place, self._pool_rows)
            self._fill(turn, pool)
            chosen = self._order[first : first + count]
            at = torch.from_numpy(chosen).to(self._device)
            numbers.append(self._numbers[chosen])
            rows.append(self._pool[at])
            lengths.append(self._lengths[at])
            start, count = start + chosen.size, count - chosen.size
        return Batch(np.concatenate(numbers), torch.cat(rows), torch.cat(lengths))

    def _fill(self, turn: int, pool: int) -> None:
        if self._at == (turn, pool):
            return
        if self._pool is None or self._pool_rows < self._rows.size:
            self._numbers = self._members(turn, pool)
            # The old pool is let go before the next one is made.
            self._pool = self._lengths = None
            self._pool, self._lengths = unit_tensors(self._vectors, self._numbers, device=self._device, precision=self._precision)
        self._order = np.random.default_rng((self._seed, turn, pool, 1)).permutation(self._numbers.size)
        self._at = turn, pool

    def _members(self, turn: int, pool: int) -> np.ndarray:
        """Row numbers of a pool, rising; all pools of a round have `pool_rows` of them, the last one what is left."""
        if self._pool_rows >= self._rows.size:
            return self._rows
        starts = np.arange(0, self._rows.size, RUN_ROWS)
        # The run cut short comes last, so that all other pools are full.
        shuffled = np.random.default_rng((self._seed, turn, 0, 0)).permutation(starts.size - 1)
        runs = self._pool_rows // RUN_ROWS
        chosen = np.append(shuffled, starts.size - 1)[pool * runs : (pool + 1) * runs]
        return np.sort(np.concatenate([self._rows[starts[run] : starts[run] + RUN_ROWS] for run in chosen]))


def unit_tensors(vectors: Vectors, numbers: np.ndarray, *, device: Any, precision: Any) -> tuple[Any, Any]:
    """The rows of these numbers (rising) divided by their lengths, (n, d), and the lengths, (n,) float32, as tensors; read block by block."""
    torch = load_torch()
    rows = torch.empty(numbers.size, vectors.dim, dtype=precision, device=device)
    lengths = torch.empty(numbers.size, dtype=torch.float32, device=device)
    for start, stop in blocks(numbers.size, block_rows(vectors.dim)):
        x = gather(vectors.matrix, numbers[start:stop])
        size = row_norms(x)
        rows[start:stop] = torch.from_numpy(x / size[:, None]).to(device)
        lengths[start:stop] = torch.from_numpy(size).to(device)
    return rows, lengths


def rows_with_direction(vectors: Vectors, progress: Progress) -> np.ndarray:
    """The numbers, rising, of the rows that are not all zeros: those have nothing to be learned from. Raises InputError where there is none."""
    found = []
    for first, x in vectors.blocks():
        found.append(first + np.flatnonzero(row_norms(x) > 0))
        progress("rows", first + len(x), vectors.count)
    numbers = np.concatenate(found)
    if not numbers.size:
        raise InputError(f"vectors: got {vectors.count} rows, all zeros; expected at least one with a direction.")
    return numbers

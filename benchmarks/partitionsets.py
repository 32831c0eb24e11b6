"""What benchmarks/partitions.py searches: resampled real rows, their tables and lists, kept in a folder so that timing them again takes no fit."""

import json
import sys
import tempfile
import time
from pathlib import Path

import datasets
import numpy as np
from layered import NOISE, resampled

from rankfold.arrays import F32, row_norms
from rankfold.codec import Codec
from rankfold.codecs.layered import Layered
from rankfold.codecs.pq import PQ
from rankfold.codecs.residual import Residual
from rankfold.codecs.trellis import Trellis
from rankfold.compression import compress
from rankfold.partitioning import Lists, partitioned
from rankfold.store import load
from rankfold.table import Table
from rankfold.vectors import Vectors, as_vectors

QUERIES = 400
DEPTH = 100
BLOCK = 65_536
FOLDER = Path(tempfile.gettempdir()) / "rankfold-partitions"
# Windows of 8 bits are looked up in registers. Lengths of factors take one more byte.
CODECS: dict[str, Codec] = {"text": Layered(bytes=48, coarse=Residual(8), fine=Trellis(40, window=8)), "factors": PQ(groups=16)}
# Lists of many are fitted and assigned by groups here: hours become minutes.
GROUPS_FROM = 10_000


class Resampled:
    """Rows drawn from real ones with replacement, Gaussian noise of a fifth of their length added; of any number, made when they are read."""

    def __init__(self, real: F32, count: int):
        self.real, self.shape = real, (count, real.shape[1])
        self._last: tuple[int, F32] = (-1, real[:0])

    def read(self, start: int, stop: int) -> F32:
        """Rows start..stop-1, float32: the same whenever they are read."""
        numbers = range(start // BLOCK, -(-stop // BLOCK))
        return np.concatenate([self._block(number)[max(start - number * BLOCK, 0) : stop - number * BLOCK] for number in numbers])

    def _block(self, number: int) -> F32:
        if self._last[0] != number:
            rng = np.random.default_rng([7, number])
            drawn = self.real[rng.integers(0, len(self.real), BLOCK)]
            noise = rng.standard_normal(drawn.shape, dtype=np.float32) * (np.float32(NOISE / self.shape[1] ** 0.5) * row_norms(drawn))[:, None]
            self._last = (number, drawn + noise)
        return self._last[1]


def made(kind: str, count: int) -> tuple[Vectors, F32]:
    """Vectors of `count` rows of a kind and 400 queries: text (as benchmarks/layered.py has it, real rows as queries) or factors (of amazon_book, users)."""
    rng = np.random.default_rng(1)
    if kind == "text":
        real = datasets.text()
        return as_vectors(resampled(count)[0]), real[np.sort(rng.choice(len(real), QUERIES, replace=False))]
    factors = datasets.factors("amazon_book")
    users = factors.users[np.flatnonzero(factors.users.any(axis=1))]
    return Vectors(np.arange(count), Resampled(factors.items, count)), users[np.sort(rng.choice(len(users), QUERIES, replace=False))]


def built(kind: str, count: int) -> tuple[Table, dict[str, float]]:
    """The table with lists, and the seconds that fits took; made once and kept."""
    folder = FOLDER / f"{kind}-{count}"
    told = folder / "seconds.json"
    if told.exists():
        return load(folder / "lists"), json.loads(told.read_text())
    vectors, _ = made(kind, count)
    start, busy = time.perf_counter(), time.process_time()
    whole = compress(vectors, CODECS[kind], out=folder / "whole")
    middle, middle_busy = time.perf_counter(), time.process_time()
    lists = Lists()
    wanted = lists.of(count)[0]
    table = partitioned(whole, Lists(wanted, groups=round(wanted**0.5) if wanted >= GROUPS_FROM else 0), out=folder / "lists")
    seconds = {"compress_s": middle - start, "compress_cpu_s": middle_busy - busy}
    seconds |= {"lists_s": time.perf_counter() - middle, "lists_cpu_s": time.process_time() - middle_busy}
    told.write_text(json.dumps(seconds))
    return table, seconds


if __name__ == "__main__":
    for kind, count in (("factors", 100_000), ("factors", 1_000_000), ("text", 1_000_000), ("factors", 10_000_000)):
        if (kind, str(count)) == tuple(sys.argv[1:3]) or len(sys.argv) == 1:
            print(kind, count, built(kind, count)[1], flush=True)

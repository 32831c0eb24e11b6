"""Scan blocks: a table cut into runs of rows, each packed once into the layout that its codec scans."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from .. import kernels
from ..arrays import F32, blocks
from ..codes import Arrays
from ..table import Segment, Table
from .exact import best_of

# Gathering and packing a row costs about as much as scanning it for so many single queries, measured over the codecs.
GATHER_COST = 16
# Packed copies of gathered rows take at most this share of the codes.
MOST_GATHERED = 0.25


@dataclass(slots=True, eq=False)
class ScanBlock:
    """Rows first .. first + count - 1 of the table, or those of numbers `rows` (count,), rising; all of one segment.

    The packed layout is made at the first scan and kept.
    """

    segment_number: int
    segment: Segment
    first: int
    count: int
    rows: np.ndarray | None = None
    packed: Arrays | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def scan(self, prepared: Arrays, out: F32) -> np.ndarray | float:
        """Fill `out` (q, count) and return how far its scores may be off, as Codec.scan does."""
        if self.packed is None:
            with self.lock:
                if self.packed is None:
                    start = self.first - self.segment.first
                    which = slice(start, start + self.count) if self.rows is None else self.rows - self.segment.first
                    self.packed = self.segment.codec.pack(self.segment.state, self.segment.codes.rows(which))
        return self.segment.codec.scan(prepared, self.packed, out)

    def numbers(self, columns: np.ndarray) -> np.ndarray:
        """Row numbers of columns of the block's scores."""
        return self.first + columns if self.rows is None else self.rows[columns]

    def select(self, out: F32, scores: F32, rows: np.ndarray) -> None:
        """Merge the block's scores (q, count) into the running top: scores (q, k) and rows (q, k), as `kernels.select`."""
        if self.rows is None:
            kernels.select(out, self.first, scores, rows)
            return
        mine, places = np.full(scores.shape, -np.inf, np.float32), np.full(rows.shape, -1, np.int64)
        kernels.select(out, 0, mine, places)
        numbers = np.where(places < 0, -1, self.rows[places])
        rows[:], scores[:] = best_of(np.concatenate([rows, numbers], axis=1), np.concatenate([scores, mine], axis=1), scores.shape[1])


def scan_blocks(table: Table, rows: int) -> list[ScanBlock]:
    """All rows of `table` in blocks of at most `rows`, in row order."""
    return [
        ScanBlock(number, segment, segment.first + start, stop - start)
        for number, segment in enumerate(table.segments)
        for start, stop in blocks(segment.count, rows)
    ]


def open_blocks(all_blocks: Sequence[ScanBlock], hidden: np.ndarray | None, queries: int) -> list[ScanBlock]:
    """The blocks that a search by so many queries must scan: without those that are hidden (n,) as a whole; of those hidden mostly, the open rows, gathered."""
    if hidden is None:
        return list(all_blocks)
    whole: list[ScanBlock] = []
    sparse: list[tuple[ScanBlock, np.ndarray]] = []
    most = min(MOST_GATHERED, queries / (queries + GATHER_COST))
    for block in all_blocks:
        closed = hidden[block.first : block.first + block.count]
        left = block.count - int(np.count_nonzero(closed))
        if left > most * block.count:
            whole.append(block)
        elif left:
            sparse.append((block, block.first + np.flatnonzero(~closed)))
    return whole + list(_gathered(sparse, max((block.count for block in all_blocks), default=1)))


def _gathered(parts: list[tuple[ScanBlock, np.ndarray]], most_rows: int) -> Iterator[ScanBlock]:
    """The rows of parts of blocks in few blocks, each of one segment and of at most `most_rows` rows."""
    for number, mine in groupby(parts, key=lambda part: part[0].segment_number):
        held = list(mine)
        rows = np.concatenate([part for _, part in held])
        for start, stop in blocks(rows.size, most_rows):
            yield ScanBlock(number, held[0][0].segment, int(rows[start]), stop - start, rows[start:stop])

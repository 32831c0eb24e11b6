"""Scan blocks: a table cut into runs of rows, each packed once into the layout that its codec scans."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from .. import kernels
from ..arrays import F32, blocks
from ..codec import ranked
from ..codes import Arrays
from ..errors import InputError
from ..table import Segment, Table
from .exact import best_of
from .layout import Layout, Packed, cut, joined, layout_of, take

BLOCK_ROWS = 16_384
# Taking a row out of a packed block costs about as much as scanning it for so many single queries, measured over the codecs.
GATHER_COST = 8
# Packed copies of gathered rows take at most this share of the codes.
MOST_GATHERED = 0.25


class PackedSegment:
    """A segment and the layout of what its codec packs, found when it is first asked for."""

    def __init__(self, number: int, segment: Segment):
        self.number = number
        self.segment = segment

    @cached_property
    def layout(self) -> Layout | None:
        """See `layout_of`."""
        return layout_of(self.segment)


@dataclass(slots=True, eq=False)
class ScanBlock:
    """Rows first .. first + count - 1 of the table; or, gathered, chosen rows of other blocks. All of one segment.

    The packed layout is made at the first scan and kept. rows: numbers (count,) of gathered rows, rising, else None. parts: (block, places in it) of these.
    """

    source: PackedSegment
    first: int
    count: int
    rows: np.ndarray | None = None
    parts: "Sequence[tuple[ScanBlock, np.ndarray]]" = ()
    held: Arrays | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def segment_number(self) -> int:
        """Which segment of the table it is of."""
        return self.source.number

    @property
    def segment(self) -> Segment:
        """The segment that it is of."""
        return self.source.segment

    def scan(self, prepared: Arrays, out: F32) -> np.ndarray | float:
        """Fill `out` (q, count) and return how far its scores may be off, as Codec.scan does."""
        return self.segment.codec.scan(prepared, self.packed(), out)

    def rank(self, prepared: Arrays, scores: F32, rows: np.ndarray) -> np.ndarray | float | None:
        """Scan and select in one where the codec can, and return the bound of the scan; else None, and nothing is done."""
        if self.rows is not None:
            return None
        return ranked(self.segment.codec, prepared, self.packed(), _ones(self.count), self.first, scores, rows)

    def packed(self) -> Arrays:
        """What the codec scans; packed once."""
        if self.held is None:
            with self.lock:
                if self.held is None:
                    self.held = self._pack()
        return self.held

    def _pack(self) -> Arrays:
        layout = self.source.layout if self.rows is not None else None
        if layout is not None:
            # Taken from what is packed already: packing anew may mean decoding.
            taken = [take(block.packed(), layout, places) for block, places in self.parts]
            return taken[0] if len(taken) == 1 else joined(taken, layout, [places.size for _, places in self.parts])
        start = self.first - self.segment.first
        which = slice(start, start + self.count) if self.rows is None else self.rows - self.segment.first
        return self.segment.codec.pack(self.segment.state, self.segment.codes.rows(which))

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


@lru_cache(maxsize=64)
def _ones(count: int) -> F32:
    ones = np.ones(count, np.float32)
    ones.setflags(write=False)
    return ones


def scan_blocks(table: Table, rows: int, packed: Packed | None = None) -> list[ScanBlock]:
    """All rows of `table` in blocks of at most `rows`, in row order. packed: views of it take the place of packing; rows must then be a multiple of 64.

    Raises InputError where `packed` is not of the table's segments.
    """
    sources = [PackedSegment(number, segment) for number, segment in enumerate(table.segments)]
    if packed is not None and (len(packed.segments) != len(sources) or rows % kernels.BLOCK):
        raise InputError(f"packed: got {len(packed.segments)} segments for blocks of {rows} rows; expected {len(sources)}, and a multiple of {kernels.BLOCK}.")
    found = []
    for source in sources:
        for start, stop in blocks(source.segment.count, rows):
            block = ScanBlock(source, source.segment.first + start, stop - start)
            if packed is not None:
                layout, arrays = packed.segments[source.number]
                block.held = cut(arrays, layout, start, stop)
            found.append(block)
    return found


def open_blocks(all_blocks: Sequence[ScanBlock], hidden: np.ndarray | None, queries: int) -> list[ScanBlock]:
    """The blocks that a search by so many queries must scan: without those that are hidden (n,) as a whole; of those hidden mostly, the open rows, gathered."""
    if hidden is None:
        return list(all_blocks)
    whole: list[ScanBlock] = []
    gathered: list[ScanBlock] = []
    waiting: list[tuple[ScanBlock, np.ndarray]] = []
    most = min(MOST_GATHERED, queries / (queries + GATHER_COST))
    room = max((block.count for block in all_blocks), default=1)
    for block in all_blocks:
        closed = hidden[block.first : block.first + block.count]
        left = block.count - int(np.count_nonzero(closed))
        if left > most * block.count:
            whole.append(block)
        elif left:
            if waiting and (waiting[0][0].source is not block.source or left + sum(places.size for _, places in waiting) > room):
                gathered.append(_gathered(waiting))
                waiting = []
            waiting.append((block, np.flatnonzero(~closed)))
    return whole + gathered + ([_gathered(waiting)] if waiting else [])


def _gathered(parts: list[tuple[ScanBlock, np.ndarray]]) -> ScanBlock:
    """Chosen rows of blocks of one segment, given by their places in them, as one block."""
    rows = np.concatenate([block.first + places for block, places in parts])
    return ScanBlock(parts[0][0].source, int(rows[0]), rows.size, rows, parts)

"""Scan blocks: a table cut into runs of rows, each packed once into the layout that its codec scans."""

import threading
from dataclasses import dataclass, field

import numpy as np

from ..arrays import F32, as_mask, blocks
from ..codes import Arrays
from ..table import Segment, Table


@dataclass(slots=True, eq=False)
class ScanBlock:
    """Rows first .. first + count - 1 of the table, all of one segment. The packed layout is made at the first scan and kept."""

    segment_number: int
    segment: Segment
    first: int
    count: int
    packed: Arrays | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def scan(self, prepared: Arrays, out: F32) -> np.ndarray | float:
        """Fill `out` (q, count) and return how far its scores may be off, as Codec.scan does."""
        if self.packed is None:
            with self.lock:
                if self.packed is None:
                    start = self.first - self.segment.first
                    self.packed = self.segment.codec.pack(self.segment.state, self.segment.codes.rows(slice(start, start + self.count)))
        return self.segment.codec.scan(prepared, self.packed, out)


def scan_blocks(table: Table, rows: int) -> list[ScanBlock]:
    """All rows of `table` in blocks of at most `rows`, in row order."""
    return [
        ScanBlock(number, segment, segment.first + start, stop - start)
        for number, segment in enumerate(table.segments)
        for start, stop in blocks(segment.count, rows)
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """What a scan must not return: rows for all queries (`hidden`, (n,) bool or None) and (query, row) pairs sorted by row."""

    hidden: np.ndarray | None
    pair_query: np.ndarray
    pair_row: np.ndarray

    def apply(self, block: ScanBlock, out: F32) -> None:
        """Put -inf where a row of the block may not be returned."""
        if self.hidden is not None:
            columns = np.flatnonzero(self.hidden[block.first : block.first + block.count])
            if columns.size:
                out[:, columns] = -np.inf
        if self.pair_row.size:
            start, stop = np.searchsorted(self.pair_row, (block.first, block.first + block.count))
            out[self.pair_query[start:stop], self.pair_row[start:stop] - block.first] = -np.inf

    def only(self, queries: np.ndarray) -> "Masks":
        """The same masks for a choice of queries, given by number in ascending order."""
        place = np.searchsorted(queries, self.pair_query)
        kept = (place < queries.size) & (queries[np.minimum(place, queries.size - 1)] == self.pair_query)
        return Masks(self.hidden, place[kept], self.pair_row[kept])


def hidden_rows(table: Table, allow: np.ndarray | None) -> np.ndarray | None:
    """Rows that no query may get, (n,) bool: the removed ones and those not in `allow` (n,); None where all may be had. Raises InputError for another mask."""
    hidden = None if table.alive is None else ~table.alive
    if allow is None:
        return hidden
    denied = ~as_mask(allow, table.count, "allow")
    return denied if hidden is None else denied | hidden

"""Packed lists: the rows of one segment in the order of a partition's lists, in blocks of 64 rows that are packed when they are first scanned.

A list takes whole blocks, so that any lists side by side in memory are one scan, however short each of them is.
"""

import threading

import numpy as np

from .. import kernels
from ..arrays import F32
from ..arrays import blocks as ranges
from ..codec import describe
from ..codes import Arrays
from ..errors import SpecError
from ..partition import Partition
from ..table import Segment
from .layout import Along, axes_of

BLOCK = kernels.BLOCK
PACK_BLOCKS = 256  # packed in one call


class PackedLists:
    """The rows of a segment that are in lists, list by list; a slot is a place for one row, 64 to a block, and slots behind the end of a list hold nothing.

    Memory: one packed copy of the rows that were scanned so far, and 12 bytes a list. Raises SpecError for a codec whose layout does not grow with the rows.
    """

    def __init__(self, segment: Segment, partition: Partition):
        self.segment = segment
        low, high = segment.first, segment.first + segment.count
        # The rows that stand in order: those of the partition that lie in this segment.
        edges = np.clip(partition.starts, low, high)
        self.ordered_first, self.ordered = edges[:-1] - low, np.diff(edges)
        mine = (partition.more_rows >= low) & (partition.more_rows < high)
        if mine.all():
            self.more_starts, self.more_rows = partition.more_starts, partition.more_rows - low
        else:
            self.more_starts = np.concatenate([[0], np.cumsum(mine)])[partition.more_starts]
            self.more_rows = partition.more_rows[mine] - low
        self.counts = self.ordered + np.diff(self.more_starts)
        self.first_block = np.concatenate([[0], np.cumsum(-(-self.counts // BLOCK))])
        self._list_of_block: np.ndarray | None = None
        self._ready = np.zeros(self.counts.size, np.bool_)
        self._lock = threading.Lock()
        self._arrays: dict[str, np.ndarray] = {}
        self._constants: dict[str, np.ndarray] = {}

    @property
    def blocks(self) -> int:
        """How many blocks all lists take."""
        return int(self.first_block[-1])

    @property
    def ready(self) -> int:
        """How many lists were packed so far."""
        return int(self._ready.sum())

    @property
    def nbytes(self) -> int:
        """Bytes of the packed lists when all of them were scanned."""
        return sum(array.nbytes for array in self._arrays.values())

    def blocks_of(self, lists: np.ndarray) -> np.ndarray:
        """The blocks of some lists, one after the other, int64."""
        first = self.first_block[lists]
        counts = self.first_block[lists + 1] - first
        ends = np.cumsum(counts)
        return np.arange(ends[-1] if ends.size else 0) + np.repeat(first - (ends - counts), counts)

    def scan(self, prepared: Arrays, lists: np.ndarray, blocks: np.ndarray, out: F32) -> np.ndarray | float:
        """Fill `out` (q, 64 * blocks) with the scores of the rows in these blocks, at least one, of lists among `lists`; says how far they are off at most.

        Slots that hold no row get -inf.
        """
        fresh = lists[~self._ready[lists]]
        if fresh.size:
            self._pack(fresh)
        together = int(blocks[-1]) - int(blocks[0]) + 1 == blocks.size
        which = slice(int(blocks[0]), int(blocks[-1]) + 1) if together else blocks
        packed = {name: _flat(array[which]) for name, array in self._arrays.items()} | self._constants
        bound = self.segment.codec.scan(prepared, packed, out)
        out[:, self._empty(blocks)] = -np.inf
        return bound

    def _empty(self, blocks: np.ndarray) -> np.ndarray:
        """The places of slots without a row, among the slots of these blocks."""
        owner = self.owners(blocks)
        left = np.minimum(self.counts[owner] - BLOCK * (blocks - self.first_block[owner]), BLOCK)
        short = np.flatnonzero(left < BLOCK)
        spare = BLOCK - left[short]
        ends = np.cumsum(spare)
        return np.arange(ends[-1] if ends.size else 0) + np.repeat(BLOCK * short + left[short] - (ends - spare), spare)

    def owners(self, blocks: np.ndarray) -> np.ndarray:
        """The list of each block."""
        if self._list_of_block is None:
            self._list_of_block = np.repeat(np.arange(self.counts.size, dtype=np.int32), np.diff(self.first_block))
        return self._list_of_block[blocks]

    def rows(self, blocks: np.ndarray, slots: np.ndarray) -> np.ndarray:
        """Row numbers of the table, int64, for places among the slots of these blocks; any number where a slot holds no row."""
        held = blocks[slots // BLOCK]
        owner = self.owners(held)
        within = BLOCK * (held - self.first_block[owner]) + slots % BLOCK
        rows = self.ordered_first[owner] + within
        if self.more_rows.size:
            later = np.flatnonzero(within >= self.ordered[owner])
            place = self.more_starts[owner[later]] + within[later] - self.ordered[owner[later]]
            rows[later] = self.more_rows[np.minimum(place, self.more_rows.size - 1)]
        return np.minimum(rows, self.segment.count - 1) + self.segment.first

    def open_counts(self, hidden: np.ndarray) -> np.ndarray:
        """How many rows of each list are not hidden (n,), int64 (lists,)."""
        first = self.segment.first
        total = np.concatenate([[0], np.cumsum(~hidden[first : first + self.segment.count])])
        later = np.concatenate([[0], np.cumsum(~hidden[first + self.more_rows])])
        return total[self.ordered_first + self.ordered] - total[self.ordered_first] + np.diff(later[self.more_starts])

    def _pack(self, lists: np.ndarray) -> None:
        with self._lock:
            if not self._arrays:
                self._allocate()
            left = np.sort(lists[~self._ready[lists]])
            ends = np.cumsum(np.diff(self.first_block)[left])
            for part in np.split(left, np.searchsorted(ends, np.arange(PACK_BLOCKS, int(ends[-1] if ends.size else 0), PACK_BLOCKS))):
                blocks = self.blocks_of(part)
                for start, stop in ranges(blocks.size, PACK_BLOCKS):
                    self._pack_blocks(blocks[start:stop])
                self._ready[part] = True

    def _pack_blocks(self, blocks: np.ndarray) -> None:
        # Slots without a row are filled with any row: nobody looks at their scores.
        rows = self.rows(blocks, np.arange(BLOCK * blocks.size)) - self.segment.first
        packed = self.segment.codec.pack(self.segment.state, self.segment.codes.rows(rows))
        for name, array in packed.items():
            if name in self._arrays:
                self._arrays[name][blocks] = array.reshape(blocks.size, *self._arrays[name].shape[1:])

    def _allocate(self) -> None:
        """Find out how the layout grows with the rows, and make room for all blocks: memory that is not written to yet costs nothing."""
        segment, along = self.segment, axes_of(self.segment)
        for name, array in segment.codec.pack(segment.state, segment.codes.rows(np.arange(BLOCK) % segment.count)).items():
            if along[name] is None:
                raise SpecError(f"codec {describe(segment.codec)}: its packed {name!r} does not grow with the rows by whole entries for 64 of them.")
            if along[name] is Along.NOTHING:
                self._constants[name] = array
            else:
                self._arrays[name] = np.zeros((self.blocks, *array.shape), array.dtype)


def _flat(array: np.ndarray) -> np.ndarray:
    """Entries by block (blocks, m, ...) as one after the other."""
    return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])

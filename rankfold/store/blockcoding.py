"""The arrays of an artifact as items of a few bytes, in blocks that are coded each on its own."""

from dataclasses import dataclass
from math import prod

import numpy as np

from ..errors import ArtifactError
from ..kernels import RANS_LANES, rans_decode, rans_encode
from .manifest import ALIVE, IDS, FileEntry
from .shares import Shares

MOST_WIDTH = 4_096
LEAST_BLOCK_BYTES, MOST_BLOCK_BYTES, BLOCK_ITEMS = 1 << 16, 1 << 22, 4_096
STATE_BYTES = 4 * RANS_LANES


@dataclass(frozen=True, slots=True)
class Grid:
    """How an array is cut: `items` of `width` bytes, `block` of them together, `per_row` to a row of the array."""

    items: int
    width: int
    block: int
    per_row: int

    @property
    def blocks(self) -> int:
        """How many blocks."""
        return -(-self.items // self.block)

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return self.items * self.width

    def size(self, number: int) -> int:
        """Items of block `number`."""
        return min(self.block, self.items - number * self.block)


def grid_of(name: str, entry: FileEntry) -> Grid:
    """A row of codes, ids or marks is one item, unless it is longer than MOST_WIDTH; anything else is cut into its numbers."""
    itemsize, numbers = np.dtype(entry.dtype).itemsize, prod(entry.shape)
    row = itemsize * prod(entry.shape[1:])
    by_row = name in (IDS, ALIVE) or ".codes." in name
    width = row if by_row and 0 < row <= MOST_WIDTH else itemsize
    block = BLOCK_ITEMS
    while block * width < LEAST_BLOCK_BYTES:
        block *= 2
    while block * width > MOST_BLOCK_BYTES:
        block //= 2
    return Grid(numbers * itemsize // width, width, block, row // width)


def planes_of(items: np.ndarray, *, differences: bool) -> np.ndarray:
    """uint8 (m, w) -> (w, m): one plane a byte of the item. differences: of 64-bit numbers, each less the one before it in the block."""
    if differences:
        numbers = items.reshape(-1).view("<u8")
        items = np.diff(numbers, prepend=np.uint64(0)).astype("<u8").view(np.uint8).reshape(-1, 8)
    return np.ascontiguousarray(items.T)


def encode_block(items: np.ndarray, shares: Shares | None, *, differences: bool) -> bytes:
    """The bytes of one block; without shares, the items as they are."""
    if shares is None:
        return items.tobytes()
    states, words = rans_encode(planes_of(items, differences=differences), shares.counts, shares.chosen)
    return states.astype("<u4").tobytes() + words.astype("<u2").tobytes()


def decode_block(raw: bytes, size: int, width: int, shares: Shares | None, *, differences: bool) -> np.ndarray:
    """The items uint8 (size, width) of one block. Raises ArtifactError when these are not the bytes of such a block."""
    if shares is None:
        if len(raw) != size * width:
            raise ArtifactError(f"a block has {len(raw)} bytes; expected {size * width}")
        return np.frombuffer(raw, np.uint8).reshape(size, width)
    if not STATE_BYTES <= len(raw) <= STATE_BYTES + 2 * size * width or len(raw) % 2:
        raise ArtifactError(f"a block has {len(raw)} bytes; expected an even number from {STATE_BYTES} to {STATE_BYTES + 2 * size * width}")
    states = np.frombuffer(raw, "<u4", RANS_LANES).astype(np.uint32)
    words = np.frombuffer(raw, "<u2", offset=STATE_BYTES).astype(np.uint16)
    planes = np.empty((width, size), np.uint8)
    if not rans_decode(states, words, shares.counts, shares.chosen, planes):
        raise ArtifactError("a block does not end as it was begun")
    items = np.ascontiguousarray(planes.T)
    if differences:
        items = np.cumsum(items.reshape(-1).view("<u8"), dtype=np.uint64).astype("<u8").view(np.uint8).reshape(-1, 8)
    return items

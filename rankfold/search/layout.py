"""How packed blocks are laid out, so that rows can be taken out of them, and blocks cut, without packing anew: packing may mean decoding every row."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from .. import kernels
from ..codes import Arrays
from ..table import Segment

PROBED_ROWS = kernels.BLOCK + 1


class Along(Enum):
    """What the first axis of a packed array counts."""

    ROWS = "rows"
    GROUPS = "groups"  # of 64 rows, which are the last axis
    NOTHING = "nothing"  # one array serves all rows


Layout = dict[str, Along]


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """The packed arrays of all rows of every segment of a table, with their layouts: what a searcher may be given instead of packing."""

    segments: tuple[tuple[Layout, Arrays], ...]


def layout_of(segment: Segment) -> Layout | None:
    """The first axis of every array that the codec of a segment packs; None where one follows no such rule. See `axes_of`."""
    found = axes_of(segment)
    return None if None in found.values() else {name: along for name, along in found.items() if along is not None}


def axes_of(segment: Segment) -> dict[str, Along | None]:
    """What the first axis of each array that a segment's codec packs counts, seen from a block of one row and one of 65 others; None for something else."""
    few, more = (segment.codec.pack(segment.state, segment.codes.rows(rows % segment.count)) for rows in (np.zeros(1, np.int64), 1 + np.arange(PROBED_ROWS)))
    found: dict[str, Along | None] = {}
    for name, array in few.items():
        before, after = array.shape, more[name].shape
        if before[:1] == (1,) and after == (PROBED_ROWS, *before[1:]):
            found[name] = Along.ROWS
        elif len(before) == 3 and before[::2] == (1, kernels.BLOCK) and after == (2, *before[1:]) and array.dtype == np.uint8:
            found[name] = Along.GROUPS
        elif before == after and np.array_equal(array, more[name]):
            found[name] = Along.NOTHING
        else:
            found[name] = None
    return found


def take(packed: Arrays, layout: Layout, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The packed layout of some rows, numbered within the block, in the order given."""
    taken = {}
    for name, array in packed.items():
        if layout[name] is Along.GROUPS:
            taken[name] = kernels.interleave(np.ascontiguousarray(array[rows // kernels.BLOCK, :, rows % kernels.BLOCK]))
        else:
            taken[name] = array[rows] if layout[name] is Along.ROWS else array
    return taken


def cut(packed: Arrays, layout: Layout, start: int, stop: int) -> dict[str, np.ndarray]:
    """Rows start to stop - 1 of packed arrays, as views; start is a multiple of 64."""
    first, last = start // kernels.BLOCK, -(-stop // kernels.BLOCK)
    places = {Along.ROWS: slice(start, stop), Along.GROUPS: slice(first, last), Along.NOTHING: slice(None)}
    return {name: array[places[layout[name]]] for name, array in packed.items()}


def joined(parts: list[dict[str, np.ndarray]], layout: Layout, counts: list[int]) -> dict[str, np.ndarray]:
    """The packed layout of the rows of several packed blocks, one after the other; counts: how many rows each has."""
    out = {}
    for name, along in layout.items():
        arrays = [part[name] for part in parts]
        if along is Along.GROUPS:
            codes = np.concatenate([rows_of_groups(array, count) for array, count in zip(arrays, counts, strict=True)])
            out[name] = kernels.interleave(np.ascontiguousarray(codes))
        else:
            out[name] = np.concatenate(arrays) if along is Along.ROWS else arrays[0]
    return out


def rows_of_groups(array: np.ndarray, count: int) -> np.ndarray:
    """Codes (count, g) out of their interleaved layout (b, g, 64): what `kernels.interleave` was given."""
    return array.transpose(0, 2, 1).reshape(-1, array.shape[1])[:count]

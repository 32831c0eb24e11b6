"""Sparse rows: compressed sparse rows (CSR) with their ids, and how they come out of a table whose codec sums atoms of a dictionary."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_ids, blocks
from ..codec import Latents, latents
from ..codecs import get, names
from ..codes import Arrays
from ..errors import InputError
from ..table import Segment, Table

BLOCK_ROWS = 65_536
MAX_WIDTH = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class SparseRows:
    """Rows with few values, as CSR: row i holds `data[indptr[i]:indptr[i + 1]]` in the columns `indices[indptr[i]:indptr[i + 1]]`, 0 elsewhere.

    ids (n,) int64 or fixed-width bytes; indptr (n + 1,) int64; indices (nnz,) int32, rising within a row; data (nnz,) float32, finite, never 0;
    width: how many columns there are.
    """

    ids: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    data: F32
    width: int

    @property
    def count(self) -> int:
        """How many rows."""
        return self.ids.shape[0]

    @property
    def nonzeros(self) -> int:
        """Values in all rows."""
        return self.data.size

    @property
    def lengths(self) -> np.ndarray:
        """Values of each row, (n,) int64."""
        return np.diff(self.indptr)

    @property
    def most(self) -> int:
        """Values of the longest row."""
        return int(self.lengths.max(initial=0))

    @property
    def has_negative(self) -> bool:
        """Whether any value is below zero."""
        return bool((self.data < 0).any())

    def take(self, rows: np.ndarray) -> "SparseRows":
        """The rows numbered `rows`, in that order."""
        lengths = self.lengths[rows]
        indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        place = np.repeat(self.indptr[rows] - indptr[:-1], lengths) + np.arange(indptr[-1])
        return SparseRows(self.ids[rows], indptr, self.indices[place], self.data[place], self.width)


def sparse_rows(index: np.ndarray, value: np.ndarray, width: int, ids: object) -> SparseRows:
    """Values by their column, as `codec.Latents` holds them, as sparse rows.

    index (n, k) whole numbers from 0 to width - 1; value (n, k) float32; a value of 0 is no entry; values of one column of a row are added up.
    ids (n,): whole numbers or text. Raises InputError for other shapes and dtypes, columns out of range, values that are not finite, and bad ids.
    """
    if not 1 <= width <= MAX_WIDTH:
        raise InputError(f"width: got {width}; expected 1 to {MAX_WIDTH} columns.")
    if index.ndim != 2 or index.dtype.kind not in "iu" or value.shape != index.shape or value.dtype != np.float32:
        raise InputError(
            f"index, value: got {index.dtype} of shape {index.shape} and {value.dtype} of shape {value.shape}; expected whole numbers and float32, both (n, k)."
        )
    if index.size and (int(index.min()) < 0 or int(index.max()) >= width):
        raise InputError(f"index: got {int(index.min())} to {int(index.max())}; expected 0 to {width - 1}, the atoms of the dictionary.")
    bad = np.flatnonzero(~np.isfinite(value).all(axis=1))
    if bad.size:
        raise InputError(f"value: row {int(bad[0])} holds a value that is not finite ({bad.size} such rows); expected finite ones. Compress these rows anew.")
    kept = _in_order(index, value, width)
    lengths = np.bincount(kept[0], minlength=index.shape[0])
    return SparseRows(as_ids(ids, index.shape[0]), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), kept[1], kept[2], width)


def _in_order(index: np.ndarray, value: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(row int64, column int32, value float32) of every value that is not 0, by row and column, each pair once."""
    row, place = np.nonzero(value)
    column, data = index[row, place].astype(np.int64), value[row, place]
    order = np.argsort(row * width + column, kind="stable")
    row, column, data = row[order], column[order], data[order]
    first = np.ones(row.size, np.bool_)
    first[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    if not first.all():
        summed = np.add.reduceat(data, np.flatnonzero(first), dtype=np.float64).astype(np.float32)
        row, column, data = row[first][summed != 0], column[first][summed != 0], summed[summed != 0]
    return row, column.astype(np.int32), data


def joined(parts: list[SparseRows], ids: np.ndarray) -> SparseRows:
    """Parts of one width, one after the other, under these ids."""
    starts = np.concatenate([[0], *(part.lengths for part in parts)])
    indices, data = (np.concatenate([getattr(part, name) for part in parts]) for name in ("indices", "data"))
    return SparseRows(ids, np.cumsum(starts).astype(np.int64), indices, data, parts[0].width)


def rows_of(table: Table) -> tuple[SparseRows, F32]:
    """The rows of a table that were not removed, as sums of its atoms, and the atoms (h, d) float32: what they decode to, up to float rounding.

    Memory: 16 bytes a value, the ids, and a block of rows. Raises InputError for a table whose codec has no latents, or has several dictionaries.
    """
    atoms: F32 | None = None
    seen: Arrays | None = None
    parts = []
    for segment in table.segments:
        for start, stop in blocks(segment.count, BLOCK_ROWS):
            part = _latents_of(segment, slice(start, stop))
            if atoms is not None and segment.state is not seen and not np.array_equal(part.atoms, atoms):
                raise InputError("table: its segments have several dictionaries; expected one, so that a column means one atom. Compress all rows anew.")
            atoms, seen = part.atoms, segment.state
            parts.append(sparse_rows(part.index, part.value, part.atoms.shape[0], np.arange(stop - start)))
    if atoms is None:
        raise InputError("table: has no rows; expected at least one.")
    rows = joined(parts, table.ids)
    return (rows if table.alive is None else rows.take(np.flatnonzero(table.alive))), atoms


def _latents_of(segment: Segment, which: slice) -> Latents:
    found = latents(segment.codec, segment.state, segment.codes.rows(which))
    if found is None:
        having = [name for name in names() if hasattr(get(name), "latents")]
        raise InputError(
            f"table: its codec {segment.codec.name!r} has no latents, so nothing sparse to export; expected one of {', '.join(having) or 'none here'}. "
            "Compress the rows with such a codec."
        )
    return found

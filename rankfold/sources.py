"""Where rows come from: an array in memory, or a file that is read block by block.

A long-lived memory map counts every page it has touched as resident, so files are opened, read and closed for each block instead.
"""

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from .arrays import F32, blocks, check_finite, check_no_zero_rows
from .errors import InputError, RankfoldError

BLOCK_ROWS = 65_536
BLOCK_BYTES = 64 * 2**20
CHECK_BYTES = 16 * 2**20
SPAN_BYTES = 256 * 2**10

# What numpy, zipfile and pyarrow raise for damaged files; pyarrow's own exceptions derive from these.
DAMAGE = (
    OSError,
    ValueError,
    MemoryError,
    EOFError,
    OverflowError,
    TypeError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
)


class RowSource(Protocol):
    """Rows of one matrix, float32, wherever they lie."""

    @property
    def shape(self) -> tuple[int, int]:
        """(n, d)."""
        ...

    def read(self, start: int, stop: int) -> F32:
        """Rows start to stop as a C-contiguous float32 array (stop - start, d): a view of memory or a fresh array."""
        ...


class ArrayRows:
    """Rows of an array in memory: float32 in C order gives views, other floats and layouts are converted block by block."""

    def __init__(self, array: np.ndarray):
        self.array = array

    @property
    def shape(self) -> tuple[int, int]:
        return self.array.shape[0], self.array.shape[1]

    def read(self, start: int, stop: int) -> F32:
        return to_float32(self.array[start:stop])


@dataclass(frozen=True, slots=True, eq=False)
class FileRows:
    """Rows of one width behind each other in a file.

    dtype: of the file; offset: of the first row, in bytes.
    columns: the file holds one column after the other (Fortran order).
    headed: every row starts with its dimension as int32 (the .fvecs format), which is checked at every read.
    """

    path: Path
    dtype: np.dtype
    offset: int
    shape: tuple[int, int]
    columns: bool = False
    headed: bool = False

    def read(self, start: int, stop: int) -> F32:
        count, dim = self.shape
        with reading(self.path):
            if self.columns:
                out = np.empty((stop - start, dim), np.float32)
                with open(self.path, "rb") as file:
                    for column in range(dim):
                        file.seek(self.offset + (column * count + start) * self.dtype.itemsize)
                        out[:, column] = to_float32(self._take(file, stop - start))
                return out
            width = dim + self.headed
            with open(self.path, "rb") as file:
                file.seek(self.offset + start * width * self.dtype.itemsize)
                raw = self._take(file, (stop - start) * width).reshape(-1, width)
        if self.headed:
            self._check_heads(raw, start)
            return np.ascontiguousarray(raw[:, 1:], dtype=np.float32)
        return to_float32(raw)

    def _take(self, file, values: int) -> np.ndarray:
        raw = np.fromfile(file, self.dtype, values)
        if raw.size != values:
            raise InputError(f"{self.path}: the file has become shorter while it was read; expected {self.shape[0]} rows. Read it again.")
        return raw

    def _check_heads(self, raw: np.ndarray, start: int) -> None:
        heads = np.ascontiguousarray(raw[:, 0]).view("<i4")
        wrong = np.flatnonzero(heads != self.shape[1])
        if wrong.size:
            row = start + int(wrong[0])
            raise InputError(f"{self.path}: row {row} says it has {int(heads[wrong[0]])} dimensions; expected {self.shape[1]}, as in row 0.")


@dataclass(frozen=True, slots=True, eq=False)
class ChosenRows:
    """Rows of another source in an order of their own: row i is row `rows[i]` there, read when it is asked for."""

    source: RowSource
    rows: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, d)."""
        return self.rows.size, self.source.shape[1]

    def read(self, start: int, stop: int) -> F32:
        """Rows start to stop, float32; fast where the row numbers rise."""
        ascending, back = np.unique(self.rows[start:stop], return_inverse=True)
        found = gather(self.source, ascending)
        return found if np.array_equal(back, np.arange(stop - start)) else found[back]


def to_float32(array: np.ndarray) -> F32:
    """`array` as C-contiguous float32, itself when it is that already; values too large become infinite without a warning."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(array, dtype=np.float32)


def block_rows(dim: int, rows: int | None = None, block_bytes: int = BLOCK_BYTES) -> int:
    """How many rows of `dim` float32 values make a block: at most `rows` (65,536 when None) and `block_bytes`, at least 1."""
    return max(1, min(BLOCK_ROWS if rows is None else rows, block_bytes // (4 * dim)))


def gather(source: RowSource, rows: np.ndarray) -> F32:
    """The rows numbered `rows` (ascending int64), float32 (len(rows), d), read in spans of at most 256 KiB (or one row) front to back."""
    span = block_rows(source.shape[1], block_bytes=SPAN_BYTES)
    out = np.empty((rows.size, source.shape[1]), np.float32)
    start = 0
    while start < rows.size:
        first = int(rows[start])
        stop = int(np.searchsorted(rows, first + span))
        out[start:stop] = source.read(first, int(rows[stop - 1]) + 1)[rows[start:stop] - first]
        start = stop
    return out


def check_rows(source: RowSource, name: str, *, zero_rows: str) -> None:
    """One pass over all rows: raise InputError for the first value that is not finite and, unless kept, the first row of zeros."""
    count, dim = source.shape
    for start, stop in blocks(count, block_rows(dim, block_bytes=CHECK_BYTES)):
        block = source.read(start, stop)
        check_finite(block, name, first_row=start)
        if zero_rows == "error":
            check_no_zero_rows(block, name, first_row=start)


def regular_file(path: object, suffixes: tuple[str, ...], name: str = "path") -> Path:
    """`path` as a Path to a file that is there and ends in one of `suffixes` (any case). Raises InputError otherwise."""
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"{name}: got {type(path).__name__}; expected the path of a file. Arrays go in through as_vectors.")
    try:
        found = Path(path)
        mode = found.stat().st_mode
    except FileNotFoundError:
        raise InputError(f"{name}: {path} does not exist; expected a file that ends in {', '.join(suffixes)}.") from None
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"{name}: {path!r} cannot be read: {error}.") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"{name}: {path} is {'a directory' if stat.S_ISDIR(mode) else 'not a regular file'}; expected one file.")
    if found.suffix.lower() not in suffixes:
        raise InputError(f"{name}: {path} ends in {found.suffix or 'no suffix'!r}; expected one of {', '.join(suffixes)}.")
    return found


@contextmanager
def reading(path: object) -> Iterator[None]:
    """Turn whatever a reader raises for a damaged or unreadable file into InputError."""
    try:
        yield
    except RankfoldError:
        raise
    except DAMAGE as error:
        raise InputError(f"{path}: cannot be read ({type(error).__name__}: {str(error)[:200] or 'no more is known'}). Is the file whole?") from error

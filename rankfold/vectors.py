"""Vectors: row ids and a matrix, from arrays in memory or from .npy, .npz, .fvecs and Parquet files that may be larger than memory."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .arrays import F32, MAX_DIM, as_floats, as_ids, blocks
from .errors import InputError
from .npyfile import Npz, open_npy, read_id_file
from .parquet import ParquetRows, column_kinds, find_id_column, find_vector_columns, open_parquet, read_columns
from .sources import ArrayRows, ChosenRows, FileRows, RowSource, block_rows, check_rows, gather, reading, regular_file

SUFFIXES = (".npy", ".npz", ".parquet", ".fvecs")
ZERO_ROWS = ("error", "keep")


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Rows to compress.

    ids: (n,) unique, int64 or fixed-width bytes; matrix: where the rows (n, d) come from, float32; space: which embedding space they live in, "" = not stated.
    Raises InputError when ids and rows differ in number.
    """

    ids: np.ndarray
    matrix: RowSource
    space: str = ""

    def __post_init__(self) -> None:
        if self.ids.shape != (self.matrix.shape[0],):
            raise InputError(f"ids: got shape {self.ids.shape}; expected ({self.matrix.shape[0]},), one id a row.")
        if not isinstance(self.space, str):
            raise InputError(f"space: got {self.space!r}; expected text.")

    @property
    def count(self) -> int:
        """How many rows."""
        return self.matrix.shape[0]

    @property
    def dim(self) -> int:
        """How many dimensions."""
        return self.matrix.shape[1]

    def blocks(self, rows: int | None = None) -> Iterator[tuple[int, F32]]:
        """(first row, float32 rows) front to back; at most `rows` (65,536 when None) and at most 64 MiB a block, at least one row.

        Raises InputError for rows below 1, and when the file has changed or turns out damaged.
        """
        if rows is not None and rows < 1:
            raise InputError(f"rows: got {rows}; expected at least 1.")
        for start, stop in blocks(self.count, block_rows(self.dim, rows)):
            yield start, self.matrix.read(start, stop)

    def sample(self, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, F32]:
        """(row numbers int64, rows float32), drawn without replacement and sorted by row number; every row when `rows` is at least n.

        The same generator state gives the same rows. Memory: the sample, 8 bytes a row of the matrix, and one span of 256 KiB.
        """
        if rows < 1:
            raise InputError(f"rows: got {rows}; expected at least 1.")
        if rows >= self.count:
            return np.arange(self.count), self.read()
        chosen = np.sort(rng.choice(self.count, rows, replace=False, shuffle=False))
        return chosen, gather(self.matrix, chosen)

    def read(self) -> F32:
        """Every row, float32 (n, d), in memory: a view when the matrix is float32 in memory already."""
        if isinstance(self.matrix, ArrayRows):
            return self.matrix.read(0, self.count)
        out = np.empty(self.matrix.shape, np.float32)
        for first, block in self.blocks():
            out[first : first + len(block)] = block
        return out

    def subset(self, rows: np.ndarray) -> "Vectors":
        """The rows numbered `rows`, in that order, in memory. Raises InputError for no rows, row numbers out of range, or one row twice."""
        chosen = self.arranged(rows)
        return Vectors(chosen.ids, ArrayRows(chosen.matrix.read(0, chosen.count)), self.space)

    def arranged(self, rows: np.ndarray) -> "Vectors":
        """The rows numbered `rows`, in that order, each read where it is when it is asked for. Raises InputError, as `subset`."""
        rows = np.asarray(rows)
        if rows.dtype.kind not in "iu" or rows.ndim != 1 or not rows.size:
            raise InputError(f"rows: got {rows.dtype} of shape {rows.shape}; expected at least one row number, int64 of shape (rows,).")
        if int(rows.min()) < 0 or int(rows.max()) >= self.count:
            raise InputError(f"rows: got {int(rows.min())} to {int(rows.max())}; expected 0 to {self.count - 1}.")
        repeated = rows.size - np.unique(rows).size
        if repeated:
            raise InputError(f"rows: got {repeated} rows more than once; expected each at most once.")
        return Vectors(self.ids[rows], ChosenRows(self.matrix, rows.astype(np.int64)), self.space)


def as_vectors(matrix: object, ids: object = None, *, space: str = "", zero_rows: str = "error") -> Vectors:
    """Vectors from a matrix in memory: float16, float32 or float64 (n, d), or anything numpy can make into one without guessing.

    float32 in C order is not copied; other floats are converted block by block when they are read. ids: whole numbers or strings (n,); 0 to n - 1 when None.
    Raises InputError for other dtypes and shapes, no rows, values that are not finite, rows of zeros (unless zero_rows="keep"), and ids that repeat.
    """
    _check_zero_rows(zero_rows)
    array = as_floats(matrix, "matrix")
    checked = _row_ids(ids, array.shape[0], "ids")
    source = ArrayRows(array)
    check_rows(source, "matrix", zero_rows=zero_rows)
    return Vectors(checked, source, space)


def read_vectors(
    path: str | os.PathLike[str],
    *,
    ids: object = None,
    vector_column: str | None = None,
    id_column: str | None = None,
    space: str | None = None,
    zero_rows: str = "error",
) -> Vectors:
    """Vectors from a file, float16, float32 or float64, checked in one pass; float32 block by block afterwards.

    .npy        one matrix, any order
    .npz        one matrix: the only one, the only one with a usual name (x, vectors, item_factors ...), or `vector_column`; array `ids` (or `id_column`)
                and text `space` when there. Read into memory in its own dtype, at most 4 GiB
    .fvecs      an int32 dimension before the float32 values of each row
    .parquet    one list column, or one float column a dimension: the only one, all of them, or those that `vector_column` names or begins;
                ids from `id_column`, or from a column id, item_id, user_id ... of whole numbers or text. Needs the extra `parquet`

    ids: an array (n,), or a .npy file of one; without any ids the rows are numbered from 0. space: overrides what the file says.
    Peak memory, .npz aside, whatever the size of the file: four blocks of 64 MiB (or of one row), and up to four times the bytes of the ids.
    Raises InputError, with the row number where there is one, for damaged or foreign files, values that are not finite, rows of zeros (unless
    zero_rows="keep"), ragged rows, nulls, ids that repeat, no rows; MissingExtra for Parquet without pyarrow.
    """
    _check_zero_rows(zero_rows)
    found = regular_file(path, SUFFIXES)
    suffix = found.suffix.lower()
    if ids is not None and id_column is not None:
        raise InputError(f"ids, id_column: got both (id_column {id_column!r}); expected one of them.")
    if suffix in (".npy", ".fvecs") and (vector_column is not None or id_column is not None):
        raise InputError(f"vector_column, id_column: {path} has no named columns; expected neither. Give ids with ids=.")
    given = read_id_file(regular_file(ids, (".npy",), "ids")) if isinstance(ids, (str, os.PathLike)) else ids
    source, ids_of_file, space_of_file = _open(found, vector_column, id_column)
    # Rows first: a footer may lie about how many there are.
    check_rows(source, str(found), zero_rows=zero_rows)
    checked = _row_ids(ids_of_file(), source.shape[0], f"{found}: ids") if given is None else _row_ids(given, source.shape[0], "ids")
    return Vectors(checked, source, space_of_file if space is None else space)


Opened = tuple[RowSource, Callable[[], np.ndarray | None], str]


def _open(path: Path, vector_column: str | None, id_column: str | None) -> Opened:
    """The rows, how to read their ids (None: there are none), and the space."""
    suffix = path.suffix.lower()
    if suffix == ".npz":
        return _open_npz(path, vector_column, id_column)
    if suffix == ".parquet":
        return _open_parquet(path, vector_column, id_column)
    return (open_npy(path) if suffix == ".npy" else _open_fvecs(path)), lambda: None, ""


def _open_npz(path: Path, vector_column: str | None, id_column: str | None) -> Opened:
    archive = Npz(path)
    rows = ArrayRows(archive.read_matrix(vector_column))
    name = id_column if id_column is not None else "ids"
    ids = archive.read(name) if id_column is not None or name in archive.headers else None
    space = archive.read("space") if "space" in archive.headers else np.array("")
    if space.dtype.kind != "U" or space.size != 1:
        raise InputError(f"{path}: array 'space' is {space.dtype} of shape {space.shape}; expected one text.")
    return rows, lambda: ids, str(space.reshape(())[()])


def _open_parquet(path: Path, vector_column: str | None, id_column: str | None) -> Opened:
    file = open_parquet(path)
    with reading(path):
        kinds = column_kinds(file)
        id_name = find_id_column(kinds, id_column, path)
        rows = ParquetRows(file, path, find_vector_columns(kinds, vector_column, id_name, path))
    if rows.shape[0] == 0:
        raise InputError(f"{path}: got no rows; expected at least one.")

    def read_ids() -> np.ndarray | None:
        if id_name is None:
            return None
        return np.concatenate([columns[0] for _, columns in read_columns(open_parquet(path), path, [id_name])])

    return rows, read_ids, ""


def _open_fvecs(path: Path) -> FileRows:
    with reading(path):
        size = path.stat().st_size
        with open(path, "rb") as file:
            head = np.fromfile(file, "<i4", 1)
    if head.size == 0:
        raise InputError(f"{path}: got {size} bytes; expected at least one row.")
    dim = int(head[0])
    if not 1 <= dim <= MAX_DIM:
        raise InputError(f"{path}: row 0 says it has {dim} dimensions; expected 1 to {MAX_DIM}. Is this an .fvecs file?")
    count, rest = divmod(size, 4 * (dim + 1))
    if rest or not count:
        raise InputError(f"{path}: holds {size} bytes; expected a multiple of {4 * (dim + 1)}, one row of {dim} dimensions each. Is the file whole?")
    return FileRows(path, np.dtype("<f4"), 0, (count, dim), headed=True)


def _row_ids(ids: object, count: int, name: str) -> np.ndarray:
    return np.arange(count, dtype=np.int64) if ids is None else as_ids(ids, count, name)


def _check_zero_rows(zero_rows: str) -> None:
    if zero_rows not in ZERO_ROWS:
        raise InputError(f'zero_rows: got {zero_rows!r}; expected "error" or "keep".')

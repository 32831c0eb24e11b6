"""Parquet in: matrices as lists or as one column a dimension, and plain columns; streamed, nothing held but the current batch.

pyarrow is an extra, imported inside functions; `buffer_size` makes it stream column chunks, so one huge row group costs no more than many small ones.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import F32, MAX_DIM, MAX_ID_BYTES
from .errors import InputError, MissingExtra
from .sources import BLOCK_ROWS, block_rows, reading, to_float32

STREAM_BYTES = 2**20
BATCH_BYTES = 4 * 2**20
ID_NAMES = ("id", "ids", "item_id", "user_id", "item", "user", "row_id", "key")
ID_KINDS = ("int", "text")


def open_parquet(path: Path) -> Any:
    """The pyarrow ParquetFile, set to stream. Raises MissingExtra without pyarrow, InputError for a damaged file."""
    try:
        import pyarrow.parquet
    except ImportError:
        raise MissingExtra("pyarrow", "parquet") from None
    with reading(path):
        return pyarrow.parquet.ParquetFile(path, buffer_size=STREAM_BYTES, pre_buffer=False, memory_map=False)


def column_kinds(file: Any) -> dict[str, str]:
    """Name -> kind of every top-level column: int, float, text, time, list or the name of another Arrow type."""
    return {field.name: _kind(field.type) for field in file.schema_arrow}


def _kind(arrow_type: Any) -> str:
    import pyarrow.types as types

    if types.is_dictionary(arrow_type):
        return _kind(arrow_type.value_type)
    for kind, tests in (
        ("int", (types.is_integer,)),
        ("float", (types.is_floating,)),
        ("text", (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)),
        ("time", (types.is_timestamp, types.is_date)),
        ("list", (types.is_list, types.is_large_list, types.is_fixed_size_list)),
    ):
        if any(test(arrow_type) for test in tests):
            return kind
    return str(arrow_type)


def read_columns(file: Any, path: Path, names: Sequence[str], *, booleans: bool = False) -> Iterator[tuple[int, list[np.ndarray]]]:
    """(first row, one array a name) for each batch of rows: int64 or uint64, float64, or fixed-width UTF-8 bytes.

    Times become int64 in their own unit, and booleans, where asked for, 0 and 1.
    Raises InputError naming the row of a null, or of a text that cannot be kept.
    """
    first = 0
    with reading(path):
        for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=list(names), use_threads=False):
            arrays = []
            for name in names:
                column = _column(batch, name, path)
                _check_nulls(column, f"{path}: column {name!r}", first)
                flags = booleans and _kind(column.type) == "bool"
                arrays.append(column.to_numpy(zero_copy_only=False).astype(np.int64) if flags else _plain(column, f"{path}: column {name!r}", first))
            yield first, arrays
            first += batch.num_rows


def _column(batch: Any, name: str, path: Path) -> Any:
    at = batch.schema.get_field_index(name)
    if at < 0:
        raise InputError(f"{path}: column {name!r} is there more than once; expected different names.")
    return batch.column(at)


def _check_nulls(column: Any, name: str, first: int) -> None:
    if column.null_count:
        row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
        raise InputError(f"{name}: row {first + row} is null ({column.null_count} nulls in this block); expected a value in every row.")


def _plain(column: Any, name: str, first: int) -> np.ndarray:
    import pyarrow
    import pyarrow.compute as compute
    import pyarrow.types as types

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = _kind(column.type)
    if kind == "int":
        return column.to_numpy(zero_copy_only=False).astype(np.uint64 if column.type == pyarrow.uint64() else np.int64, copy=False)
    if kind == "float":
        return column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    if kind == "time":
        if types.is_date32(column.type):
            column = column.cast(pyarrow.int32())
        return column.cast(pyarrow.int64()).to_numpy(zero_copy_only=False)
    if kind != "text":
        raise InputError(f"{name}: got {column.type}; expected numbers or text.")
    column = column.cast(pyarrow.large_binary())
    lengths = compute.binary_length(column).to_numpy(zero_copy_only=False)
    if lengths.size and int(lengths.max()) > MAX_ID_BYTES:
        row = first + int(lengths.argmax())
        raise InputError(f"{name}: row {row} has {int(lengths.max())} bytes; expected at most {MAX_ID_BYTES}. Hash longer ids first.")
    out = np.array(column.to_pylist(), dtype=np.bytes_)
    cut = np.flatnonzero(np.char.str_len(out) != lengths)
    if cut.size:
        raise InputError(f"{name}: row {first + int(cut[0])} ends in a NUL character, which cannot be stored; expected text without it.")
    return out


def find_id_column(kinds: dict[str, str], asked: str | None, path: Path) -> str | None:
    """The column of ids: `asked`, else the first usual name that holds whole numbers or text, else None."""
    if asked is None:
        return next((name for name in ID_NAMES if kinds.get(name) in ID_KINDS), None)
    if asked not in kinds:
        raise InputError(f"{path}: id_column {asked!r} is not there; it has {', '.join(kinds)}.")
    if kinds[asked] not in ID_KINDS:
        raise InputError(f"{path}: id_column {asked!r} holds {kinds[asked]}; expected whole numbers or text.")
    return asked


def find_vector_columns(kinds: dict[str, str], asked: str | None, id_column: str | None, path: Path) -> list[str]:
    """One list column, or the columns that hold one dimension each.

    `asked` names a list column, or is how the names of the dimensions start; without it the only list column is taken, else all float columns.
    Dimensions whose names end in different numbers come in the order of these numbers, others in the order of the file.
    """
    if asked is not None and kinds.get(asked) == "list":
        return [asked]
    lists = [name for name, kind in kinds.items() if kind == "list" and name != id_column]
    if asked is None and len(lists) == 1:
        return lists
    if asked is None and lists:
        raise InputError(f"{path}: columns {', '.join(lists)} all hold lists; expected one. Name it with vector_column.")
    names = [name for name in kinds if name != id_column and (kinds[name] == "float" if asked is None else name.startswith(asked))]
    # One float column alone is more likely a price than a vector: it must be asked for.
    if len(names) < 1 + (asked is None):
        shown = ", ".join(f"{name} ({kind})" for name, kind in list(kinds.items())[:20])
        wanted = "a list column, or at least two float columns" if asked is None else f"vector_column {asked!r}, or columns whose names start with it"
        raise InputError(f"{path}: has {shown}; expected {wanted}.")
    wrong = [name for name in names if kinds[name] != "float"]
    if wrong:
        raise InputError(f"{path}: column {wrong[0]!r} holds {kinds[wrong[0]]}; expected floats, as lists or one column a dimension. Cast it before saving.")
    numbers = [re.search(r"([0-9]{1,9})$", name) for name in names]
    order = [int(match[1]) for match in numbers if match]
    if len(set(order)) == len(names):
        return [name for _, name in sorted(zip(order, names))]
    return names


class ParquetRows:
    """The rows of a matrix in a Parquet file.

    Parquet can only be read forwards, so the place reached is kept: reading with rising row numbers costs at most one pass over the file, going back
    starts again at the row group that holds the row. Holds one batch of at most 4 MiB (or one row) and the pages it comes from. Safe to call from threads.
    """

    def __init__(self, file: Any, path: Path, columns: list[str]):
        self.path = path
        self._columns = columns
        self._file = file
        self._lock = threading.Lock()
        self._groups = np.concatenate([[0], np.cumsum([file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)], dtype=np.int64)])
        self._at = -1
        self._batches: Iterator[F32] = iter(())
        self._rest = np.empty((0, 0), np.float32)
        dim = self._find_dim()
        if not 1 <= dim <= MAX_DIM:
            raise InputError(f"{path}: got {dim} dimensions; expected 1 to {MAX_DIM}.")
        self.shape = (int(self._groups[-1]), dim)

    def read(self, start: int, stop: int) -> F32:
        out = np.empty((stop - start, self.shape[1]), np.float32)
        with self._lock, reading(self.path):
            self._go_to(start)
            while self._at < stop:
                if not len(self._rest):
                    self._next_batch()
                part = self._rest[: stop - self._at]
                out[self._at - start : self._at - start + len(part)] = part
                self._rest = self._rest[len(part) :]
                self._at += len(part)
        return out

    def _go_to(self, start: int) -> None:
        group = int(np.searchsorted(self._groups, start, side="right")) - 1
        if not 0 <= self._at <= start or self._groups[group] > self._at + len(self._rest):
            first = self._groups[group]
            self._at, self._rest, self._batches = int(first), self._rest[:0], self._from_group(group, block_rows(self.shape[1], block_bytes=BATCH_BYTES))
        while self._at < start:
            if not len(self._rest):
                self._next_batch()
            skipped = min(start - self._at, len(self._rest))
            self._rest = self._rest[skipped:]
            self._at += skipped

    def _next_batch(self) -> None:
        # The old batch is let go before the next one is made.
        self._rest = self._rest[:0].copy()
        for batch in self._batches:
            if len(batch):
                self._rest = batch
                return
        reached, self._at = self._at, -1
        raise InputError(f"{self.path}: ends after {reached} rows; its footer says {self.shape[0]}. Is the file whole?")

    def _from_group(self, group: int, rows: int) -> Iterator[F32]:
        first = int(self._groups[group])
        groups = range(group, len(self._groups) - 1)
        for batch in self._file.iter_batches(batch_size=rows, row_groups=groups, columns=self._columns, use_threads=False):
            yield self._matrix(batch, first, self.shape[1])
            first += batch.num_rows

    def _matrix(self, batch: Any, first: int, dim: int) -> F32:
        columns = [_column(batch, name, self.path) for name in self._columns]
        for name, column in zip(self._columns, columns):
            _check_nulls(column, f"{self.path}: column {name!r}", first)
        if _kind(columns[0].type) == "list":
            return self._from_lists(columns[0], first, dim)
        out = np.empty((batch.num_rows, dim), np.float32)
        for position, column in enumerate(columns):
            out[:, position] = to_float32(column.to_numpy(zero_copy_only=False))
        return out

    def _from_lists(self, column: Any, first: int, dim: int) -> F32:
        import pyarrow.compute as compute

        name = f"{self.path}: column {self._columns[0]!r}"
        lengths = compute.list_value_length(column).to_numpy(zero_copy_only=False)
        ragged = np.flatnonzero(lengths != dim)
        if ragged.size:
            raise InputError(f"{name}: row {first + int(ragged[0])} has {int(lengths[ragged[0]])} values; expected {dim}, as in row 0.")
        values = column.flatten()
        if values.null_count:
            row = int(np.flatnonzero(values.is_null().to_numpy(zero_copy_only=False))[0]) // dim
            raise InputError(f"{name}: row {first + row} holds a null; expected {dim} values.")
        return to_float32(values.to_numpy(zero_copy_only=False)).reshape(-1, dim)

    def _find_dim(self) -> int:
        import pyarrow.types as types

        field = self._file.schema_arrow.field(self._columns[0])
        if _kind(field.type) != "list":
            return len(self._columns)
        if _kind(field.type.value_type) != "float":
            kind = field.type.value_type
            raise InputError(f"{self.path}: column {self._columns[0]!r} holds lists of {kind}; expected lists of floats. Cast it before saving.")
        if types.is_fixed_size_list(field.type):
            return field.type.list_size
        with reading(self.path):
            for batch in self._file.iter_batches(batch_size=1, columns=self._columns, use_threads=False):
                lists = _column(batch, self._columns[0], self.path)
                _check_nulls(lists, f"{self.path}: column {self._columns[0]!r}", 0)
                return len(lists[0])
        return 0

"""Attributes from a file: a column of ids and one or more columns of values, brought into the order of a table's rows."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..arrays import as_text
from ..errors import InputError
from ..npyfile import Npz
from ..parquet import ID_NAMES, column_kinds, find_id_column, open_parquet, read_columns
from ..sources import reading, regular_file
from ..table import Table
from .attributes import Attributes, attributes_of

SUFFIXES = (".parquet", ".csv", ".tsv", ".npz")


def read_attributes(path: str | os.PathLike[str], table: Table, *, names: Sequence[str] | None = None, id_column: str | None = None) -> Attributes:
    """Attributes of the rows of a table, from Parquet (needs the extra `parquet`), CSV or TSV in UTF-8 with a header line, or .npz.

    names: which columns; None for all but the ids. id_column: else one of the usual names (id, item_id, ...). In CSV a column is numbers where all its values
    are. Ids that the table does not have are passed over; every row of the table must be there, but for removed ones.
    Raises InputError for missing columns, nulls, damaged files, ids that come twice, ids of another kind than the table's and rows of the table without
    values; MissingExtra for Parquet without pyarrow.
    """
    found = regular_file(path, SUFFIXES)
    ids, columns = {".parquet": _parquet, ".npz": _npz}.get(found.suffix.lower(), _csv)(found, names, id_column)
    rows = _rows_of(ids, table, found)
    known = rows >= 0
    times = np.bincount(rows[known], minlength=table.count)
    twice = np.flatnonzero(times > 1)
    if twice.size:
        raise InputError(f"attributes: {found} has the id {as_text(table.ids[twice[0]])!r} more than once ({twice.size} such ids); expected each id once.")
    bare = np.flatnonzero((times == 0) & (True if table.alive is None else table.alive))
    if bare.size or not known.any():
        raise InputError(
            f"attributes: {found} lacks {bare.size} of {table.count_alive} rows of the table (such as id {as_text(table.ids[bare[0] if bare.size else 0])!r}); "
            "expected values for every row. Is the id column the right one?"
        )
    made = {}
    for name, values in columns.items():
        # Removed rows take the value of any other: nothing finds them.
        placed = np.full(table.count, values[np.flatnonzero(known)[0]], values.dtype)
        placed[rows[known]] = values[known]
        made[name] = placed
    return attributes_of(made, table.count)


def _rows_of(ids: np.ndarray, table: Table, path: Path) -> np.ndarray:
    """Row numbers of a file's ids; text that stands for whole numbers is read so where the table's ids are numbers."""
    if ids.dtype.kind == "S" and table.ids.dtype.kind == "i":
        try:
            ids = ids.astype(np.int64)
        except (ValueError, OverflowError) as error:
            raise InputError(f"attributes: {path} has ids of text; expected whole numbers, as the ids of the table are.") from error
    if ids.dtype.kind in "iu" and table.ids.dtype.kind == "S":
        ids = ids.astype(np.bytes_)
    return table.row_of(ids)


def _chosen(there: Sequence[str], names: Sequence[str] | None, id_name: str | None, path: Path) -> tuple[str, list[str]]:
    """The column of ids and those of attributes. Raises InputError where one is missing, or none is left."""
    if id_name is None or id_name not in there:
        raise InputError(
            f"attributes: {path} has no column {id_name or ' or '.join(ID_NAMES[:3])}; it has {', '.join(there) or 'none'}. Name its column of ids."
        )
    wanted = [name for name in there if name != id_name] if names is None else list(dict.fromkeys(names))
    missing = [name for name in wanted if name not in there]
    if missing or not wanted:
        raise InputError(f"attributes: {path} has no column {missing[0] if missing else 'beside its ids'}; it has {', '.join(there)}.")
    return id_name, wanted


def _parquet(path: Path, names: Sequence[str] | None, id_column: str | None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    file = open_parquet(path)
    with reading(path):
        kinds = column_kinds(file)
    id_name, wanted = _chosen(list(kinds), names, find_id_column(kinds, id_column, path), path)
    parts: list[list[np.ndarray]] = [[] for _ in (id_name, *wanted)]
    for _, arrays in read_columns(file, path, [id_name, *wanted], booleans=True):
        for part, array in zip(parts, arrays, strict=True):
            part.append(array)
    if not parts[0]:
        raise InputError(f"attributes: {path} has no rows; expected one for each row of the table.")
    ids, *columns = (np.concatenate(part) for part in parts)
    return ids, dict(zip(wanted, columns))


def _npz(path: Path, names: Sequence[str] | None, id_column: str | None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    archive = Npz(path)
    usual = next((name for name in ID_NAMES if name in archive.headers), None)
    id_name, wanted = _chosen(list(archive.headers), names, usual if id_column is None else id_column, path)
    ids, columns = archive.read(id_name), {name: archive.read(name) for name in wanted}
    wrong = [name for name, array in columns.items() if array.shape != ids.shape or array.ndim != 1]
    if wrong:
        raise InputError(f"attributes: {path}: array {wrong[0]!r} has shape {columns[wrong[0]].shape}; expected {ids.shape[:1]}, a value for each id.")
    return ids, columns


def _csv(path: Path, names: Sequence[str] | None, id_column: str | None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    with reading(path), open(path, encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        try:
            header = [name.strip() for name in next(lines, [])]
            usual = next((name for name in ID_NAMES if name in header), None)
            chosen = _chosen(header, names, usual if id_column is None else id_column, path)
            places = [header.index(name) for name in (chosen[0], *chosen[1])]
            columns: list[list[bytes]] = [[] for _ in places]
            for row, line in enumerate(line for line in lines if line):
                if len(line) != len(header):
                    raise InputError(f"attributes: {path}: row {row} has {len(line)} values; expected {len(header)}, as in the header.")
                for column, place in zip(columns, places, strict=True):
                    column.append(line[place].strip().encode())
        except csv.Error as error:
            raise InputError(f"attributes: {path}: line {lines.line_num}: {error}. Is the quoting right?") from error
    if not columns[0]:
        raise InputError(f"attributes: {path} has no rows; expected one for each row of the table.")
    ids, *values = (np.array(column, np.bytes_) for column in columns)
    return ids, {name: _numbers(column) for name, column in zip(chosen[1], values)}


def _numbers(texts: np.ndarray) -> np.ndarray:
    """Whole numbers or finite numbers where all texts are, else the texts."""
    for kind in (np.int64, np.float64):
        try:
            found = texts.astype(kind)
        except (ValueError, OverflowError):
            continue
        if np.isfinite(found).all():
            return found
    return texts

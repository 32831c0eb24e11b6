"""Groups: which group each user or item is in, by columns of a Parquet, CSV or TSV file (country, age band, category, provider ...)."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from .arrays import as_text
from .errors import InputError
from .parquet import ID_NAMES, column_kinds, open_parquet, read_columns
from .sources import reading, regular_file

SUFFIXES = (".parquet", ".csv", ".tsv")
MAX_COLUMNS = 32


def read_groups(path: str | os.PathLike[str], ids: np.ndarray, *, name: str = "groups", id_column: str | None = None) -> dict[str, np.ndarray]:
    """Column -> the group of each id as text (n,), "" where the file does not say; ids that nobody asked for are passed over.

    ids: (n,) int64 or bytes, as in `Vectors.ids`. The file has a header, one column of ids (id_column, else one of the usual names: id, item_id, user_id ...)
    and at least one other of text or whole numbers. `name` says in errors whose groups they are.
    Raises InputError for missing columns, ids that come twice, damaged files, and a file that names none of the ids; MissingExtra for Parquet without pyarrow.
    """
    found = regular_file(path, SUFFIXES)
    row_of = {as_text(one): row for row, one in enumerate(ids)}
    labels: dict[str, np.ndarray] = {}
    met = np.zeros(len(ids), np.bool_)
    rows = 0
    for asked, columns in (_parquet if found.suffix.lower() == ".parquet" else _csv)(found, name, id_column):
        rows += len(asked)
        at = np.array([row_of.get(one, -1) for one in asked], np.int64)
        known = at[at >= 0]
        if met[known].any() or np.unique(known).size < known.size:
            twice = next(row for row in known if met[row] or (known == row).sum() > 1)
            raise InputError(f"{name}: {found} has the id {as_text(ids[twice])!r} more than once; expected one row for each id.")
        met[known] = True
        for column, values in columns.items():
            labels.setdefault(column, np.full(len(ids), "", object))[known] = np.array(values, object)[at >= 0]
    if not met.any():
        raise InputError(f"{name}: none of the {rows:,} ids of {found} is known; expected ids such as {as_text(ids[0])!r}.")
    return {column: values.astype(str) for column, values in labels.items()}


def _csv(path: Path, name: str, id_column: str | None) -> Iterator[tuple[list[str], dict[str, list[str]]]]:
    with reading(path), open(path, encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        try:
            header = [column.strip() for column in next(lines, [])]
            chosen, others = _columns(header, header, id_column, path, name)
            table = [line for line in lines if line]
        except csv.Error as error:
            raise InputError(f"{name}: {path}: line {lines.line_num}: {error}. Is the quoting right?") from error
    wrong = next((row for row, line in enumerate(table) if len(line) != len(header)), None)
    if wrong is not None:
        raise InputError(f"{name}: {path}: row {wrong} has {len(table[wrong])} values; expected {len(header)}, as in the header.")
    columns = {column: [clean(line[header.index(column)]) for line in table] for column in [chosen, *others]}
    yield columns.pop(chosen), columns


def _parquet(path: Path, name: str, id_column: str | None) -> Iterator[tuple[list[str], dict[str, list[str]]]]:
    file = open_parquet(path)
    with reading(path):
        kinds = column_kinds(file)
    chosen, others = _columns(list(kinds), [column for column, kind in kinds.items() if kind in ("int", "text")], id_column, path, name)
    for _, arrays in read_columns(file, path, [chosen, *others]):
        texts = [[clean(as_text(value)) for value in array.tolist()] for array in arrays]
        yield texts[0], dict(zip(others, texts[1:]))


def _columns(header: list[str], fit: list[str], id_column: str | None, path: Path, name: str) -> tuple[str, list[str]]:
    """The column of ids and those of groups."""
    chosen = id_column if id_column is not None else next((column for column in ID_NAMES if column in fit), None)
    others = [column for column in fit if column != chosen]
    if chosen not in fit or not 1 <= len(others) <= MAX_COLUMNS or len(set(header)) < len(header):
        wanted = repr(id_column) if id_column is not None else "id, item_id or user_id"
        raise InputError(
            f"{name}: {path} has the columns {', '.join(header[:MAX_COLUMNS]) or 'none'}; expected {wanted} and 1 to {MAX_COLUMNS} columns of text or whole "
            "numbers, each named once."
        )
    return chosen, others


def clean(text: str) -> str:
    """One line of text without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())

"""Titles of a table's rows, from a file with a column of ids and one of titles."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import as_text
from ..errors import InputError
from ..parquet import ID_NAMES, column_kinds, find_id_column, open_parquet
from ..sources import BLOCK_ROWS, reading, regular_file
from ..table import Table

SUFFIXES = (".csv", ".tsv", ".parquet")


def read_titles(path: str | os.PathLike[str], table: Table, *, title_column: str = "title", id_column: str | None = None) -> list[str]:
    """One text for each row of the table, removed ones too; "" for rows that the file does not have, or has without a title.

    The file is Parquet (needs the extra `parquet`), or CSV or TSV in UTF-8 with a header line. id_column: else one of the usual names (id, item_id, ...).
    Ids that the table does not have are passed over. Control characters become spaces.
    Raises InputError for missing columns (those there are listed), damaged files, ids that come twice, ids of another kind than the table's, and files none of
    whose ids is in the table; MissingExtra for Parquet without pyarrow.
    """
    found = regular_file(path, SUFFIXES)
    read = _parquet if found.suffix.lower() == ".parquet" else _csv
    ids: list[Any] = []
    titles: list[str] = []
    for one, title in read(found, title_column, id_column):
        ids.append(one)
        titles.append(title)
    if not ids:
        raise InputError(f"titles: {found} has no rows; expected an id and a title a row.")
    rows = table.row_of(_as_ids(ids, table.ids, found))
    known = rows[rows >= 0]
    if not known.size:
        raise InputError(f"titles: none of the {len(ids):,} ids of {found} is in the table; expected ids such as {as_text(table.ids[0])!r}. Name --id-column.")
    twice = np.flatnonzero(np.bincount(known, minlength=table.count) > 1)
    if twice.size:
        raise InputError(f"titles: {found} has the id {as_text(table.ids[twice[0]])!r} more than once ({twice.size} such ids); expected one title for each id.")
    out = [""] * table.count
    for row, title in zip(rows.tolist(), titles):
        if row >= 0:
            out[row] = clean(title)
    return out


def clean(text: str) -> str:
    """One line of text without control characters: what a terminal would obey is not shown to it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _csv(path: Path, title_column: str, id_column: str | None) -> Iterator[tuple[str, str]]:
    with reading(path), open(path, encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        try:
            header = [name.strip() for name in next(lines, [])]
            asked = id_column if id_column is not None else next((name for name in ID_NAMES if name in header), None)
            at, title_at = _place(header, asked, " or ".join(ID_NAMES[:3]), path), _place(header, title_column, title_column, path)
            for row, line in enumerate(line for line in lines if line):
                if len(line) != len(header):
                    raise InputError(f"titles: {path}: row {row} has {len(line)} values; expected {len(header)}, as in the header.")
                yield line[at], line[title_at]
        except csv.Error as error:
            raise InputError(f"titles: {path}: line {lines.line_num}: {error}. Is the quoting right?") from error


def _place(header: list[str], name: str | None, wanted: str, path: Path) -> int:
    if name is None or name not in header:
        raise InputError(f"titles: {path} has no column {wanted}; it has {', '.join(header) or 'none'}. Name the right one with --title-column or --id-column.")
    return header.index(name)


def _parquet(path: Path, title_column: str, id_column: str | None) -> Iterator[tuple[Any, str]]:
    file = open_parquet(path)
    with reading(path):
        kinds = column_kinds(file)
    found = find_id_column(kinds, id_column, path)
    header = list(kinds)
    _place(header, found, " or ".join(ID_NAMES[:3]), path)
    if kinds[header[_place(header, title_column, title_column, path)]] not in ("text", "int"):
        raise InputError(f"titles: {path}: column {title_column!r} holds {kinds[title_column]}; expected text. Name another with --title-column.")
    with reading(path):
        for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=list(dict.fromkeys([found, title_column])), use_threads=False):
            ids, titles = (batch.column(batch.schema.get_field_index(name)).to_pylist() for name in (found, title_column))
            yield from zip(ids, ("" if title is None else as_text(title) for title in titles))


def _as_ids(ids: list[Any], like: np.ndarray, path: Path) -> np.ndarray:
    """Ids of a file as the table holds its own. Raises InputError naming the first row that has another kind."""
    out: list[Any] = []
    for row, one in enumerate(ids):
        try:
            if one is None:
                raise ValueError
            number = int(one) if like.dtype.kind == "i" else 0
            if not -(2**63) <= number < 2**63:
                raise ValueError
            out.append(number if like.dtype.kind == "i" else one if isinstance(one, bytes) else str(one).encode())
        except ValueError:
            kind = "whole numbers" if like.dtype.kind == "i" else "text"
            raise InputError(f"titles: {path}: row {row} has the id {str(one)[:40]!r}; expected {kind}, as the ids of the table are.") from None
    return np.array(out, np.int64 if like.dtype.kind == "i" else np.bytes_)

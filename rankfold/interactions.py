"""Interactions: who met which item, as row numbers into the vectors; from Parquet or CSV."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from .arrays import MAX_ID_BYTES, as_ids, as_mask, as_text
from .errors import InputError
from .parquet import column_kinds, open_parquet, read_columns
from .sources import BLOCK_ROWS, reading, regular_file

SUFFIXES = (".parquet", ".csv", ".tsv")
USUAL_NAMES = {
    "user": ("user", "user_id", "userid"),
    "item": ("item", "item_id", "itemid"),
    "time": ("time", "timestamp", "ts", "datetime"),
    "weight": ("weight", "rating", "count"),
    "split": ("split",),
    "propensity": ("propensity",),
}
SPLITS = {b"train": 0, b"valid": 1, b"validation": 1, b"test": 2, b"0": 0, b"1": 1, b"2": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """Events; m of them, in the order of the file.

    user, item: (m,) int64 row numbers. time: (m,) int64 or float64 in the unit of the file, or None; only its order is used.
    weight: (m,) float32, at least 0, or None. split: (m,) int8, 0 train, 1 valid, 2 test, or None. dropped: rows left out because an id was unknown.
    propensity: (m,) float64, the chance, above 0 and at most 1, that the event could be observed, or None.
    Raises InputError when the lengths differ.
    """

    user: np.ndarray
    item: np.ndarray
    time: np.ndarray | None = None
    weight: np.ndarray | None = None
    split: np.ndarray | None = None
    dropped: int = 0
    propensity: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("user", "item", "time", "weight", "split", "propensity"):
            column = getattr(self, name)
            if column is not None and column.shape != (self.user.size,):
                raise InputError(f"{name}: got shape {column.shape}; expected ({self.user.size},), one value an event.")

    @property
    def count(self) -> int:
        """How many events."""
        return self.user.size

    def popularity(self, items: int) -> np.ndarray:
        """Events of each of `items` item rows, int64 (items,). Raises InputError when an event's item is not one of them."""
        if self.item.size and int(self.item.max()) >= items:
            raise InputError(f"items: got {items}; expected more than {int(self.item.max())}, the largest item row of these events.")
        return np.bincount(self.item, minlength=items).astype(np.int64)

    def where(self, mask: np.ndarray) -> "Interactions":
        """The events where `mask`, bool (m,), is true. Raises InputError for anything else."""
        chosen = as_mask(mask, self.count, "mask")
        columns = (self.time, self.weight, self.split, self.propensity)
        time, weight, split, propensity = (None if column is None else column[chosen] for column in columns)
        return Interactions(self.user[chosen], self.item[chosen], time, weight, split, self.dropped, propensity)


def read_interactions(
    path: str | os.PathLike[str],
    *,
    user_ids: np.ndarray | None = None,
    item_ids: np.ndarray | None = None,
    user_column: str | None = None,
    item_column: str | None = None,
    time_column: str | None = None,
    weight_column: str | None = None,
    split_column: str | None = None,
    propensity_column: str | None = None,
    unknown: str = "error",
) -> Interactions:
    """Events from a Parquet file (needs the extra `parquet`), or from a CSV or TSV file with a header line in UTF-8.

    user_ids, item_ids: the ids of the vectors, int64 or bytes, as in `Vectors.ids`; the file's values are looked up in them. Without them the values
    must be row numbers. Columns are found under their usual names (user, user_id; item, item_id; time, timestamp, ts; weight, rating; split; propensity) unless
    named; time, weight, split and propensity are taken when they are there. Times are numbers, Parquet times, or ISO dates in CSV (as
    microseconds of UTC since 1970).
    unknown: "error", or "drop" to leave out rows whose user or item is unknown; they are counted in `dropped`.

    Rows are numbered from 0; the header and blank lines are not counted. Memory: the result twice over and one block of 65,536 rows.
    Raises InputError, with the row number where there is one, for missing columns (those there are listed), nulls, negative row numbers, unknown ids,
    weights that are negative or not finite, propensities not above 0 or above 1,
    times that are not finite, other splits than 0, 1, 2 or train, valid, test, and no rows;
    MissingExtra for Parquet without pyarrow.
    """
    if unknown not in ("error", "drop"):
        raise InputError(f'unknown: got {unknown!r}; expected "error" or "drop".')
    found = regular_file(path, SUFFIXES)
    lookups = {"user": None if user_ids is None else _Lookup(user_ids, "user_ids"), "item": None if item_ids is None else _Lookup(item_ids, "item_ids")}
    asked = {"user": user_column, "item": item_column, "time": time_column, "weight": weight_column, "split": split_column, "propensity": propensity_column}
    parts: dict[str, list[np.ndarray]] = {}
    dropped = total = 0
    for first, columns in _blocks(found, asked):
        block = {part: _READERS[part](values, f"{found}: {part}", first) for part, values in columns.items() if part not in lookups}
        known = np.ones(len(columns["user"]), np.bool_)
        for part, lookup in lookups.items():
            block[part] = _row_numbers(columns[part], lookup, f"{found}: {part}", first, unknown)
            known &= block[part] >= 0
        dropped += int((~known).sum())
        total += known.size
        for part, values in block.items():
            parts.setdefault(part, []).append(values[known])
    if dropped == total:
        came = f"{total} rows, all with an unknown user or item" if total else "no rows"
        raise InputError(f"{path}: got {came}; expected at least one event between known ids.")
    whole = {part: np.concatenate(values) for part, values in parts.items() if part != "time"}
    time = _joined_times(parts["time"], f"{found}: time") if "time" in parts else None
    return Interactions(whole["user"], whole["item"], time, whole.get("weight"), whole.get("split"), dropped, whole.get("propensity"))


def read_popularity(path: str | os.PathLike[str], *, item_ids: np.ndarray, unknown: str = "error") -> np.ndarray:
    """Events of each item, int64 (n,), from such a file; users do not matter. Training events alone where the file has a split and some are in it.

    Raises as `read_interactions`.
    """
    if unknown not in ("error", "drop"):
        raise InputError(f'unknown: got {unknown!r}; expected "error" or "drop".')
    found, lookup = regular_file(path, SUFFIXES), _Lookup(item_ids, "item_ids")
    total, train = np.zeros((2, len(item_ids)), np.int64)
    for first, columns in _blocks(found, {"item": None, "split": None}):
        rows = _row_numbers(columns["item"], lookup, f"{found}: item", first, unknown)
        split = _splits(columns["split"], f"{found}: split", first) if "split" in columns else np.ones(rows.size, np.int8)
        for counts, chosen in ((total, rows >= 0), (train, (rows >= 0) & (split == 0))):
            counts += np.bincount(rows[chosen], minlength=len(item_ids))
    if not total.any():
        raise InputError(f"{path}: holds no event of a known item; expected at least one.")
    return train if train.any() else total


def _blocks(path: Path, asked: dict[str, str | None]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    """(first row, part -> values) of each block; values are numbers or bytes."""
    if path.suffix.lower() == ".parquet":
        file = open_parquet(path)
        with reading(path):
            chosen = _choose(list(column_kinds(file)), asked, path)
        for first, arrays in read_columns(file, path, list(dict.fromkeys(chosen.values()))):
            by_name = dict(zip(dict.fromkeys(chosen.values()), arrays))
            yield first, {part: by_name[name] for part, name in chosen.items()}
    else:
        with reading(path), open(path, encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
            try:
                yield from _csv_blocks(lines, path, asked)
            except csv.Error as error:
                raise InputError(f"{path}: line {lines.line_num}: {error}. Is the quoting right?") from error


def _csv_blocks(lines: Iterator[list[str]], path: Path, asked: dict[str, str | None]) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
    header = [name.strip() for name in next(lines, [])]
    chosen = _choose(header, asked, path)
    first = 0
    while rows := list(islice((line for line in lines if line), BLOCK_ROWS)):
        for number, row in enumerate(rows):
            if len(row) != len(header):
                raise InputError(f"{path}: row {first + number} has {len(row)} values; expected {len(header)}, as in the header.")
        block = {}
        for part, name in chosen.items():
            at = header.index(name)
            texts = [row[at].encode() for row in rows]
            wrong = next((number for number, text in enumerate(texts) if not 0 < len(text) <= MAX_ID_BYTES or text.endswith(b"\0")), None)
            if wrong is not None:
                raise InputError(
                    f"{path}: {part}: row {first + wrong} is {texts[wrong][:20]!r} ({len(texts[wrong])} bytes) in column {name!r}; "
                    f"expected a value of 1 to {MAX_ID_BYTES} bytes in every row, without a NUL at its end."
                )
            block[part] = np.array(texts, np.bytes_)
        yield first, block
        first += len(rows)


def _choose(there: list[str], asked: dict[str, str | None], path: Path) -> dict[str, str]:
    """Part -> name of its column."""
    chosen = {}
    for part, wish in asked.items():
        name = wish if wish is not None else next((name for name in USUAL_NAMES[part] if name in there), None)
        if name is not None and name not in there or name is None and part in ("user", "item"):
            wanted = repr(wish) if wish is not None else " or ".join(USUAL_NAMES[part])
            raise InputError(f"{path}: has no column {wanted}; it has {', '.join(there) or 'none'}. Name the right one with {part}_column.")
        if name is not None:
            chosen[part] = name
    return chosen


class _Lookup:
    """From ids to row numbers."""

    def __init__(self, ids: np.ndarray, name: str):
        array = as_ids(ids, len(ids), name)
        self.text = array.dtype.kind == "S"
        self._order = np.argsort(array, kind="stable")
        self._sorted = array[self._order]

    def rows(self, values: np.ndarray) -> np.ndarray:
        """Row number of each value, -1 where it is unknown."""
        at = np.minimum(np.searchsorted(self._sorted, values), self._sorted.size - 1)
        return np.where(self._sorted[at] == values, self._order[at], -1)


def _row_numbers(values: np.ndarray, lookup: _Lookup | None, name: str, first: int, unknown: str) -> np.ndarray:
    if lookup is not None and lookup.text:
        if values.dtype.kind != "S":
            raise InputError(f"{name}: holds {values.dtype}; expected text, as the ids of the vectors are. Cast the column to strings.")
        rows = lookup.rows(values)
    else:
        numbers = _whole_numbers(values, name, first)
        if lookup is None:
            negative = np.flatnonzero(numbers < 0)
            if negative.size:
                raise InputError(f"{name}: row {first + int(negative[0])} is {int(numbers[negative[0]])}; expected row numbers of at least 0.")
            return numbers
        rows = lookup.rows(numbers)
    missing = np.flatnonzero(rows < 0)
    if missing.size and unknown == "error":
        raise InputError(
            f"{name}: row {first + int(missing[0])} names {as_text(values[missing[0]])!r}, which no vector has ({missing.size} such rows in this block); "
            'expected ids of the vectors. Leave such rows out with unknown="drop" (command line: --unknown drop).'
        )
    return rows


def _whole_numbers(values: np.ndarray, name: str, first: int) -> np.ndarray:
    if values.dtype.kind == "S":
        values = _parsed(values, int, name, first, "whole numbers; text ids need the ids of the vectors (user_ids, item_ids) to be text")
    if values.dtype.kind == "u" and values.size and int(values.max()) > np.iinfo(np.int64).max or values.dtype.kind == "O":
        raise InputError(f"{name}: row {first + int(values.argmax())} is {values.max()}; expected whole numbers that fit int64.")
    if values.dtype.kind not in "iu":
        raise InputError(f"{name}: holds {values.dtype}; expected whole numbers or text. Cast the column to int64.")
    return values.astype(np.int64, copy=False)


def _parsed(values: np.ndarray, kind: type, name: str, first: int, expected: str) -> np.ndarray:
    try:
        return np.array([kind(value) for value in values])
    except ValueError:
        row = next(number for number, value in enumerate(values) if not _parses(value, kind))
        raise InputError(f"{name}: row {first + row} is {as_text(values[row])!r}; expected {expected}.") from None


def _parses(value: bytes, kind: type) -> bool:
    try:
        kind(value)
    except ValueError:
        return False
    return True


def _times(values: np.ndarray, name: str, first: int) -> np.ndarray:
    if values.dtype.kind == "S":
        if not _parses(values[0], float):
            return _dates(values, name, first)
        kind = int if all(_parses(value, int) for value in values) else float
        values = _parsed(values, kind, name, first, "numbers, or ISO dates in every row")
    if values.dtype.kind != "f":
        return _whole_numbers(values, name, first)
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        raise InputError(f"{name}: row {first + int(wrong[0])} is {values[wrong[0]]}; expected a finite time.")
    return values


def _joined_times(parts: list[np.ndarray], name: str) -> np.ndarray:
    if len({part.dtype.kind == "M" for part in parts}) > 1:
        raise InputError(f"{name}: holds dates in some rows and numbers in others; expected one of the two.")
    whole = np.concatenate(parts)
    return whole.astype(np.int64) if whole.dtype.kind == "M" else whole


def _dates(values: np.ndarray, name: str, first: int) -> np.ndarray:
    out = np.empty(values.size, "M8[us]")
    for row, value in enumerate(values):
        try:
            moment = datetime.fromisoformat(as_text(value))
        except ValueError:
            raise InputError(f"{name}: row {first + row} is {as_text(value)!r}; expected a number, or an ISO date such as 2024-03-01T12:00:00.") from None
        out[row] = moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    return out


def _weights(values: np.ndarray, name: str, first: int) -> np.ndarray:
    if values.dtype.kind == "S":
        values = _parsed(values, float, name, first, "numbers")
    with np.errstate(over="ignore"):
        out = values.astype(np.float32)
    wrong = np.flatnonzero(~np.isfinite(out) | (out < 0))
    if wrong.size:
        raise InputError(f"{name}: row {first + int(wrong[0])} is {values[wrong[0]]}; expected finite values of at least 0. Drop or lift such rows first.")
    return out


def _propensities(values: np.ndarray, name: str, first: int) -> np.ndarray:
    if values.dtype.kind == "S":
        values = _parsed(values, float, name, first, "numbers")
    out = values.astype(np.float64)
    wrong = np.flatnonzero(~((out > 0) & (out <= 1)))
    if wrong.size:
        raise InputError(f"{name}: row {first + int(wrong[0])} is {out[wrong[0]]}; expected a chance above 0 and at most 1.")
    return out


def _splits(values: np.ndarray, name: str, first: int) -> np.ndarray:
    if values.dtype.kind == "S":
        out = np.array([SPLITS.get(value.strip().lower(), -1) for value in values], np.int8)
    else:
        out = np.where(np.isin(values, (0, 1, 2)), values, -1).astype(np.int8)
    wrong = np.flatnonzero(out < 0)
    if wrong.size:
        shown = as_text(values[wrong[0]])
        raise InputError(f"{name}: row {first + int(wrong[0])} is {shown!r}; expected 0, 1, 2 or train, valid, test.")
    return out


_READERS = {"time": _times, "weight": _weights, "split": _splits, "propensity": _propensities}

"""Attributes of a table's rows (category, price, flags), a byte or a bit a row each, and the masks that filters make of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..errors import InputError
from .conditions import Where

COMPARE = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One attribute. A condition is worked out on the distinct values alone, then looked up for each row.

    values: (v,) distinct and rising: int64, float64 or UTF-8 bytes. places: the value of each row by number, in as few bytes as v needs; bits where v <= 2.
    starts: (n + 1,) where rows have several values or none: those of row i are places[starts[i] : starts[i + 1]]; else None.
    """

    values: np.ndarray
    places: np.ndarray
    starts: np.ndarray | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return self.values.nbytes + self.places.nbytes + (0 if self.starts is None else self.starts.nbytes)

    def rows(self, chosen: np.ndarray, count: int) -> np.ndarray:
        """(count,) bool: rows that have a value of which `chosen` (v,) is true."""
        if self.starts is not None:
            reached = np.concatenate([[0], np.cumsum(chosen[self.places])])
            return reached[self.starts[1:]] > reached[self.starts[:-1]]
        if chosen.all() or not chosen.any():
            return np.full(count, chosen.all(), np.bool_)
        if chosen.size == 2:
            return np.unpackbits(self.places, count=count).view(np.bool_) ^ chosen[0]
        return chosen[self.places]


@dataclass(frozen=True, slots=True, eq=False)
class Attributes:
    """Named attributes of the `count` rows of a table, in the order of its rows."""

    count: int
    columns: Mapping[str, Column]

    @property
    def nbytes(self) -> int:
        """Bytes of all columns."""
        return sum(column.nbytes for column in self.columns.values())

    def mask(self, condition: Where) -> np.ndarray:
        """(n,) bool, true where the condition holds: the `allow` of a search. Make it once for many searches.

        Raises InputError for an attribute that is not there, and for text where the attribute is a number.
        """
        if condition.op in ("and", "or", "not"):
            parts = [self.mask(part) for part in condition.parts]
            return ~parts[0] if condition.op == "not" else np.logical_and(*parts) if condition.op == "and" else np.logical_or(*parts)
        if condition.name not in self.columns:
            raise InputError(f"where: there is no attribute {condition.name!r}; there are {', '.join(self.columns) or 'none'}.")
        column = self.columns[condition.name]
        wanted = _like(condition, column.values)
        if condition.op in COMPARE:
            return column.rows(COMPARE[condition.op](column.values, wanted[0]), self.count)
        found = column.rows(np.isin(column.values, wanted), self.count)
        return found if condition.op == "=" else ~found


def attributes_of(columns: Mapping[str, np.ndarray | Sequence], count: int) -> Attributes:
    """Attributes of so many rows from arrays or lists: numbers, booleans or text, one value a row or, as a list of lists, any number of values a row.

    Raises InputError for another length, other kinds, values that are not finite, and kinds that are mixed.
    """
    made = {}
    for name, given in columns.items():
        if len(given) != count:
            raise InputError(f"attributes: {name!r} has {len(given)} rows; expected {count}, those of the table in their order.")
        starts, flat = _flat(given)
        values, places = np.unique(_plain(flat, name), return_inverse=True)
        places = places.reshape(-1)
        small = np.packbits(places.astype(np.bool_)) if values.size <= 2 and starts is None else places.astype(np.min_scalar_type(max(values.size - 1, 0)))
        made[str(name)] = Column(values, small, starts)
    return Attributes(count, MappingProxyType(made))


def _flat(given: np.ndarray | Sequence) -> tuple[np.ndarray | None, np.ndarray | Sequence]:
    """(starts, all values) of a list of lists; (None, itself) where rows have one value each."""
    if isinstance(given, np.ndarray) and given.dtype != object or not any(isinstance(one, list | tuple | set | frozenset | np.ndarray) for one in given):
        return None, given
    rows = [sorted(one) if isinstance(one, set | frozenset) else list(one) if isinstance(one, list | tuple | np.ndarray) else [one] for one in given]
    return np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64), [value for row in rows for value in row]


def _plain(given: np.ndarray | Sequence, name: str) -> np.ndarray:
    array = np.asarray(given)
    if array.size == 0:
        return np.empty(0, np.int64)
    if array.dtype == object and all(isinstance(one, str) for one in given):
        array = array.astype(np.str_)
    mixed = array.dtype.kind in "US" and not isinstance(given, np.ndarray) and not all(isinstance(one, str | bytes) for one in given)
    if array.ndim != 1 or array.dtype.kind not in "biufUS" or mixed:
        raise InputError(f"attributes: {name!r} has values of dtype {array.dtype} and shape {array.shape}; expected numbers or text, one kind for all rows.")
    kind = array.dtype.kind
    odd = np.flatnonzero(~np.isfinite(array)) if kind == "f" else np.flatnonzero(array > np.iinfo(np.int64).max) if kind == "u" else np.empty(0, np.int64)
    if odd.size:
        raise InputError(f"attributes: {name!r} holds {array[odd[0]]} at place {int(odd[0])}; expected finite numbers, whole ones within int64.")
    if kind in "US":
        return np.char.encode(array, "utf-8") if kind == "U" else array
    return array.astype(np.float64 if kind == "f" else np.int64)


def _like(condition: Where, values: np.ndarray) -> np.ndarray:
    """The values of a condition as the attribute holds its own: text that a file or a command line gave for numbers is read as numbers."""
    if values.size == 0:
        return np.zeros(1, values.dtype)
    if values.dtype.kind == "S":
        return np.array([str(value).encode() for value in condition.values])
    try:
        return np.array([value if not isinstance(value, str) else float(value) if _is_fraction(value) else int(value) for value in condition.values])
    except ValueError:
        raise InputError(f"where: got {', '.join(map(str, condition.values))} for {condition.name!r}, which holds numbers; expected numbers.") from None


def _is_fraction(text: str) -> bool:
    return not text.strip().lstrip("+-").isdecimal()

"""Codes: named columns with one common row count; one row is one item."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from .errors import InputError

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Encoded rows.

    columns: name -> array (n, ...), C-contiguous where freshly encoded, all with the same n.
    Raises InputError when there is no column or the row counts differ.
    """

    columns: Arrays

    def __post_init__(self) -> None:
        counts = {name: column.shape[0] if column.ndim else -1 for name, column in self.columns.items()}
        if not counts or len(set(counts.values())) != 1 or -1 in counts.values():
            raise InputError(f"codes: got row counts {counts}; expected at least one column and one common row count.")
        if not isinstance(self.columns, MappingProxyType):
            object.__setattr__(self, "columns", MappingProxyType(dict(self.columns)))

    def __getitem__(self, name: str) -> np.ndarray:
        return self.columns[name]

    def rows(self, which: slice | np.ndarray) -> "Codes":
        """The chosen rows: views for a slice, copies for an index array."""
        return Codes({name: column[which] for name, column in self.columns.items()})

    @property
    def count(self) -> int:
        """How many rows."""
        return next(iter(self.columns.values())).shape[0]

    @property
    def nbytes(self) -> int:
        """Bytes of all columns."""
        return sum(column.nbytes for column in self.columns.values())

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return sum(column.dtype.itemsize * int(np.prod(column.shape[1:], dtype=np.int64)) for column in self.columns.values())

    def schema(self) -> dict[str, tuple[str, tuple[int, ...]]]:
        """name -> (dtype, shape of one row)."""
        return {name: (column.dtype.str, column.shape[1:]) for name, column in self.columns.items()}

    @staticmethod
    def concat(parts: Sequence["Codes"]) -> "Codes":
        """All rows of `parts`, in order. Raises InputError when their schemas differ."""
        schemas = [part.schema() for part in parts]
        if not parts or any(schema != schemas[0] for schema in schemas):
            raise InputError(f"parts: got schemas {schemas}; expected at least one part and one common schema.")
        return Codes({name: np.concatenate([part[name] for part in parts]) for name in schemas[0]})


def nested(arrays: Arrays, prefix: str = "inner") -> dict[str, np.ndarray]:
    """The arrays of an inner codec as a wrapper stores them: each name behind `prefix.`."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def inside(arrays: Arrays, prefix: str = "inner") -> dict[str, np.ndarray]:
    """What `nested` put away: the arrays behind `prefix.`, under their own names."""
    start = prefix + "."
    return {name[len(start) :]: array for name, array in arrays.items() if name.startswith(start)}


def outside(arrays: Arrays, prefix: str = "inner") -> dict[str, np.ndarray]:
    """What `nested` did not put away: a wrapper's own arrays."""
    return {name: array for name, array in arrays.items() if not name.startswith(prefix + ".")}

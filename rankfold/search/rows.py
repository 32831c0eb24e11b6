"""Rows: one list of row numbers per query, as two flat arrays (what to leave out, what is relevant, what was seen)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Row lists of q queries.

    starts: (q + 1,) int64, from 0 to values.size; the list of query i is values[starts[i] : starts[i + 1]].
    values: int64 row numbers of at least 0, rising strictly within a query.
    Raises InputError for anything else; `from_pairs` and `from_lists` sort and drop repeats first.
    """

    starts: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        starts, values = _whole(self.starts, "starts"), _whole(self.values, "values")
        if starts.size == 0 or starts[0] != 0 or starts[-1] != values.size or (np.diff(starts) < 0).any():
            raise InputError(
                f"starts: got {starts.size} values for {values.size} row numbers; expected (queries + 1,) values that start at 0, never fall and end at "
                f"{values.size}. Build lists with Rows.from_pairs or Rows.from_lists."
            )
        if values.size and int(values.min()) < 0:
            raise InputError(f"values: got row number {int(values.min())}; expected at least 0. Drop ids that are not in the table first.")
        rising = np.diff(values) > 0
        firsts = starts[1:-1]
        rising[firsts[(firsts > 0) & (firsts < values.size)] - 1] = True
        if not rising.all():
            raise InputError("values: row numbers must rise strictly within a query. Build lists with Rows.from_pairs or Rows.from_lists.")
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "values", values)

    @classmethod
    def from_pairs(cls, query: object, row: object, queries: int) -> "Rows":
        """Lists of `queries` queries from pairs: query (m,) in 0..queries-1 and row (m,), in any order, repeats allowed.

        Raises InputError for other kinds or lengths, queries out of range and negative rows.
        """
        query, row = _whole(query, "query"), _whole(row, "row")
        if query.shape != row.shape:
            raise InputError(f"row: got {row.size} values; expected {query.size}, one for each value of query.")
        if queries < 0 or (query.size and not 0 <= int(query.min()) <= int(query.max()) < queries):
            low, high = (int(query.min()), int(query.max())) if query.size else (0, 0)
            raise InputError(f"query: got values from {low} to {high}; expected 0 to {queries - 1} (queries={queries}).")
        order = np.lexsort((row, query))
        query, row = query[order], row[order]
        fresh = np.ones(query.size, np.bool_)
        fresh[1:] = (query[1:] != query[:-1]) | (row[1:] != row[:-1])
        query, row = query[fresh], row[fresh]
        return cls(np.concatenate([[0], np.cumsum(np.bincount(query, minlength=queries))]).astype(np.int64), row)

    @classmethod
    def from_lists(cls, lists: Iterable[Sequence[int] | np.ndarray]) -> "Rows":
        """One list of row numbers per query, in any order, repeats allowed. Raises InputError for anything but whole numbers of at least 0."""
        parts = [_whole(part, f"lists[{number}]") for number, part in enumerate(lists)]
        query = np.repeat(np.arange(len(parts)), [part.size for part in parts])
        return cls.from_pairs(query, np.concatenate(parts) if parts else np.empty(0, np.int64), len(parts))

    @classmethod
    def empty(cls, queries: int) -> "Rows":
        """Empty lists for so many queries."""
        return cls(np.zeros(queries + 1, np.int64), np.empty(0, np.int64))

    def of(self, query: int) -> np.ndarray:
        """The list of one query: a view of int64 row numbers, rising. Raises InputError when there is no such query."""
        if not 0 <= query < self.count:
            raise InputError(f"query: got {query}; expected 0 to {self.count - 1}.")
        return self.values[self.starts[query] : self.starts[query + 1]]

    @property
    def count(self) -> int:
        """How many queries."""
        return self.starts.size - 1

    def lengths(self) -> np.ndarray:
        """How many rows each query has, (q,) int64."""
        return np.diff(self.starts)

    def queries(self) -> np.ndarray:
        """The query number of every value, (values,) int64."""
        return np.repeat(np.arange(self.count), self.lengths())

    def slice(self, start: int, stop: int) -> "Rows":
        """Queries start..stop-1 as lists of their own; the values are a view. Raises InputError when they are not all there."""
        if not 0 <= start <= stop <= self.count:
            raise InputError(f"slice: got {start} to {stop}; expected a range within 0 to {self.count}.")
        first, last = self.starts[start], self.starts[stop]
        return Rows(self.starts[start : stop + 1] - first, self.values[first:last])

    def take(self, queries: np.ndarray) -> "Rows":
        """The lists of the chosen queries (an index array or a mask), in that order."""
        chosen = np.arange(self.count)[queries]
        lengths = self.lengths()[chosen]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], lengths)
        return Rows(starts, self.values[np.repeat(self.starts[chosen], lengths) + within])

    def where(self, keep: np.ndarray) -> "Rows":
        """The same queries with only those values for which `keep` (values,) bool is true."""
        kept = np.concatenate([[0], np.cumsum(keep)])
        return Rows(kept[self.starts], self.values[keep])

    def union(self, other: "Rows") -> "Rows":
        """What is in either list of each query. Raises InputError when the others are lists of another number of queries."""
        if other.count != self.count:
            raise InputError(f"other: got lists for {other.count} queries; expected {self.count}.")
        return Rows.from_pairs(np.concatenate([self.queries(), other.queries()]), np.concatenate([self.values, other.values]), self.count)

    def holds(self, rows: np.ndarray) -> np.ndarray:
        """Whether each of rows (q, k) is in the list of its query: (q, k) bool; -1 is in none."""
        if rows.ndim != 2 or rows.shape[0] != self.count:
            raise InputError(f"rows: got shape {rows.shape}; expected ({self.count}, k), one line a query.")
        if not self.values.size or not rows.size:
            return np.zeros(rows.shape, np.bool_)
        # Lists lie in the order of (query, row), so one sorted key finds every pair.
        span = int(max(self.values.max(), rows.max())) + 2
        mine = self.queries() * span + self.values + 1
        asked = np.arange(self.count)[:, None] * span + rows + 1
        at = np.minimum(np.searchsorted(mine, asked), mine.size - 1)
        return (mine[at] == asked) & (rows >= 0)

    def shared_with(self, others: "Rows") -> np.ndarray:
        """Whether each value is also in the list of the same query in `others`, (values,) bool."""
        if not self.values.size or not others.values.size:
            return np.zeros(self.values.size, np.bool_)
        span = int(max(self.values.max(), others.values.max())) + 1
        return np.isin(self.queries() * span + self.values, others.queries() * span + others.values, assume_unique=True)

    def check_below(self, rows: int, name: str) -> None:
        """Raise InputError, with the argument's `name`, when a row number is not in a table of so many rows."""
        if self.values.size and int(self.values.max()) >= rows:
            raise InputError(
                f"{name}: got row number {int(self.values.max())}; expected 0 to {rows - 1}, the rows of the table. Were these made for another table?"
            )


def _whole(values: object, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.size == 0 and array.ndim == 1:
        return np.empty(0, np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise InputError(f"{name}: got dtype {array.dtype} of shape {array.shape}; expected one dimension of whole numbers.")
    return np.ascontiguousarray(array, dtype=np.int64)

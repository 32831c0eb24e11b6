"""What a search must not return: removed rows, rows that a filter hides from all queries, and rows that single queries may or may not have."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..arrays import F32, as_mask
from ..errors import InputError
from .blocks import ScanBlock
from .rows import Rows

NONE = np.empty(0, np.int64)


class RowsThere(Protocol):
    """Rows by number, of which some may be gone: a table, say."""

    @property
    def count(self) -> int: ...

    @property
    def alive(self) -> np.ndarray | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """What a scan must not return, for one pass of queries.

    hidden: (n,) bool, rows that no query may have, or None. pair_query, pair_row: (query, row) pairs that are barred, sorted by row.
    lists: where not None, the only rows that each query may have.
    """

    hidden: np.ndarray | None
    pair_query: np.ndarray
    pair_row: np.ndarray
    lists: Rows | None = None

    def apply(self, block: ScanBlock, out: F32) -> None:
        """Put -inf into the scores (q, count) of a block where a row may not be returned."""
        self.hide(block.first if block.rows is None else block.rows, out)

    def spare(self, block: ScanBlock) -> bool:
        """Whether every query may have every row of a block of neighbours."""
        if self.lists is not None or block.rows is not None:
            return False
        start, stop = np.searchsorted(self.pair_row, (block.first, block.first + block.count))
        return bool(start == stop) and (self.hidden is None or not self.hidden[block.first : block.first + block.count].any())

    def hide(self, rows: int | np.ndarray, out: F32) -> None:
        """Put -inf into scores (q, m) where a row may not be returned. rows: the number of the first of m neighbours, or all their numbers (m,), each once."""
        if self.hidden is not None:
            closed = self.hidden[rows : rows + out.shape[1]] if isinstance(rows, int) else self.hidden[rows]
            if closed.any():
                np.minimum(out, np.where(closed, np.float32(-np.inf), np.float32(np.inf)), out=out)
        if self.pair_row.size:
            out[_within(self.pair_query, self.pair_row, rows, out.shape[1])] = -np.inf
        for query in range(0 if self.lists is None else out.shape[0]):
            _keep(self.lists.of(query), rows, out[query])  # type: ignore[union-attr]

    def only(self, queries: np.ndarray) -> "Masks":
        """The same masks for a choice of queries, given by number in ascending order."""
        place = np.searchsorted(queries, self.pair_query)
        kept = (place < queries.size) & (queries[np.minimum(place, queries.size - 1)] == self.pair_query)
        return Masks(self.hidden, place[kept], self.pair_row[kept], None if self.lists is None else self.lists.take(queries))


def _keep(mine: np.ndarray, rows: int | np.ndarray, scores: F32) -> None:
    """Put -inf into the scores (m,) of rows that are not in the rising list `mine`."""
    limit = np.full(scores.size, -np.inf, np.float32)
    if isinstance(rows, int):
        start, stop = np.searchsorted(mine, (rows, rows + scores.size))
        limit[mine[start:stop] - rows] = np.inf
    elif mine.size:
        limit[mine[np.minimum(np.searchsorted(mine, rows), mine.size - 1)] == rows] = np.inf
    np.minimum(scores, limit, out=scores)


def _within(query: np.ndarray, row: np.ndarray, rows: int | np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the pairs whose row is among the columns lie in scores (q, count): (queries, columns)."""
    if isinstance(rows, int):
        start, stop = np.searchsorted(row, (rows, rows + count))
        return query[start:stop], row[start:stop] - rows
    start, stop = np.searchsorted(row, rows), np.searchsorted(row, rows, side="right")
    lengths = stop - start
    columns = np.repeat(np.arange(count), lengths)
    pairs = np.arange(columns.size) + np.repeat(start - (np.cumsum(lengths) - lengths), lengths)
    return query[pairs], columns


@dataclass(frozen=True, slots=True, eq=False)
class Filters:
    """What all queries of one search must not get: hidden (n,) bool or None, for all of them; exclude and allow lists by query, or None."""

    hidden: np.ndarray | None
    exclude: Rows | None
    allow: Rows | None

    def masks(self, start: int, stop: int) -> Masks:
        """What queries start..stop-1 must not get."""
        query, row = (NONE, NONE) if self.exclude is None else _by_row(self.exclude.slice(start, stop))
        return Masks(self.hidden, query, row, None if self.allow is None else self.allow.slice(start, stop))


def filters_of(table: RowsThere, queries: int, exclude: Rows | None, allow: np.ndarray | Rows | None) -> Filters:
    """The checked filters of a search by so many queries. allow: (n,) bool for all, or lists of what each may have. Raises InputError."""
    for name, lists in (("exclude", exclude), ("allow", allow if isinstance(allow, Rows) else None)):
        if lists is not None:
            check_lists(lists, queries, table, name)
    if isinstance(allow, Rows):
        open_rows = np.zeros(table.count, np.bool_)
        open_rows[allow.values] = True
        return Filters(hidden_rows(table, open_rows), exclude, allow)
    return Filters(hidden_rows(table, allow), exclude, None)


def check_lists(lists: Rows, queries: int, table: RowsThere, name: str) -> None:
    """Raise InputError, with the argument's name, unless there is a list for each of so many queries, of rows that the table has."""
    if lists.count != queries:
        raise InputError(f"{name}: got lists for {lists.count} queries; expected {queries}.")
    lists.check_below(table.count, name)


def hidden_rows(table: RowsThere, allow: np.ndarray | None) -> np.ndarray | None:
    """Rows that no query may get, (n,) bool: the removed ones and those not in `allow` (n,); None where all may be had. Raises InputError for another mask."""
    hidden = None if table.alive is None else ~table.alive
    if allow is None:
        return hidden
    if isinstance(allow, Rows):
        raise InputError("allow: got lists by query; expected one mask for all queries here. Search with Searcher, or each query alone.")
    denied = ~as_mask(allow, table.count, "allow")
    return denied if hidden is None else denied | hidden


def _by_row(lists: Rows) -> tuple[np.ndarray, np.ndarray]:
    """(query, row) pairs of lists, sorted by row."""
    order = np.argsort(lists.values, kind="stable")
    return lists.queries()[order], lists.values[order]

"""Partition: the rows of a table in lists around coarse centroids, so that a search need look at a few lists only.

Inverted lists of coarse codes: Sivic and Zisserman, 2003; Jegou, Douze and Schmid, 2011.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .arrays import F32, row_norms
from .errors import InputError
from .fitting.cells import nearest_cells

MAX_COPIES = 2
MAX_LISTS = 1 << 24
SMALL_ROWS = 1 << 31  # row numbers below it are kept in four bytes
ARRAYS = ("centroids", "reach", "starts", "more_starts", "more_rows")
GROUPS = "group_starts"


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """Which rows of a table are in which list: row numbers starts[j] to starts[j + 1] - 1, and those of more_rows[more_starts[j] : more_starts[j + 1]].

    The first starts[-1] rows of the table stand in the order of their lists and need no numbers; rows that were added later, and second copies, have them.
    centroids: (lists, d) float32; a row belongs to the nearest. reach: (lists,) float32, the length of the longest row of each list: what the list can score
    grows with it. starts, more_starts: (lists + 1,) int64 from 0, never falling. more_rows: int32 or int64, rising strictly within a list.
    copies: in how many lists each row is, 1 or 2. group_starts: None, or (groups + 1,) int64: so many lists side by side lie near each other, and are looked
    for by groups. Raises InputError for anything else.
    """

    centroids: F32
    reach: F32
    starts: np.ndarray
    more_starts: np.ndarray
    more_rows: np.ndarray
    copies: int = 1
    group_starts: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.centroids.dtype != np.float32 or self.centroids.ndim != 2 or not 1 <= len(self.centroids) <= MAX_LISTS:
            raise InputError(f"centroids: got {self.centroids.dtype} of shape {self.centroids.shape}; expected float32 (lists, d), 1 to {MAX_LISTS} lists.")
        if not np.isfinite(self.centroids).all():
            raise InputError("centroids: got NaN or infinity; expected finite values.")
        if self.reach.dtype != np.float32 or self.reach.shape != (self.lists,) or not np.isfinite(self.reach).all() or (self.reach < 0).any():
            raise InputError(f"reach: got {self.reach.dtype} of shape {self.reach.shape}; expected finite float32 of at least 0, shape ({self.lists},).")
        if isinstance(self.copies, bool) or self.copies not in range(1, MAX_COPIES + 1):
            raise InputError(f"copies: got {self.copies!r}; expected 1 to {MAX_COPIES}.")
        _check_starts("starts", self.starts, self.lists)
        _check_starts("more_starts", self.more_starts, self.lists)
        rows = self.more_rows
        if rows.dtype not in (np.int32, np.int64) or rows.shape != (int(self.more_starts[-1]),):
            raise InputError(f"more_rows: got {rows.dtype} of shape {rows.shape}; expected int32 or int64 of shape ({int(self.more_starts[-1])},).")
        rising = rows[1:] > rows[:-1]
        cuts = self.more_starts[1:-1]
        rising[cuts[(cuts > 0) & (cuts < rows.size)] - 1] = True
        if not rising.all():
            raise InputError("more_rows: expected row numbers that rise strictly within a list.")
        if self.group_starts is not None:
            if self.group_starts.ndim != 1 or not 2 <= self.group_starts.size <= self.lists + 1:
                raise InputError(f"group_starts: got shape {self.group_starts.shape}; expected (groups + 1,), 1 to {self.lists} groups.")
            _check_starts("group_starts", self.group_starts, self.group_starts.size - 1)
            if int(self.group_starts[-1]) != self.lists:
                raise InputError(f"group_starts: got {int(self.group_starts[-1])} lists in all; expected {self.lists}.")

    @property
    def lists(self) -> int:
        """How many lists."""
        return self.centroids.shape[0]

    @property
    def dim(self) -> int:
        """How many dimensions."""
        return self.centroids.shape[1]

    @property
    def arranged(self) -> int:
        """How many rows of the table, the first ones, stand in the order of their lists."""
        return int(self.starts[-1])

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in self.arrays().values())

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name; group_starts only where there are groups."""
        named = {name: getattr(self, name) for name in ARRAYS}
        return named if self.group_starts is None else named | {GROUPS: self.group_starts}

    def entry(self) -> dict[str, int]:
        """Everything but the arrays, JSON-ready."""
        return {"lists": self.lists, "groups": 0 if self.group_starts is None else self.group_starts.size - 1, "copies": self.copies}

    def lengths(self) -> np.ndarray:
        """How many rows each list holds, (lists,) int64; second copies count."""
        return np.diff(self.starts) + np.diff(self.more_starts)

    def rows(self, number: int) -> np.ndarray:
        """The rows of one list, int64, rising. Raises InputError when there is no such list."""
        if not 0 <= number < self.lists:
            raise InputError(f"number: got {number}; expected 0 to {self.lists - 1}.")
        more = self.more_rows[self.more_starts[number] : self.more_starts[number + 1]]
        return np.union1d(np.arange(self.starts[number], self.starts[number + 1]), more.astype(np.int64))

    def assign(self, x: F32) -> np.ndarray:
        """The lists of rows x (n, d), int32 (n, copies), the nearest first."""
        return nearest_cells(x, self.centroids, self.group_starts, copies=self.copies)

    def check_rows(self, count: int, first_segment: int) -> None:
        """Raise InputError unless these are lists of a table of `count` rows whose first segment has `first_segment`, and every row is in `copies` of them."""
        if self.arranged not in (0, first_segment):
            raise InputError(f"starts: got {self.arranged} rows in the order of their lists; expected 0 or {first_segment}, the first segment of the table.")
        if self.more_rows.size:
            low, high = int(self.more_rows.min()), int(self.more_rows.max())
            if low < 0 or high >= count:
                raise InputError(f"more_rows: got row numbers from {low} to {high}; expected 0 to {count - 1}.")
        if self.more_rows.size == 0 and self.arranged == count and self.copies == 1:
            return
        held = np.bincount(self.more_rows, minlength=count)
        held[: self.arranged] += 1
        wrong = np.flatnonzero(held != self.copies)
        if wrong.size:
            raise InputError(f"partition: row {int(wrong[0])} is in {int(held[wrong[0]])} lists; expected every row of the table in {self.copies}.")

    def extended(self, x: F32, first: int) -> "Partition":
        """With the rows x (n, d), numbered from `first` on, in their lists."""
        labels = self.assign(x)
        numbers = np.broadcast_to(np.arange(first, first + len(x))[:, None], labels.shape)
        lists = np.concatenate([np.repeat(np.arange(self.lists), np.diff(self.more_starts)), labels.ravel()])
        reach = self.reach.copy()
        np.maximum.at(reach, labels.ravel(), np.repeat(row_norms(x), self.copies))
        more_starts, more_rows = _by_list(lists, np.concatenate([self.more_rows, numbers.ravel()]), self.lists)
        return replace(self, reach=reach, more_starts=more_starts, more_rows=more_rows)

    def renumbered(self, order: np.ndarray, *, arranged: int) -> "Partition":
        """The lists of a table whose row i is row order[i] of this one, each once; rows that are not in `order` are left out.

        arranged: how many of the first rows are known to stand in the order of their first lists (see `lists_of`), 0 for none.
        """
        place = np.full(max(int(order.max()) + 1, self.arranged, int(self.more_rows.max(initial=-1)) + 1), -1, np.int64)
        place[order] = np.arange(order.size)
        lists = np.concatenate([np.repeat(np.arange(self.lists), np.diff(part)) for part in (self.starts, self.more_starts)])
        rows = place[np.concatenate([np.arange(self.arranged), self.more_rows])]
        lists, rows = lists[rows >= 0], rows[rows >= 0]
        starts = np.zeros(self.lists + 1, np.int64)
        if arranged:
            home = self.lists_of(order[:arranged])[:, 0]
            starts[1:] = np.cumsum(np.bincount(home, minlength=self.lists))
            known = (rows < arranged) & (lists == home[np.minimum(rows, arranged - 1)])
            lists, rows = lists[~known], rows[~known]
        more_starts, more_rows = _by_list(lists, rows, self.lists)
        return replace(self, starts=starts, more_starts=more_starts, more_rows=more_rows)

    def lists_of(self, rows: np.ndarray) -> np.ndarray:
        """The lists of each of the rows (m,), int64 (m, copies): the one that it stands in first, then by number."""
        lists = np.empty((rows.size, self.copies), np.int64)
        stands = rows < self.arranged
        lists[stands, 0] = np.searchsorted(self.starts, rows[stands], side="right") - 1
        if self.more_rows.size:
            owners = np.repeat(np.arange(self.lists), np.diff(self.more_starts))
            order = np.argsort(self.more_rows, kind="stable")
            place = np.searchsorted(self.more_rows, rows, sorter=order)
            for copy in range(self.copies):
                mine = np.flatnonzero(~stands | (copy > 0))
                lists[mine, copy] = owners[order[place[mine] + copy - stands[mine]]]
        return lists


def _check_starts(name: str, starts: np.ndarray, lists: int) -> None:
    if starts.dtype != np.int64 or starts.shape != (lists + 1,) or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise InputError(f"{name}: got {starts.dtype} of shape {starts.shape}; expected int64 of shape ({lists + 1},) that starts at 0 and never falls.")


def _by_list(lists: np.ndarray, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows by number, list by list: where each list starts, and the rows."""
    order = np.lexsort((rows, lists))
    small = rows.size == 0 or int(rows.max()) < SMALL_ROWS
    starts = np.concatenate([[0], np.cumsum(np.bincount(lists, minlength=count))]).astype(np.int64)
    return starts, rows[order].astype(np.int32 if small else np.int64)


def gathered(centroids: F32, labels: np.ndarray, lengths: F32, *, arrange: bool, group_starts: np.ndarray | None = None) -> tuple[Partition, np.ndarray]:
    """The partition of rows whose lists are labels (n, copies), the first one first, and whose lengths are (n,); and the order (n,) of rows that it stands for.

    arrange: rows are brought into the order of their first lists; else they stay where they are.
    """
    count, copies = labels.shape
    lists = len(centroids)
    order = np.argsort(labels[:, 0], kind="stable") if arrange else np.arange(count)
    reach = np.zeros(lists, np.float32)
    np.maximum.at(reach, labels.ravel(), np.repeat(lengths, copies))
    starts = np.zeros(lists + 1, np.int64)
    given = labels[order]
    if arrange:
        starts[1:] = np.cumsum(np.bincount(given[:, 0], minlength=lists))
        given = given[:, 1:]
    rows = np.broadcast_to(np.arange(count)[:, None], given.shape)
    more = _by_list(given.ravel().astype(np.int64), rows.ravel(), lists)
    return Partition(centroids, reach, starts, *more, copies, group_starts), order


def partition_of(entry: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> Partition:
    """A partition from what is stored of it. Raises InputError."""
    expected = {*ARRAYS} | ({GROUPS} if entry["groups"] else set())
    if set(arrays) != expected:
        raise InputError(f"arrays: got {sorted(arrays)}; expected {sorted(expected)}.")
    if arrays["centroids"].shape[:1] != (entry["lists"],) or (entry["groups"] and arrays[GROUPS].shape != (int(entry["groups"]) + 1,)):  # type: ignore[call-overload]
        raise InputError(f"centroids: got {arrays['centroids'].shape[:1]} lists; expected {entry['lists']}, as is said of them.")
    return Partition(**arrays, copies=entry["copies"])  # type: ignore[arg-type]

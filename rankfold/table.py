"""Tables: row ids and one or more segments of coded rows. Values: each change returns a new table that shares arrays with the old one."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .arrays import F32, as_ids, as_matrix, as_text, blocks, unit_rows
from .calibration import Calibration
from .codec import Codec
from .codes import Arrays, Codes
from .errors import InputError
from .partition import Partition
from .vectors import Vectors

# Rows are encoded in padded blocks of this many rows: matrix products of one shape give the same bits whatever the batch was.
ENCODE_ROWS = 4_096
DECODE_ROWS = 16_384
SCALE_COLUMN = "scale"
# The lowest and highest byte of a scale; 0 is a row of zeros.
SCALE_ENDS = (1, 255)


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Consecutive rows of a table under one codec: `first` is the row number of the first of them."""

    codec: Codec
    state: Arrays
    codes: Codes
    first: int

    @property
    def count(self) -> int:
        """How many rows."""
        return self.codes.count

    def decode(self, which: slice | np.ndarray) -> F32:
        """The chosen rows (numbered within the segment) as float32 (m, d)."""
        return self.codec.decode(self.state, self.codes.rows(which))


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Compressed rows with their ids.

    dim: dimensions of the decoded rows. unit: rows were normalised before coding (cosine). ids: (n,) int64 or fixed-width bytes.
    alive: (n,) bool, or None when nothing was removed. space: name of the embedding space, "" when not stated.
    calibration: what scores stand for, fitted on this table; searches never apply it by themselves. `add` and `remove` keep it, for rows of the same kind.
    partition: which rows are in which list, for searches that look at a few lists only; `add` puts new rows into lists, `compact` renumbers them.
    """

    dim: int
    unit: bool
    ids: np.ndarray
    segments: tuple[Segment, ...]
    alive: np.ndarray | None = None
    space: str = ""
    calibration: Calibration | None = None
    partition: Partition | None = None

    @property
    def count(self) -> int:
        """Rows, removed ones included: row numbers go from 0 to count - 1."""
        return self.ids.shape[0]

    @property
    def count_alive(self) -> int:
        """Rows that were not removed."""
        return self.count if self.alive is None else int(self.alive.sum())

    def parts(self) -> dict[str, int]:
        """Bytes by part: codes, scales (one-byte lengths), ids, codebooks (all fitted state, a calibration too), partition and removed-row marks."""
        scales = sum(column.nbytes for s in self.segments for name, column in s.codes.columns.items() if name.split(".")[-1] == SCALE_COLUMN)
        states = {id(array): array.nbytes for s in self.segments for array in s.state.values()}
        return {
            "codes": sum(s.codes.nbytes for s in self.segments) - scales,
            "scales": scales,
            "ids": self.ids.nbytes,
            "codebooks": sum(states.values()) + (0 if self.calibration is None else self.calibration.nbytes),
            "partition": 0 if self.partition is None else self.partition.nbytes,
            "removed": 0 if self.alive is None else self.alive.nbytes,
        }

    @property
    def nbytes(self) -> int:
        """All bytes: codes, scales, ids, codebooks, partition and removed-row marks."""
        return sum(self.parts().values())

    def decode(self, rows: np.ndarray | None = None) -> F32:
        """Rows by number, in the order given, or all of them, as float32 (m, dim). Raises InputError for rows that are not there."""
        if rows is None:
            return np.concatenate([s.decode(slice(*pair)) for s in self.segments for pair in blocks(s.count, DECODE_ROWS)])
        rows = np.asarray(rows)
        if rows.ndim != 1 or rows.dtype.kind not in "iu" or (rows.size and (rows.min() < 0 or rows.max() >= self.count)):
            raise InputError(f"rows: got dtype {rows.dtype} of shape {rows.shape}; expected whole numbers from 0 to {self.count - 1}, shape (m,).")
        out = np.empty((rows.size, self.dim), np.float32)
        for segment in self.segments:
            here = np.flatnonzero((rows >= segment.first) & (rows < segment.first + segment.count))
            for start, stop in blocks(here.size, DECODE_ROWS):
                part = here[start:stop]
                out[part] = segment.decode(rows[part] - segment.first)
        return out

    def row_of(self, ids: np.ndarray | Sequence) -> np.ndarray:
        """Row numbers of `ids`, int64 (m,); -1 where an id is unknown or was removed."""
        wanted = _as_lookup(ids, self.ids)
        rows = np.arange(self.count) if self.alive is None else np.flatnonzero(self.alive)
        here = self.ids[rows]
        order = np.argsort(here, kind="stable")
        place = np.searchsorted(here, wanted, sorter=order)
        found = np.full(wanted.shape, -1, np.int64)
        inside = np.flatnonzero(place < here.size)
        candidate = order[place[inside]]
        same = here[candidate] == wanted[inside]
        found[inside[same]] = rows[candidate[same]]
        return found

    def add(self, more: Vectors) -> "Table":
        """This table and the rows of `more`, coded with the last segment's codec and state as they are.

        Warns (RuntimeWarning) of rows so much longer or shorter than the fitted ones that their length cannot be kept.
        Raises InputError for another dimension, another embedding space, another kind of id, or an id that the table holds already.
        """
        if more.dim != self.dim:
            raise InputError(f"more: got {more.dim} dimensions; expected {self.dim}, as in the table.")
        check_space(more.space, self.space, "more")
        if more.ids.dtype.kind != self.ids.dtype.kind:
            raise InputError(f"more: got ids of dtype {more.ids.dtype}; expected {self.ids.dtype}, as in the table.")
        held = np.flatnonzero(self.row_of(more.ids) >= 0)
        if held.size:
            raise InputError(
                f"more: row {int(held[0])} has the id {as_text(more.ids[held[0]])!r}, which the table holds already ({held.size} such). Remove it first."
            )
        last = self.segments[-1]
        rows = [unit_rows(x) if self.unit else x for _, x in more.blocks()]
        codes = Codes.concat([Codes(encode_rows(last.codec, last.state, x)) for x in rows])
        strangers = np.flatnonzero(_at_the_end_of_the_scale(codes))
        of_one_length = getattr(last.codec, "loses_length", None)
        odd = np.empty(0, np.int64) if of_one_length is None else np.flatnonzero(np.concatenate([of_one_length(last.state, x) for x in rows]))
        if odd.size:
            warnings.warn(
                f"more: {odd.size} of {more.count} rows have another length than the table's rows, which all have the same (the first has the id "
                f"{as_text(more.ids[odd[0]])!r}); they are brought to that. Compress all rows anew to keep lengths.",
                RuntimeWarning,
                stacklevel=2,
            )
        if strangers.size:
            warnings.warn(
                f"more: {strangers.size} of {more.count} rows are more than four times longer or shorter than any that the table was fitted on (the first "
                f"has the id {as_text(more.ids[strangers[0]])!r}); their lengths are cut to that. Compress all rows anew.",
                RuntimeWarning,
                stacklevel=2,
            )
        alive = None if self.alive is None else np.concatenate([self.alive, np.ones(more.count, bool)])
        fresh = Segment(last.codec, last.state, codes, self.count)
        lists = None if self.partition is None else self.partition.extended(np.concatenate(rows), self.count)
        return replace(self, ids=np.concatenate([self.ids, more.ids]), segments=(*self.segments, fresh), alive=alive, partition=lists)

    def remove(self, ids: np.ndarray | Sequence) -> "Table":
        """This table without the rows of `ids`; row numbers stay as they are until `compact`.

        Raises InputError when an id is unknown or was removed already, or when no row would be left.
        """
        rows = self.row_of(ids)
        unknown = np.flatnonzero(rows < 0)
        if unknown.size:
            raise InputError(
                f"ids: {as_text(np.asarray(ids)[unknown[0]])!r} is not in the table ({unknown.size} such ids); expected ids of rows that are there."
            )
        alive = np.ones(self.count, bool) if self.alive is None else self.alive.copy()
        alive[rows] = False
        if not alive.any():
            raise InputError("ids: these are all the rows of the table; expected at least one to be left.")
        return replace(self, alive=alive)

    def compact(self) -> "Table":
        """The same rows without the removed ones, renumbered; neighbouring segments with equal codec and state become one.

        Where rows stand in the order of the lists of a partition, those of the first segment are brought into that order again.
        """
        kept: list[Segment] = []
        first = 0
        for segment in self.segments:
            codes = segment.codes
            if self.alive is not None:
                codes = codes.rows(np.flatnonzero(self.alive[segment.first : segment.first + segment.count]))
            if codes.count == 0:
                continue
            if kept and kept[-1].codec == segment.codec and _same_state(kept[-1].state, segment.state):
                before = kept.pop()
                codes = Codes.concat([before.codes, codes])
                first = before.first
            kept.append(replace(segment, codes=codes, first=first))
            first += codes.count
        whole = replace(self, ids=self.ids if self.alive is None else self.ids[self.alive], segments=tuple(kept), alive=None)
        if self.partition is None:
            return whole
        return _arranged(whole, self.partition, np.arange(self.count) if self.alive is None else np.flatnonzero(self.alive))


def encode_rows(codec: Codec, state: Arrays, x: F32) -> dict[str, np.ndarray]:
    """Rows (n, d) -> columns, each (n, ...), in zero-padded blocks of ENCODE_ROWS rows, so that a row's bytes never depend on its batch."""
    parts = []
    for start, stop in blocks(x.shape[0], ENCODE_ROWS):
        block = x[start:stop]
        if stop - start < ENCODE_ROWS:
            block = np.zeros((ENCODE_ROWS, x.shape[1]), np.float32)
            block[: stop - start] = x[start:stop]
        columns = codec.encode(state, np.ascontiguousarray(block))
        parts.append({name: column[: stop - start] for name, column in columns.items()})
    return {name: np.concatenate([part[name] for part in parts]) if len(parts) > 1 else parts[0][name] for name in parts[0]}


def _at_the_end_of_the_scale(codes: Codes) -> np.ndarray:
    """Whether each row's one-byte scale is the lowest or the highest there is, (n,) bool: a fit leaves a factor of four on both sides."""
    found = np.zeros(codes.count, np.bool_)
    for name, column in codes.columns.items():
        if name.split(".")[-1] == SCALE_COLUMN:
            found |= (column == SCALE_ENDS[0]) | (column == SCALE_ENDS[1])
    return found


def check_space(got: str, expected: str, name: str) -> None:
    """Raise InputError when both embedding spaces are stated and differ: scores across spaces are garbage that looks plausible."""
    if got and expected and got != expected:
        raise InputError(f"{name}: these vectors live in the space {got!r}; expected {expected!r}. Use vectors of the same training run, or recompress.")


def matching_matrix(vectors: Vectors | object, name: str, *, dim: int, space: str) -> F32:
    """Vectors or an array as a checked float32 matrix (q, dim) that lives in `space`. Raises InputError."""
    if isinstance(vectors, Vectors):
        check_space(vectors.space, space, name)
        vectors = vectors.read()
    return as_matrix(vectors, name, dim=dim)


def _arranged(table: Table, lists: Partition, order: np.ndarray) -> Table:
    """A compacted table, whose row i was row order[i] when `lists` were its lists, with its own lists: its first segment in their order if it was so before."""
    first = table.segments[0]
    if not lists.arranged:
        return replace(table, partition=lists.renumbered(order, arranged=0))
    place = np.argsort(lists.lists_of(order[: first.count])[:, 0], kind="stable")
    whole = np.concatenate([place, np.arange(first.count, table.count)])
    segments = (replace(first, codes=first.codes.rows(place)), *table.segments[1:])
    return replace(table, ids=table.ids[whole], segments=segments, partition=lists.renumbered(order[whole], arranged=first.count))


def _as_lookup(ids: np.ndarray | Sequence, like: np.ndarray) -> np.ndarray:
    array = np.asarray(ids)
    if array.ndim != 1:
        raise InputError(f"ids: got shape {array.shape}; expected one dimension.")
    if array.size == 0:
        return array.astype(like.dtype)
    wanted = np.char.encode(array, "utf-8") if array.dtype.kind == "U" else array
    kind = "i" if wanted.dtype.kind in "iu" else wanted.dtype.kind
    if kind != like.dtype.kind:
        expected = "whole numbers" if like.dtype.kind == "i" else "strings"
        raise InputError(f"ids: got dtype {array.dtype}; expected {expected}, as in the table.")
    return wanted


def _same_state(a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray]) -> bool:
    return a is b or (a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a))


def build(dim: int, unit: bool, ids: np.ndarray, segments: Sequence[Segment], **more: object) -> Table:
    """A checked table: ids unique, segments contiguous from row 0, counts agreeing. Raises InputError."""
    first = 0
    for segment in segments:
        if segment.first != first:
            raise InputError(f"segments: one starts at row {segment.first}; expected {first}.")
        first += segment.count
    return Table(dim, unit, as_ids(ids, first), tuple(segments), **more)  # type: ignore[arg-type]

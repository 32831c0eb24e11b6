"""Rows as sums of atoms, with the names of the rows: what everything in this folder reads."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from .. import codecs
from ..arrays import as_ids, as_text, blocks
from ..codec import Latents, describe, latents
from ..errors import InputError
from ..table import Table

CHECK_ROWS = 65_536
# Ids looked through for one like a wrong one, and how many are named.
MOST_COMPARED, MOST_NAMED = 20_000, 3


@dataclass(frozen=True, slots=True)
class Item:
    """One row by name: its id, and its title ("" where none is known)."""

    id: int | str
    title: str


@dataclass(frozen=True, slots=True)
class Strong:
    """An item in which a latent is strong, and the value of the latent there."""

    item: Item
    value: float


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Rows as sums of atoms (see codec.Latents), and what they are called.

    latents: n rows of k entries over h atoms. ids: (n,) int64 or bytes. titles: n texts, "" where none is known, or None.
    counts: (h,) int64, in how many rows each latent is: its value there is not 0.
    Raises InputError for shapes that do not agree, latents that no atom has, values that are not finite, and rows that hold one latent twice.
    """

    latents: Latents
    ids: np.ndarray
    titles: Sequence[str] | None = None
    counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        index, value, atoms = self.latents.index, self.latents.value, self.latents.atoms
        if index.ndim != 2 or index.shape != value.shape or atoms.ndim != 2 or not index.size or index.dtype.kind != "i":
            raise InputError(f"latents: got index {index.dtype} {index.shape}, value {value.shape}, atoms {atoms.shape}; expected (n, k), (n, k) and (h, d).")
        if index.min() < 0 or index.max() >= len(atoms):
            raise InputError(f"latents: got indices from {index.min()} to {index.max()}; expected 0 to {len(atoms) - 1}, one for each atom.")
        if not np.isfinite(value).all() or not np.isfinite(atoms).all():
            raise InputError("latents: got values or atoms that are not finite; expected finite ones.")
        _check_once(index, value)
        object.__setattr__(self, "ids", as_ids(self.ids, len(index)))
        if self.titles is not None and len(self.titles) != len(index):
            raise InputError(f"titles: got {len(self.titles)}; expected {len(index)}, one a row.")
        object.__setattr__(self, "counts", np.bincount(index[value != 0], minlength=len(atoms)))

    @property
    def count(self) -> int:
        """How many rows."""
        return len(self.ids)

    @property
    def size(self) -> int:
        """How many latents there are: atoms of the dictionary."""
        return len(self.latents.atoms)

    def item(self, row: int) -> Item:
        """The row by name."""
        one = self.ids[row]
        return Item(as_text(one) if isinstance(one, bytes) else int(one), "" if self.titles is None else self.titles[row])

    def support(self, row: int) -> tuple[np.ndarray, np.ndarray]:
        """The latents of a row, the largest value first, and their values: int64 (m,), float64 (m,)."""
        index, value = self.latents.index[row].astype(np.int64), self.latents.value[row].astype(np.float64)
        order = np.argsort(-np.abs(value), kind="stable")[: np.count_nonzero(value)]
        return index[order], value[order]

    def row_of(self, one: int | str) -> int:
        """The row number of an id. Raises InputError for an unknown one, and names ids or titles that are like it."""
        wanted = self._as_id(one)
        found = np.empty(0) if wanted is None else np.flatnonzero(self.ids == wanted)
        if found.size:
            return int(found[0])
        like = self._like(str(one))
        named = f" Did you mean {' or '.join(like)}?" if like else ""
        kind = "a whole number" if self.ids.dtype.kind == "i" else "text"
        raise InputError(
            f"item: {str(one)[:80]!r} is no id of this table; expected one of its {self.count:,} ids, such as {self.item(0).id!r} ({kind}).{named}"
        )

    def strongest(self, which: Iterable[int], most: int) -> dict[int, tuple[tuple[Strong, ...], tuple[Strong, ...]]]:
        """For each of these latents the items where it is largest, and those where it is furthest below 0; at most `most` each, equals by row number."""
        index, value = self.latents.index, self.latents.value
        wanted = np.zeros(self.size, np.bool_)
        wanted[list(which)] = True
        rows, places = np.nonzero(wanted[index] & (value != 0))
        which_latent, values = index[rows, places], value[rows, places]
        ends: dict[int, tuple[tuple[Strong, ...], tuple[Strong, ...]]] = {}
        for latent in np.flatnonzero(wanted).tolist():
            here = np.flatnonzero(which_latent == latent)
            here = here[np.argsort(-np.abs(values[here]), kind="stable")]
            above, below = here[values[here] > 0][:most], here[values[here] < 0][:most]
            ends[latent] = tuple(tuple(Strong(self.item(rows[at]), float(values[at])) for at in end) for end in (above, below))  # type: ignore[assignment]
        return ends

    def _as_id(self, one: int | str) -> int | bytes | None:
        """An id as the table holds it, or None where it cannot be one."""
        if self.ids.dtype.kind == "S":
            return str(one).encode("utf-8", "surrogateescape")
        try:
            number = int(one)
        except ValueError:
            return None
        return number if -(2**63) <= number < 2**63 else None

    def _like(self, wrong: str) -> list[str]:
        """What may have been meant: items whose title holds the text, else ids that are spelled alike."""
        if self.titles is not None and len(wrong.strip()) > 2:
            rows = [row for row, title in enumerate(self.titles) if wrong.strip().casefold() in title.casefold()][:MOST_NAMED]
            if rows:
                return [f"{self.item(row).id!r} ({self.item(row).title})" for row in rows]
        if self.ids.dtype.kind == "i":
            return []
        texts = [as_text(one) for one in self.ids[np.char.startswith(self.ids, wrong[:1].encode("utf-8", "surrogateescape"))][:MOST_COMPARED].tolist()]
        return [repr(text) for text in difflib.get_close_matches(wrong[:80], texts, MOST_NAMED)]


def has_latents(table: Table) -> bool:
    """Whether every row of the table is a sum of atoms, and all of one dictionary."""
    parts = [latents(one.codec, one.state, one.codes.rows(slice(0, 1))) for one in table.segments]
    return all(part is not None for part in parts) and _one_dictionary([part for part in parts if part is not None])


def read_table(table: Table, titles: Sequence[str] | None = None) -> Reading:
    """The rows of a table that were not removed, as sums of atoms. titles: one text for each row of the table, removed ones too; see `read_titles`.

    Memory: 8 bytes for each nonzero of a row, twice over. Raises InputError where a row is no sum of atoms, or rows have different dictionaries.
    """
    parts = [latents(one.codec, one.state, one.codes) for one in table.segments]
    if None in parts:
        having = [name for name in codecs.names() if hasattr(codecs.get(name), "atoms")]
        held = ", ".join(sorted({describe(one.codec) for one in table.segments}))
        raise InputError(f"table: its rows are coded by {held}, which has no latents; expected one of: {', '.join(having) or 'none installed'}.")
    first, *others = [part for part in parts if part is not None]
    if not _one_dictionary([first, *others]):
        raise InputError(f"table: its {len(parts)} parts have different dictionaries, so that a latent of one is none of another; expected one for all rows.")
    width = max(part.index.shape[1] for part in (first, *others))
    index, value = (np.concatenate([_widened(getattr(part, name), width) for part in (first, *others)]) for name in ("index", "value"))
    if titles is not None and len(titles) != table.count:
        raise InputError(f"titles: got {len(titles)}; expected {table.count}, one for each row of the table.")
    if table.alive is None:
        return Reading(Latents(index, value, first.atoms), table.ids, titles)
    alive = np.flatnonzero(table.alive)
    kept = None if titles is None else [titles[row] for row in alive.tolist()]
    return Reading(Latents(index[alive], value[alive], first.atoms), table.ids[alive], kept)


def _one_dictionary(parts: list[Latents]) -> bool:
    return all(np.array_equal(part.atoms, parts[0].atoms) for part in parts)


def _widened(array: np.ndarray, width: int) -> np.ndarray:
    return array if array.shape[1] == width else np.pad(array, ((0, 0), (0, width - array.shape[1])))


def _check_once(index: np.ndarray, value: np.ndarray) -> None:
    """Raise InputError where a row holds a latent twice: its shares could not be told apart."""
    for start, stop in blocks(len(index), CHECK_ROWS):
        # Entries of value 0 stand for nothing, whatever they name: each gets a number of its own.
        held = np.sort(np.where(value[start:stop] != 0, index[start:stop], -1 - np.arange(index.shape[1], dtype=np.int32)), axis=1)
        twice = np.flatnonzero((held[:, 1:] == held[:, :-1]).any(axis=1))
        if twice.size:
            raise InputError(f"latents: row {start + int(twice[0])} holds one latent twice; expected each at most once in a row.")

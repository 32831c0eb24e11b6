"""Rows as JSON maps from column to value, which search servers take."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..arrays import blocks
from .gathering import Gathering
from .numbertext import float_texts, id_texts
from .rows import SparseRows

BATCH = 1_000


class MapRow(NamedTuple):
    """A row: its id, and its values as the text of a JSON object, columns rising."""

    id: int | str
    terms: str


def term_maps(rows: SparseRows) -> Iterator[MapRow]:
    """Every row in order. Raises InputError for ids that are not UTF-8."""
    names: Sequence[int | str] = rows.ids.tolist() if rows.ids.dtype.kind == "i" else id_texts(rows.ids)
    for start, stop in blocks(rows.count, BATCH):
        here = slice(rows.indptr[start], rows.indptr[stop])
        pairs = [f'"{index}":{text}' for index, text in zip(rows.indices[here].tolist(), float_texts(rows.data[here]), strict=True)]
        ends = (rows.indptr[start : stop + 1] - rows.indptr[start]).tolist()
        for row, a, b in zip(range(start, stop), ends[:-1], ends[1:], strict=True):
            yield MapRow(names[row], "{" + ",".join(pairs[a:b]) + "}")


def rows_from_maps(found: Iterable[tuple[int | str, Mapping[str, float]]], width: int) -> SparseRows:
    """The rows of maps that were parsed, in order."""
    rows = Gathering()
    for one, terms in found:
        rows.add(one, [int(term) for term in terms], list(terms.values()))
    return rows.rows(width)

"""Rows as JSON maps from column to value, which search servers take."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from ..arrays import blocks
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


def rows_from_maps(found: Sequence[tuple[int | str, Mapping[str, float]]], width: int) -> SparseRows:
    """The rows of maps that were parsed, in order."""
    indptr = np.concatenate([[0], np.cumsum([len(terms) for _, terms in found])]).astype(np.int64)
    indices = np.array([int(term) for _, terms in found for term in terms], np.int32)
    data = np.array([value for _, terms in found for value in terms.values()], np.float32)
    ids = [one for one, _ in found]
    kept = np.array(ids, np.int64) if all(isinstance(one, int) for one in ids) else np.array([str(one).encode() for one in ids])
    return SparseRows(kept, indptr, indices, data, width)

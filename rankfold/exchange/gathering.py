"""Sparse rows gathered one by one, as readers of text find them, without an object for every number."""

from array import array
from collections.abc import Sequence

import numpy as np

from .rows import SparseRows


class Gathering:
    """Rows in the order in which they are added: 8 bytes a value, and the ids."""

    def __init__(self) -> None:
        self._ids: list[int | str] = []
        self._ends, self._indices, self._data = array("q", [0]), array("i"), array("f")

    def add(self, one_id: int | str, indices: Sequence[int], values: Sequence[float]) -> None:
        """The next row."""
        self._ids.append(one_id)
        self._indices.extend(indices)
        self._data.extend(values)
        self._ends.append(len(self._indices))

    def rows(self, width: int) -> SparseRows:
        """All of them; ids are text unless all are whole numbers."""
        whole = all(isinstance(one, int) for one in self._ids)
        ids = np.array(self._ids, np.int64) if whole else np.array([str(one).encode() for one in self._ids], np.bytes_)
        parts = (np.array(self._ends, np.int64), np.array(self._indices, np.int32), np.array(self._data, np.float32))
        return SparseRows(ids, *parts, width)

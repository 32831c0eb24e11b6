"""Search by the row numbers of another order of the same ids: what was measured on the vectors can be measured on a table whose rows stand otherwise."""

import numpy as np

from ..arrays import F32, as_mask
from ..errors import InputError
from .ranking import Ranking
from .rows import Rows
from .searcher import Searcher


class Aligned:
    """A searcher that speaks the row numbers of `ids` instead of its table's own.

    ids: (n,) the ids of the table's rows in any order, each once. Rows that were removed are not there. Raises InputError for other ids.
    """

    def __init__(self, searcher: Searcher, ids: np.ndarray):
        rows = searcher.table.row_of(ids)
        if rows.size != searcher.count or np.unique(rows).size != rows.size or (rows < 0).any():
            raise InputError(f"ids: got {rows.size} ids; expected those of all {searcher.count} rows of the table, each once.")
        self.searcher = searcher
        self._of_table = rows
        self._of_ids = np.empty_like(rows)
        self._of_ids[rows] = np.arange(rows.size)

    @property
    def count(self) -> int:
        """How many rows."""
        return self.searcher.count

    def search(self, queries: F32, k: int, *, exclude: Rows | None = None, allow: np.ndarray | Rows | None = None) -> Ranking:
        """As Searcher.search: rows, exclude and allow are by place in `ids`; equal scores go by that place, but for those cut off at k."""
        if exclude is not None:
            exclude = self._by_table(exclude, "exclude")
        if isinstance(allow, Rows):
            allow = self._by_table(allow, "allow")
        elif allow is not None:
            allow = as_mask(allow, self.count, "allow")[self._of_ids]
        found = self.searcher.search(queries, k, exclude=exclude, allow=allow)
        rows = np.where(found.rows >= 0, self._of_ids[np.maximum(found.rows, 0)], -1)
        order = np.lexsort((np.where(rows < 0, self.count, rows), -found.scores), axis=1)
        return Ranking(np.take_along_axis(rows, order, axis=1), np.take_along_axis(found.scores, order, axis=1))

    def _by_table(self, lists: Rows, name: str) -> Rows:
        lists.check_below(self.count, name)
        return Rows.from_pairs(lists.queries(), self._of_table[lists.values], lists.count)

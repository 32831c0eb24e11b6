"""The plainest recommender: the most popular rows that a query has not seen. What every vector must beat."""

import numpy as np

from ..arrays import F32, as_mask, blocks
from ..errors import InputError
from ..search.ranking import Ranking
from ..search.rows import Rows
from .buckets import as_popularity

# Places looked at in one pass stay below this many.
PASS_PLACES = 1 << 22


class PopularitySearcher:
    """Gives every query the same list, by training events; equal events go by row number. Scores are the events.

    popularity: (n,) numbers of at least 0. Raises InputError.
    """

    def __init__(self, popularity: object):
        self._events = as_popularity(popularity).astype(np.float32)
        self._order = np.argsort(-self._events, kind="stable")

    @property
    def count(self) -> int:
        """How many rows."""
        return self._events.size

    def search(self, queries: F32, k: int, *, exclude: Rows | None = None, allow: np.ndarray | None = None) -> Ranking:
        """As Searcher.search: rows (q, k) int64 and scores (q, k) float32, -1 and -inf where nothing is left; only the number of queries counts."""
        count = len(queries)
        if k < 1 or (exclude is not None and exclude.count != count):
            raise InputError(f"k, exclude: got k={k}; expected at least 1, and one list for each of {count} queries.")
        order = self._order if allow is None else self._order[as_mask(allow, self.count, "allow")[self._order]]
        if exclude is None:
            exclude = Rows.empty(count)
        exclude.check_below(self.count, "exclude")
        # After as many rows as the longest list leaves out, k more are enough for every query.
        order = order[: k + int(exclude.lengths().max(initial=0))]
        rows = np.full((count, k), -1, np.int64)
        for start, stop in blocks(count, max(1, PASS_PLACES // max(1, order.size))):
            line = np.broadcast_to(order, (stop - start, order.size))
            free = ~exclude.slice(start, stop).holds(line)
            place = np.cumsum(free, axis=1) - 1
            query, at = np.nonzero(free & (place < k))
            rows[start + query, place[query, at]] = order[at]
        return Ranking(rows, np.where(rows >= 0, self._events[np.maximum(rows, 0)], np.float32(-np.inf)))

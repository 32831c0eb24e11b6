"""Scores of given rows for each query, and the best of them: for lists so short that scanning the table would be a waste."""

from collections.abc import Iterator

import numpy as np

from ..arrays import F32
from ..table import Table
from .exact import exact_scores, prepare_queries
from .rows import Rows

# Scoring one (query, row) pair costs about as much as scanning so many rows for a query, measured over the codecs.
PAIR_COST = 40
# Longer lists are gathered and scanned instead.
MOST_PAIRS = 512
# A query that is searched alone costs about as much as scanning so many rows in a batch, and so many more for each row of its list.
ALONE_ROWS = 65_536
ALONE_COST = 32
PASS_QUERIES = 64
PASS_PAIRS = 1 << 20


def listed_scores(table: Table, queries: F32, lists: Rows) -> F32:
    """Exact scores of each query (q, d) with the rows of its list, float32 in the order of lists.values; -inf for removed rows."""
    scores = np.empty(lists.values.size, np.float32)
    for start, stop in list_passes(lists):
        first, last = lists.starts[start], lists.starts[stop]
        prepared = prepare_queries(table, np.ascontiguousarray(queries[start:stop]))
        scores[first:last] = exact_scores(table, prepared, lists.slice(start, stop).queries(), lists.values[first:last])
    if table.alive is not None:
        scores[~table.alive[lists.values]] = -np.inf
    return scores


def listed_top(table: Table, queries: F32, lists: Rows, k: int) -> tuple[np.ndarray, F32]:
    """The k best rows (q, k) of each query's list and their exact scores, by (score, then row number); -1 and -inf where nothing is left."""
    scores = listed_scores(table, queries, lists)
    number = lists.queries()
    order = np.lexsort((lists.values, -scores, number))
    place = np.arange(number.size) - lists.starts[number]
    kept = (place < k) & (scores[order] > -np.inf)
    best_rows, best = np.full((lists.count, k), -1, np.int64), np.full((lists.count, k), -np.inf, np.float32)
    best_rows[number[kept], place[kept]], best[number[kept], place[kept]] = lists.values[order][kept], scores[order][kept]
    return best_rows, best


def without(lists: Rows, barred: Rows | None) -> Rows:
    """Lists less what is barred for the same queries."""
    if barred is None or not barred.values.size or not lists.values.size:
        return lists
    return lists.where(~lists.shared_with(barred))


def list_passes(lists: Rows) -> Iterator[tuple[int, int]]:
    """Queries in runs (start, stop) of at most PASS_QUERIES queries and, but for a list that is longer alone, PASS_PAIRS rows in all."""
    start = 0
    while start < lists.count:
        fits = int(np.searchsorted(lists.starts, lists.starts[start] + PASS_PAIRS, side="right")) - 1
        stop = min(max(fits, start + 1), start + PASS_QUERIES, lists.count)
        yield start, stop
        start = stop

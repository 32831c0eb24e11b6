"""Exact scores of a few rows for each query, and the best of them."""

from collections.abc import Sequence

import numpy as np

from ..arrays import F32, blocks
from ..codes import Arrays
from ..table import Table

# Pairs of a query and a row scored exactly at once: their decoded values stay within some tens of megabytes.
PASS_PAIRS = 8_192


def prepare_queries(table: Table, queries: F32) -> list[Arrays]:
    """Queries (q, d) as each segment's codec prepares them."""
    return [segment.codec.prepare(segment.state, queries) for segment in table.segments]


def best_of(rows: np.ndarray, scores: F32, k: int) -> tuple[np.ndarray, F32]:
    """The k best columns of every line by (score, then row number); -1 and -inf last."""
    k = min(k, rows.shape[1])
    order = np.lexsort((np.where(rows < 0, np.iinfo(np.int64).max, rows), -scores), axis=1)[:, :k]
    best = np.take_along_axis(scores, order, axis=1)
    return np.where(best > -np.inf, np.take_along_axis(rows, order, axis=1), -1), best


def rescored(table: Table, prepared: Sequence[Arrays], rows: np.ndarray) -> tuple[np.ndarray, F32]:
    """Exact scores of candidate rows (q, m), -inf where a row is -1."""
    scores = np.full(rows.shape, -np.inf, np.float32)
    numbers, places = np.nonzero(rows >= 0)
    scores[numbers, places] = exact_scores(table, prepared, numbers, rows[numbers, places])
    return rows, scores


def exact_scores(table: Table, prepared: Sequence[Arrays], numbers: np.ndarray, rows: np.ndarray) -> F32:
    """Exact scores (m,) of pairs: query numbers[i] with row rows[i]."""
    scores = np.empty(rows.size, np.float32)
    for start, stop in blocks(rows.size, PASS_PAIRS):
        scores[start:stop] = _exact_pairs(table, prepared, numbers[start:stop], rows[start:stop])
    return scores


def _exact_pairs(table: Table, prepared: Sequence[Arrays], numbers: np.ndarray, rows: np.ndarray) -> F32:
    scores = np.empty(rows.size, np.float32)
    for segment, tables in zip(table.segments, prepared, strict=True):
        here = np.flatnonzero((rows >= segment.first) & (rows < segment.first + segment.count))
        if here.size:
            scores[here] = segment.codec.score(segment.state, tables, numbers[here], segment.codes.rows(rows[here] - segment.first))
    return scores

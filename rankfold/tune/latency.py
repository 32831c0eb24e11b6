"""Latency: how long single searches take on this machine, one thread, one query at a time."""

import time
from typing import NamedTuple

import numpy as np

from ..arrays import F32
from ..search import Searcher
from ..table import Table

QUERIES = 400
LEAST_QUERIES = 100
SECONDS = 4.0
WARM_UP = 3
K = 100


class Latency(NamedTuple):
    """Milliseconds of a single search for the top 100: the median, and what 99 of 100 stay within; over n searches."""

    p50_ms: float
    p99_ms: float
    n: int


def latency(table: Table, queries: F32, *, most_seconds: float = SECONDS) -> Latency:
    """Search for `queries` (q, d) one by one, round and round: 400 times, or at least 100 times where that takes more than `most_seconds`.

    Each search is done twice and the shorter time counts: what other programs take from the processor is no cost of the table.
    """
    searcher = Searcher(table, workers=1)
    k = min(K, table.count)
    for query in range(min(WARM_UP, len(queries))):
        searcher.search(queries[query : query + 1], k)
    times: list[float] = []
    while len(times) < QUERIES and (len(times) < LEAST_QUERIES or 2 * sum(times) < 1000 * most_seconds):
        query = len(times) % len(queries)
        times.append(min(_milliseconds(searcher, queries[query : query + 1], k) for _ in range(2)))
    return Latency(float(np.median(times)), float(np.quantile(times, 0.99)), len(times))


def _milliseconds(searcher: Searcher, query: F32, k: int) -> float:
    start = time.perf_counter()
    searcher.search(query, k)
    return 1000 * (time.perf_counter() - start)

"""How fast an artifact answers: cold start, single queries, batches of 64."""

import time
from pathlib import Path

import numpy as np

from ..arrays import F32
from ..search import Searcher
from ..search.glance import coarse_table
from ..store import load
from ..table import Table

BATCH = 64
MOST_QUERIES = 1_000
SECONDS = 3.0
WARM_UP = 3


def sample_queries(table: Table, count: int, seed: int) -> F32:
    """Decoded rows of the table, drawn at random: queries for speed, not for quality."""
    rng = np.random.default_rng(seed)
    return table.decode(np.sort(rng.choice(table.count, min(count, table.count), replace=False)))


def cold_start(path: Path, k: int) -> dict:
    """Milliseconds to map an artifact and to answer the first query. The files may be in the system's cache already."""
    start = time.perf_counter()
    table = load(path)
    loaded = time.perf_counter()
    Searcher(table).search(np.ones((1, table.dim), np.float32), k)
    answered = time.perf_counter()
    return {"load_ms": 1000 * (loaded - start), "first_query_ms": 1000 * (answered - loaded)}


def speed(table: Table, queries: F32, k: int, *, workers: int | None, refine: int | None = None) -> dict:
    """Milliseconds a query (median, 95th and 99th percentile) for single queries, and queries a second in batches of 64.

    refine: as in Searcher. bytes_per_query: code bytes that one query reads. rows_per_s: rows scored a second by single queries.
    """
    searcher = Searcher(table, workers=workers, refine=refine)
    single = _timed(searcher, [queries[row : row + 1] for row in range(len(queries))], k)
    batches = [queries[row : row + BATCH] for row in range(0, len(queries) - BATCH + 1, BATCH)] or [np.resize(queries, (BATCH, table.dim))]
    batch = _timed(searcher, batches, k)
    code_bytes = sum(segment.codes.nbytes for segment in (table if refine is None else coarse_table(table)).segments)
    if refine is not None:
        code_bytes += min(table.count, max(k, refine)) * max(segment.codes.row_bytes for segment in table.segments)
    return {
        "single": _percentiles(single) | {"queries": len(single), "queries_per_s": len(single) / float(np.sum(single))},
        "batch_64": _percentiles(batch) | {"batches": len(batch), "queries_per_s": BATCH * len(batch) / float(np.sum(batch))},
        "rows_per_s": table.count / float(np.median(single)),
        "bytes_per_query": code_bytes,
        "workers": searcher.workers,
    }


def _timed(searcher: Searcher, calls: list[F32], k: int) -> np.ndarray:
    """Seconds of each call, after a few that are not counted, until the queries or the time are used up."""
    for queries in calls[:WARM_UP]:
        searcher.search(queries, k)
    spans: list[float] = []
    while sum(spans) < SECONDS and len(spans) < max(MOST_QUERIES, len(calls)):
        start = time.perf_counter()
        searcher.search(calls[len(spans) % len(calls)], k)
        spans.append(time.perf_counter() - start)
    return np.array(spans)


def _percentiles(spans: np.ndarray) -> dict:
    return {f"p{share}_ms": float(1000 * np.percentile(spans, share)) for share in (50, 95, 99)}

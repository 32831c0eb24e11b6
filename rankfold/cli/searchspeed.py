"""How fast an artifact answers: cold start, single queries, batches of 64, a mixed load; queries a processor second and joules a query."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from ..arrays import F32
from ..packing import open_searcher
from ..search import Rows, Searcher
from ..search.glance import coarse_table
from ..search.layout import Packed
from ..table import Table
from .energy import Energy
from .replay import percentiles

BATCH = 64
MOST_QUERIES = 1_000
SECONDS = 3.0
WARM_UP = 3
CLIENTS, SEEN = 2, 50


def sample_queries(table: Table, count: int, seed: int) -> F32:
    """Decoded rows of the table, drawn at random: queries for speed, not for quality."""
    rng = np.random.default_rng(seed)
    return table.decode(np.sort(rng.choice(table.count, min(count, table.count), replace=False)))


def cold_start(path: Path, k: int) -> dict:
    """Milliseconds to map an artifact and to answer the first query. The files may be in the system's cache already."""
    start = time.perf_counter()
    searcher = open_searcher(path)
    loaded = time.perf_counter()
    searcher.search(np.ones((1, searcher.table.dim), np.float32), k)
    answered = time.perf_counter()
    return {"load_ms": 1000 * (loaded - start), "first_query_ms": 1000 * (answered - loaded)}


def speed(table: Table, queries: F32, k: int, *, workers: int | None, refine: int | None = None, packed: Packed | None = None) -> dict:
    """Milliseconds a query (median, 95th and 99th percentile) for single queries, queries a second in batches of 64, and a mixed load.

    refine, packed: as in Searcher. bytes_per_query: code bytes that one query reads. rows_per_s: rows scored a second by single queries.
    """
    searcher = Searcher(table, workers=workers, refine=refine, packed=packed)
    searcher.search(queries[:1], k)  # packs, where nothing is mapped
    energy, busy = Energy(), time.process_time()
    single = _timed(searcher, [queries[row : row + 1] for row in range(len(queries))], k)
    answered = len(single) + min(WARM_UP, len(queries))
    cpu_s, joules = time.process_time() - busy, energy.joules()
    batches = [queries[row : row + BATCH] for row in range(0, len(queries) - BATCH + 1, BATCH)] or [np.resize(queries, (BATCH, table.dim))]
    batch = _timed(searcher, batches, k)
    code_bytes = sum(segment.codes.nbytes for segment in (table if refine is None else coarse_table(table)).segments)
    if refine is not None:
        code_bytes += min(table.count, max(k, refine)) * max(segment.codes.row_bytes for segment in table.segments)
    return {
        "single": percentiles(single)
        | {
            "queries": len(single),
            "queries_per_s": len(single) / float(np.sum(single)),
            "queries_per_cpu_s": answered / cpu_s if cpu_s > 0 else None,
            "joules_per_query": None if joules is None else joules / answered,
        },
        "mixed": mixed(Searcher(table, workers=1, refine=refine, packed=packed), queries, k),
        "batch_64": percentiles(batch) | {"batches": len(batch), "queries_per_s": BATCH * len(batch) / float(np.sum(batch))},
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


def mixed(searcher: Searcher, queries: F32, k: int, *, seed: int = 0) -> dict:
    """Milliseconds of single requests when two clients ask at once, each one query after the other: six in ten plain, three with fifty rows that they must not
    get, one for four times as many rows.
    """
    spans: list[float] = []

    def client(number: int) -> None:
        rng = np.random.default_rng([seed, number])
        end = time.perf_counter() + SECONDS
        while time.perf_counter() < end:
            query, kind = int(rng.integers(len(queries))), rng.random()
            seen = Rows.from_lists([rng.integers(0, searcher.count, SEEN)]) if kind > 0.7 else None
            start = time.perf_counter()
            searcher.search(queries[query : query + 1], min(searcher.count, 4 * k if 0.6 < kind <= 0.7 else k), exclude=seen)
            spans.append(time.perf_counter() - start)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return percentiles(np.array(spans)) | {"requests": len(spans), "clients": CLIENTS}

"""Two-level search over layered codes, with faiss's PQ64 in the same run.

    python benchmarks/layered.py [rows]         1,000,000 by default; fewer for a quick look

Rows: those of text132k drawn with replacement, Gaussian noise of a fifth of their length added, normalised again (real rows are too few); 384 dimensions.
Queries: rows of text132k. The table is `layered` of 32 bytes with a coarse level of 8, fitted and encoded on one thread; searches are top-100, one query at a
time, one thread. agreement@100: of two-level lists with the full scan's, and of both with the exact lists of the rows; of faiss, with the exact lists.
Bars: two levels in at most half of PQ64's time and within a point of the full scan; `layered` of 16 bytes codes 5,000 rows a second; fit and encoding of
all rows in under ten minutes. Prints a table and writes benchmarks/results/layered.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import replace  # noqa: E402

import datasets  # noqa: E402
import faiss  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold import kernels  # noqa: E402
from rankfold.arrays import F32, blocks, unit_rows  # noqa: E402
from rankfold.codec import describe, settled  # noqa: E402
from rankfold.codecs.layered import Layered  # noqa: E402
from rankfold.codecs.residual import Residual  # noqa: E402
from rankfold.codecs.unit import Unit  # noqa: E402
from rankfold.compression import compress, fit  # noqa: E402
from rankfold.search import Searcher  # noqa: E402
from rankfold.table import encode_rows  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

NOISE = 0.2
DEPTH = 100
QUERIES = 50
REFINE = 1_000
FAISS_TRAIN = 100_000
ENCODED = 20_000
TIME_BAR, POINTS_BAR, ENCODE_BAR, MINUTES_BAR = 0.5, 1.0, 5_000, 10


def resampled(count: int, seed: int = 0) -> tuple[F32, F32]:
    """Rows (count, 384) and queries (QUERIES, 384)."""
    text, rng = datasets.text(), np.random.default_rng(seed)
    rows = np.empty((count, text.shape[1]), np.float32)
    for start, stop in blocks(count, 65_536):
        drawn = text[rng.integers(0, len(text), stop - start)]
        rows[start:stop] = unit_rows(drawn + np.float32(NOISE / text.shape[1] ** 0.5) * rng.standard_normal(drawn.shape, dtype=np.float32))
    return rows, text[np.sort(rng.choice(len(text), QUERIES, replace=False))]


def exact_lists(rows: F32, queries: F32) -> np.ndarray:
    """The exact top DEPTH row numbers of every query, in no order."""
    scores = np.concatenate([queries @ rows[start:stop].T for start, stop in blocks(len(rows), 65_536)], axis=1)
    return np.argpartition(-scores, DEPTH, axis=1)[:, :DEPTH]


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Mean share of each list of `a` that is in the list of `b`."""
    return float(np.mean([np.isin(one, other).mean() for one, other in zip(a, b, strict=True)]))


def timed(search: Callable[[F32], np.ndarray], queries: F32) -> tuple[np.ndarray, dict[str, float]]:
    """The lists, and milliseconds a query: median and quartiles, after one query that is not counted; `cpu_ms` is the median of what the processor was busy."""
    search(queries[:1])
    lists, spans, busy = [], [], []
    for row in range(len(queries)):
        start, before = time.perf_counter(), time.process_time()
        lists.append(search(queries[row : row + 1])[0])
        spans.append(1000 * (time.perf_counter() - start))
        busy.append(1000 * (time.process_time() - before))
    low, middle, high = np.percentile(spans, (25, 50, 75))
    return np.stack(lists), {"query_ms": float(middle), "low_ms": float(low), "high_ms": float(high), "cpu_ms": float(np.median(busy))}


def encode_speed(x: F32, how: Layered) -> dict[str, object]:
    """Rows a second that one core encodes of the codec as it settles on a part of the rows."""
    sample = x[:FAISS_TRAIN]
    closed = settled(how, sample, np.ones(len(sample), np.float32), np.random.default_rng(0))
    # How well the codebooks were fitted does not change how long a search in them takes.
    quick = Unit(replace(closed, coarse=replace(closed.coarse, refits=0)))
    fitted = fit(as_vectors(sample[:ENCODED]), quick, norms="raw")
    start = time.thread_time()
    encode_rows(fitted.codec, fitted.state, x[:ENCODED])
    return {"codec": describe(closed), "rows_per_s": min(ENCODED, len(x)) / (time.thread_time() - start)}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    faiss.omp_set_num_threads(1)
    rows, queries = resampled(count)
    truth = exact_lists(rows, queries)
    start, busy = time.perf_counter(), time.process_time()
    table = compress(as_vectors(rows), Layered(bytes=32, coarse=Residual(8)))
    made_s, made_cpu_s = time.perf_counter() - start, time.process_time() - busy
    whole, two = Searcher(table, workers=1), Searcher(table, workers=1, refine=REFINE)
    peer = faiss.IndexPQ(rows.shape[1], 64, 8, faiss.METRIC_INNER_PRODUCT)
    peer.train(rows[np.random.default_rng(1).permutation(count)[:FAISS_TRAIN]])
    peer.add(rows)
    full_lists, full = timed(lambda query: whole.search(query, DEPTH).rows, queries)
    two_lists, refined = timed(lambda query: two.search(query, DEPTH).rows, queries)
    peer_lists, pq = timed(lambda query: peer.search(query, DEPTH)[1], queries)
    found = {
        "rows": count,
        "dim": rows.shape[1],
        "noise": NOISE,
        "level": kernels.level(),
        "codec": describe(table.segments[0].codec),
        "refine": REFINE,
        "fit_and_encode_s": made_s,
        "fit_and_encode_cpu_s": made_cpu_s,
        "full": full | {"agreement": agreement(full_lists, truth)},
        "two_levels": refined | {"agreement": agreement(two_lists, truth), "agreement_with_full": agreement(two_lists, full_lists)},
        "faiss_pq64": pq | {"agreement": agreement(peer_lists, truth)},
        "encode": [encode_speed(rows, Layered(bytes=size)) for size in (16, 32, 64)],
    }
    report(found)
    (datasets.RESULTS / "layered.json").write_text(json.dumps(found, indent=1) + "\n")


def report(found: dict) -> None:
    """The table and the bars."""
    sheet = Sheet(title=f"{found['rows']} rows x {found['dim']}, {found['codec']}, level {found['level']}, one thread")
    for column in ("search", "ms/query", "quartiles", "processor ms", "agreement@100"):
        sheet.add_column(column)
    for name in ("full", "two_levels", "faiss_pq64"):
        one = found[name]
        sheet.add_row(name, f"{one['query_ms']:.2f}", f"{one['low_ms']:.2f} to {one['high_ms']:.2f}", f"{one['cpu_ms']:.2f}", f"{one['agreement']:.4f}")
    console = Console(width=140)
    console.print(sheet)
    ratio, busy = (found["two_levels"][name] / found["faiss_pq64"][name] for name in ("query_ms", "cpu_ms"))
    points = 100 * (found["full"]["agreement"] - found["two_levels"]["agreement"])
    console.print(f"two levels: {ratio:.2f} of PQ64's time, {busy:.2f} of its processor time (bar {TIME_BAR})")
    console.print(f"two levels: {points:+.2f} points below the full scan (bar {POINTS_BAR})")
    made, computing = found["fit_and_encode_s"] / 60, found["fit_and_encode_cpu_s"] / 60
    console.print(f"fit and encode: {made:.1f} minutes on one thread, {computing:.1f} of them computing (bar {MINUTES_BAR})")
    for one in found["encode"]:
        console.print(f"encode {one['codec']}: {one['rows_per_s']:.0f} rows/s a core (bar at 16 bytes: {ENCODE_BAR})")


if __name__ == "__main__":
    main()

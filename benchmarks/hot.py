"""Hot answers and hot rows under a log in which few queries and few items are asked for most of the time. Run: python benchmarks/hot.py [--requests 3000]

40,000 sentence vectors of text132k, codec pq of 64 groups. Requests are drawn from 20,000 queries by Zipf's law (exponents 0.8, 1.0, 1.2), one at a time on
one thread: as they are, and with lists remembered in 1, 4 and 16 MB. Rows: 200 items a request drawn by Zipf's law are decoded, as they are and with hot rows
in 1, 4 and 16 % of the bytes that all decoded rows would take. "burst": for the middle fifth of the log, one query in two is one of ten that nobody asked for
before.
Hit rates, medians and 99th percentiles; `best` is the hit rate of always holding what is asked for most in the whole log. Writes benchmarks/results/hot.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
from datasets import RESULTS, text  # noqa: E402

from rankfold.arrays import F32  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.search import HotRows, HotSearcher, Searcher  # noqa: E402
from rankfold.search.hot import ENTRY_BYTES  # noqa: E402
from rankfold.table import Table  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

K, QUERIES, ROWS, ROWS_EACH = 50, 20_000, 40_000, 200


def zipf(count: int, exponent: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers below `count`, drawn with shares that fall with the rank; which number has which rank is left to chance."""
    shares = 1 / np.arange(1, count + 1) ** exponent
    return rng.permutation(count)[rng.choice(count, size, p=shares / shares.sum())]


def answers(searcher: Searcher | HotSearcher, queries: F32, requests: np.ndarray) -> np.ndarray:
    """Milliseconds of every request."""
    spans = np.empty(requests.size)
    for number, query in enumerate(requests.tolist()):
        start = time.perf_counter()
        searcher.search(queries[query : query + 1], K)
        spans[number] = 1000 * (time.perf_counter() - start)
    return spans


def told(spans: np.ndarray) -> dict[str, float]:
    return {"p50_ms": float(np.median(spans)), "p99_ms": float(np.percentile(spans, 99)), "mean_ms": float(spans.mean())}


def of_lists(table: Table, queries: F32, count: int, rng: np.random.Generator) -> dict:
    """Hit rates and times of remembered lists."""
    plain = Searcher(table, workers=1)
    found = {}
    print(f"{'log':>12} {'memory':>8} {'hits':>7} {'best':>7} {'p50':>10} {'p99':>10} {'mean':>10}")
    for name, exponent in (("zipf 0.8", 0.8), ("zipf 1.0", 1.0), ("zipf 1.2", 1.2), ("burst", 1.0)):
        requests = zipf(QUERIES - 10, exponent, count, rng)
        if name == "burst":
            middle = np.arange(2 * count // 5, 3 * count // 5, 2)
            requests[middle] = QUERIES - 1 - rng.integers(0, 10, middle.size)
        rows = [("none", None, answers(plain, queries, requests[: count // 10]))]
        for megabytes in (1, 4, 16):
            hot = HotSearcher(plain, megabytes * 10**6)
            rows.append((f"{megabytes} MB", hot, answers(hot, queries, requests)))
        times = np.sort(np.bincount(requests))[::-1]
        for memory, hot, spans in rows:
            one = told(spans)
            if hot is not None:
                held = hot.cache.capacity // (12 * K + ENTRY_BYTES)
                one |= {"hit_rate": hot.cache.hits / requests.size, "best": float((times[:held] - (times[:held] > 0)).sum() / requests.size)}
            found[f"{name}, {memory}"] = one
            hits, best = (f"{one[part]:.3f}" if part in one else "" for part in ("hit_rate", "best"))
            print(f"{name:>12} {memory:>8} {hits:>7} {best:>7} {one['p50_ms']:>7.3f} ms {one['p99_ms']:>7.3f} ms {one['mean_ms']:>7.3f} ms")
    return found


def of_rows(table: Table, count: int, rng: np.random.Generator) -> dict:
    """Hit rates and times of hot rows."""
    found = {}
    print(f"{'rows':>12} {'memory':>8} {'hits':>7} {'a row':>10}")
    for exponent in (0.8, 1.0, 1.2):
        asked = zipf(table.count, exponent, count * ROWS_EACH, rng).reshape(count, ROWS_EACH)
        for share in (None, 0.01, 0.04, 0.16):
            hot = None if share is None else HotRows(table.decode, table.count, table.dim, int(share * 4 * table.dim * table.count))
            start = time.process_time()
            for rows in asked:
                (table if hot is None else hot).decode(rows)
            row_us = 1e6 * (time.process_time() - start) / asked.size
            rate = None if hot is None else hot.hits / (hot.hits + hot.misses)
            memory = "none" if share is None else f"{share:.0%}"
            found[f"zipf {exponent}, {memory}"] = {"row_us": row_us, "hit_rate": rate}
            print(f"{f'zipf {exponent}':>12} {memory:>8} {'' if rate is None else f'{rate:.3f}':>7} {row_us:>7.3f} us")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=3_000)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    rows = text()
    table = compress(as_vectors(rows[QUERIES : QUERIES + ROWS]), from_spec({"codec": "pq", "groups": 64}), sample=10_000)
    document = {"lists": of_lists(table, rows[:QUERIES], asked.requests, rng), "rows": of_rows(table, asked.requests // 10, rng)}
    RESULTS.joinpath("hot.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()

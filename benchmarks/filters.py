"""Search under filters: recall against brute force over the decoded rows and time, at 50 %, 5 % and 0.5 % of the rows, scattered and as neighbours.

    python benchmarks/filters.py [--rows 132868] [--rounds 9]

Times are medians of paired rounds: in each round every filter is searched once, after the search without a filter whose ratio is stated.
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
from rankfold.search import Rows, Searcher  # noqa: E402
from rankfold.table import Table  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

K = 100
BATCH = 64
SHARES = (0.5, 0.05, 0.005)
SPECS = {"pq groups=64": {"codec": "pq", "groups": 64}, "int8": {"codec": "int8"}}


def brute_force(table: Table, queries: F32, allowed: list[np.ndarray], k: int) -> list[np.ndarray]:
    """The k best of each query's allowed rows by the decoded rows, in float64."""
    decoded = table.decode()
    lists = []
    for query, rows in zip(queries, allowed):
        scores = decoded[rows].astype(np.float64) @ query
        lists.append(rows[np.argsort(-scores, kind="stable")[:k]])
    return lists


def recall(found: np.ndarray, exact: list[np.ndarray]) -> float:
    """The mean share of the exact lists that was found."""
    return float(np.mean([np.isin(best, rows).mean() for rows, best in zip(found, exact)]))


def filters(count: int, rng: np.random.Generator) -> dict[str, np.ndarray | Rows]:
    """Name -> what a search is given as allow, for BATCH queries."""
    made: dict[str, np.ndarray | Rows] = {}
    for share in SHARES:
        size = int(count * share)
        scattered, neighbours = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
        scattered[rng.choice(count, size, replace=False)] = True
        start = int(rng.integers(count - size))
        neighbours[start : start + size] = True
        made[f"{share:.1%} scattered"], made[f"{share:.1%} neighbours"] = scattered, neighbours
        made[f"{share:.1%} by query"] = Rows.from_lists([rng.choice(count, size, replace=False) for _ in range(BATCH)])
    return made


def timed(searcher: Searcher, queries: F32, allow: np.ndarray | Rows | None) -> float:
    """Processor milliseconds a query, of the one thread: on a busy machine they say more than the clock does."""
    start = time.process_time()
    searcher.search(queries, K, allow=allow)
    return 1000 * (time.process_time() - start) / len(queries)


def measure(table: Table, queries: F32, rounds: int, rng: np.random.Generator) -> dict:
    """Recall, milliseconds and ratio to no filter, for one query and for a batch, under each filter."""
    searcher = Searcher(table, workers=1)
    cases = filters(table.count, rng)
    results: dict[str, dict] = {name: {} for name in cases}
    for size in (1, BATCH):
        asked = queries[:size]
        cut = {name: allow.slice(0, size) if isinstance(allow, Rows) else allow for name, allow in cases.items()}
        spans: dict[str, list[float]] = {name: [] for name in cases}
        searcher.search(asked, K)
        free = []
        for _ in range(rounds):
            free.append(timed(searcher, asked, None))
            for name, allow in cut.items():
                spans[name].append(timed(searcher, asked, allow))
        for name, allow in cut.items():
            allowed = [allow.of(query) for query in range(size)] if isinstance(allow, Rows) else [np.flatnonzero(allow)] * size
            ratios = np.array(spans[name]) / np.array(free)
            results[name][f"batch {size}"] = {
                "recall": recall(searcher.search(asked, K, allow=allow).rows, brute_force(table, asked, allowed, K)),
                "query_ms": float(np.median(spans[name])),
                "without_filter_ms": float(np.median(free)),
                "time_ratio": float(np.median(ratios)),
                "time_ratio_range": [float(ratios.min()), float(ratios.max())],
            }
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=132_868)
    parser.add_argument("--rounds", type=int, default=9)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    rows = text()
    chosen = rng.permutation(len(rows))
    queries, rows = np.ascontiguousarray(rows[chosen[:BATCH]]), np.ascontiguousarray(rows[np.sort(chosen[BATCH:][: asked.rows])])
    document = {}
    for name, spec in SPECS.items():
        table = compress(as_vectors(rows), from_spec(spec), sample=20_000, unit=True)
        document[name] = measure(table, queries, asked.rounds, rng)
        print(f"{name}, {table.count:,} rows x {table.dim}, top {K}")
        print(f"{'filter':>20} {'recall':>8} {'1 query':>10} {'ratio':>7} {'64 queries':>12} {'ratio':>7}")
        for case, found in document[name].items():
            one, many = found["batch 1"], found[f"batch {BATCH}"]
            least = min(one["recall"], many["recall"])
            print(f"{case:>20} {least:>8.4f} {one['query_ms']:>7.3f} ms {one['time_ratio']:>6.2f}x {many['query_ms']:>9.3f} ms {many['time_ratio']:>6.2f}x")
    RESULTS.joinpath("filters.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()

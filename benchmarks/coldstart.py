"""A million rows of 17 bytes: how soon the first answer comes from disk, and how a scan compares with float32. Run: python benchmarks/coldstart.py

A fresh process loads the artifact (mapped) and answers one query; then both scans run in turn on one thread. Prints a table and writes
benchmarks/results/coldstart.json. Needs no data: vectors are drawn around 2,000 centres from a seed.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

import rankfold  # noqa: E402
from rankfold import kernels  # noqa: E402

ROWS, DIM, K, ROUNDS = 1_000_000, 384, 100, 7
CLUSTERS = 2_000
SPEC = {"codec": "normed", "inner": {"codec": "pq", "groups": 16}}
RESULTS = Path(__file__).resolve().parent / "results" / "coldstart.json"

CHILD = """
import sys, time
import numpy as np
import rankfold
from rankfold.search import Searcher
from rankfold.store import load
query = np.random.default_rng(1).standard_normal((1, {dim})).astype(np.float32)
start = time.perf_counter()
table = load(sys.argv[1])
loaded = time.perf_counter()
Searcher(table, workers=1).search(query, 10)
print(1000 * (loaded - start), 1000 * (time.perf_counter() - start))
"""


def first_answer_ms(path: Path) -> tuple[float, float]:
    """Medians over fresh processes: load, and load plus the first query."""
    command = [sys.executable, "-c", CHILD.format(dim=DIM), str(path)]
    runs = [[float(part) for part in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()] for _ in range(ROUNDS)]
    return float(np.median([run[0] for run in runs])), float(np.median([run[1] for run in runs]))


def milliseconds(work) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((CLUSTERS, DIM), dtype=np.float32)
    x = centres[rng.integers(0, CLUSTERS, ROWS)] + np.float32(0.5) * rng.standard_normal((ROWS, DIM), dtype=np.float32)
    query = np.random.default_rng(1).standard_normal((1, DIM), dtype=np.float32)
    with tempfile.TemporaryDirectory() as folder:
        table = rankfold.compress(rankfold.as_vectors(x), rankfold.from_spec(SPEC), norms="raw", sample=20_000, out=Path(folder) / "v1")
        load_ms, first_ms = first_answer_ms(Path(folder) / "v1")
        searcher = rankfold.Searcher(table, workers=1)

        def folded() -> None:
            searcher.search(query, K)

        def exact() -> None:
            np.argpartition(-(x @ query[0]), K)

        folded()
        exact()
        pairs = [(milliseconds(folded), milliseconds(exact)) for _ in range(ROUNDS)]
    ratios = [float32 / ours for ours, float32 in pairs]
    found = {
        "rows": ROWS,
        "dim": DIM,
        "row_bytes": table.segments[0].codes.row_bytes,
        "kernels": kernels.level(),
        "load_ms": round(load_ms, 2),
        "load_and_first_query_ms": round(first_ms, 1),
        "search_ms": round(float(np.median([pair[0] for pair in pairs])), 2),
        "float32_scan_ms": round(float(np.median([pair[1] for pair in pairs])), 2),
        "times_faster": round(float(np.median(ratios)), 2),
        "times_faster_range": [round(min(ratios), 2), round(max(ratios), 2)],
    }
    sys.stdout.write("".join(f"  {key:<26} {value}\n" for key, value in found.items()))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""The top lists of all users: float32 factors beside implicit's own top-k, and compressed tables. Run: python benchmarks/pairs.py [--rounds 5] [--users 4096]

Real ALS factors of 128 dimensions: amazon_book (24,915 items) and the same factors as a catalogue of 200,000 items, drawn again with noise of a quarter of
each item's length. One thread; processor seconds of the process, which on a busy machine say more than the clock does; rounds run both sides in turn, a ratio
above 1 means that ours is faster (median, lowest and highest round). "agree" is the share of implicit's rows that ours has too: `FactorSearcher` is exact, so
what differs are ties within rounding; of compressed tables it is what compression costs. Needs implicit (pip install implicit). Writes
benchmarks/results/pairs.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
from datasets import RESULTS, factors  # noqa: E402

from rankfold import kernels  # noqa: E402
from rankfold.arrays import F32, row_norms  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.search import FactorSearcher, Searcher  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

try:
    from implicit.cpu.topk import topk
except ImportError:
    sys.exit("benchmarks: implicit is missing; pip install implicit.")

SPECS = {"int8, 129 B": {"codec": "int8"}, "normed trellis, 33 B": {"codec": "normed", "inner": {"codec": "trellis", "bytes": 32}}}


def drawn(items: F32, count: int) -> F32:
    """So many items: rows drawn again, each with noise of a quarter of its length."""
    rng = np.random.default_rng(0)
    chosen = items[rng.integers(0, len(items), count)]
    noise = rng.standard_normal(chosen.shape).astype(np.float32) * (row_norms(chosen) / np.float32(4 * chosen.shape[1] ** 0.5))[:, None]
    return chosen + noise


def measure(items: F32, users: F32, k: int, rounds: int) -> dict:
    """Milliseconds a user and ratios to implicit, of each way."""
    vectors = as_vectors(items, zero_rows="keep")
    ways = {"float32 factors": FactorSearcher(vectors, workers=1)}
    ways |= {name: Searcher(compress(vectors, from_spec(spec), sample=20_000), workers=1) for name, spec in SPECS.items()}
    theirs, _ = topk(items, users, k, num_threads=1)
    found = {}
    for name, searcher in ways.items():
        searcher.search(users[:64], k)
        rounds_of = []
        for _ in range(rounds):
            start = time.process_time()
            topk(items, users, k, num_threads=1)
            between = time.process_time()
            searcher.search(users, k)
            rounds_of.append((between - start, time.process_time() - between))
        ratios = np.array([one / other for one, other in rounds_of])
        rows = searcher.search(users, k).rows
        found[name] = {
            "user_ms": 1000 * float(np.median([other for _, other in rounds_of])) / len(users),
            "implicit_user_ms": 1000 * float(np.median([one for one, _ in rounds_of])) / len(users),
            "ratio": float(np.median(ratios)),
            "ratio_range": [float(ratios.min()), float(ratios.max())],
            "agree": float(np.mean([np.isin(mine, other).mean() for mine, other in zip(rows, theirs)])),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--users", type=int, default=4_096)
    asked = parser.parse_args()
    real = factors("amazon_book")
    users = np.ascontiguousarray(real.users[: asked.users])
    sets = {"amazon_book": np.ascontiguousarray(real.items), "amazon_book drawn to 200,000": drawn(real.items, 200_000)}
    document: dict[str, dict] = {"kernel_level": kernels.level(), "users": len(users)}
    print(f"{len(users):,} users, one thread, kernels {kernels.level()}")
    print(f"{'items':>29} {'k':>4} {'way':>22} {'ms/user':>9} {'implicit':>9} {'ratio':>6} {'(range)':>14} {'agree':>7}")
    for name, items in sets.items():
        some = users if len(items) < 100_000 else users[: max(256, len(users) // 4)]
        for k in (10, 100):
            document[f"{name}, top {k}"] = measure(items, some, k, asked.rounds)
            for way, one in document[f"{name}, top {k}"].items():
                low, high = one["ratio_range"]
                print(
                    f"{name:>29} {k:>4} {way:>22} {one['user_ms']:>9.4f} {one['implicit_user_ms']:>9.4f} {one['ratio']:>6.2f} {f'({low:.2f}-{high:.2f})':>14} "
                    f"{one['agree']:>7.4f}"
                )
    RESULTS.joinpath("pairs.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()

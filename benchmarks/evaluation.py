"""How long metrics take: 15,000 lists of 100 out of 24,915 rows, by rankfold and by ranx, on the same lists. Run: python benchmarks/evaluation.py

Wants ranx (pip install ranx; it brings numba and 35 other packages, so keep it in an environment of its own). Both start from arrays of row numbers in
memory. Two times are stated for ranx: with its own structures built already and its functions compiled (a third call), and from the arrays. rankfold has
no structures to build. Rounds are paired, one thread. Prints a table and writes benchmarks/results/evaluation.json; takes under two minutes.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
from datasets import RESULTS, factors  # noqa: E402

from rankfold.evaluate import ExactSearcher, Task, by_column  # noqa: E402
from rankfold.evaluate.measure import evaluate  # noqa: E402
from rankfold.evaluate.metrics import parse, per_query  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

OURS = ("ndcg@10", "recall@10", "precision@10", "hit@10", "mrr@10", "map@10", "recall@100")
THEIRS = tuple(name.replace("hit@", "hit_rate@") for name in OURS)
ROUNDS, DEPTH = 9, 100


def seconds(work) -> tuple[float, object]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def main() -> None:
    try:
        from ranx import Qrels, Run
        from ranx import evaluate as ranx_evaluate
    except ImportError:
        sys.exit("benchmarks/evaluation.py: ranx is not installed; run pip install ranx in an environment of its own.")
    data = factors("amazon_book")
    events = Interactions(data.user, data.item, split=data.split)
    task = Task.from_interactions(data.users, events, by_column(data.split), rows=len(data.items))
    task = task.take(task.answerable())
    whole, report = seconds(lambda: evaluate(ExactSearcher(as_vectors(data.items, zero_rows="keep")), task, metrics=OURS))
    rows, relevant = report.ranking.rows, task.relevant
    names, falling = [str(query) for query in range(len(rows))], np.arange(DEPTH, 0, -1.0).tolist()

    def ours() -> np.ndarray:
        hits, lengths = relevant.holds(rows), relevant.lengths()
        return np.array([per_query(*parse(name), hits, lengths).mean() for name in OURS])

    def structures() -> tuple:
        run = {name: dict(zip(map(str, line), falling)) for name, line in zip(names, rows.tolist())}
        wanted = {name: dict.fromkeys(map(str, relevant.of(query).tolist()), 1) for query, name in enumerate(names)}
        return Qrels(wanted), Run(run)

    def theirs(built: tuple) -> np.ndarray:
        found = ranx_evaluate(*built, list(THEIRS), make_comparable=False)
        return np.array([found[name] for name in THEIRS])

    if (rows < 0).any():
        sys.exit("benchmarks/evaluation.py: a list is shorter than 100; expected full lists.")
    first, _ = seconds(lambda: theirs(structures()))
    build, built = seconds(structures)
    theirs(built)
    rounds = [(seconds(ours), seconds(lambda: theirs(built))) for _ in range(ROUNDS)]
    furthest = max(float(np.abs(mine[1] - other[1]).max()) for mine, other in rounds)
    mine, other = (np.array([pair[side][0] for pair in rounds]) for side in (0, 1))
    warm, cold = other / mine, (other + build) / mine
    figures = {
        "users": len(rows),
        "items": len(data.items),
        "depth": DEPTH,
        "metrics": list(OURS),
        "rankfold_ms": 1000 * float(np.median(mine)),
        "ranx_ms": 1000 * float(np.median(other)),
        "ranx_structures_ms": 1000 * build,
        "ranx_first_call_ms": 1000 * first,
        "ratio_metrics_alone": [float(np.median(warm)), float(warm.min()), float(warm.max())],
        "ratio_from_arrays": [float(np.median(cold)), float(cold.min()), float(cold.max())],
        "largest_difference_of_means": furthest,
        "rankfold_ranking_and_report_s": whole,
    }
    print(f"{len(rows):,} users, {len(data.items):,} items, lists of {DEPTH}, {len(OURS)} metrics; {ROUNDS} paired rounds, one thread")
    print(f"  rankfold               {figures['rankfold_ms']:8.1f} ms")
    print(f"  ranx, metrics alone    {figures['ranx_ms']:8.1f} ms   {np.median(warm):6.2f} times ({warm.min():.2f} to {warm.max():.2f})")
    print(f"  ranx, from the arrays  {figures['ranx_ms'] + 1000 * build:8.1f} ms   {np.median(cold):6.2f} times ({cold.min():.2f} to {cold.max():.2f})")
    print(f"  means differ by at most {furthest:.1e}; ranx's first call with its compiling takes {first:.1f} s")
    print(f"  rankfold in all, exact ranking of every row and the whole report: {whole:.1f} s")
    (RESULTS / "evaluation.json").write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Does the compressibility score say before any fit what lists will lose?

    python benchmarks/compressibility.py

Twelve real tables (factors, linear recommenders, text, structure; 2,000 random rows of each) at 8 and 16 bytes a row. The real loss is 1 - agreement@100 of
`trellis` at that size, on users or, without them, on rows that look for their neighbours.
The coefficients are fitted to all tables; the error that is stated is of each table by coefficients fitted to the others.
Prints the coefficients that belong into rankfold/tune/compressibility.py, and writes benchmarks/results/compressibility.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.arrays import F32  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.tune import compressibility as score  # noqa: E402
from rankfold.tune.evidence import item_evidence, user_evidence  # noqa: E402
from rankfold.tune.inspection import rank_correlation  # noqa: E402
from rankfold.tune.trials import Trials  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

WORK = datasets.RESULTS / "tuning" / "compressibility"
SIZES = (8, 16)
MOST_ROWS, MOST_USERS = 2_000, 400
RIDGE = 0.05
CORRELATION_BAR = 0.8


def npz(file: str, name: str) -> F32:
    with np.load(datasets.file_of(file), allow_pickle=False) as arrays:
        return arrays[name].astype(np.float32)


def some(x: F32, count: int = MOST_ROWS) -> F32:
    return x[np.sort(np.random.default_rng(0).permutation(len(x))[:count])]


def tables() -> dict[str, tuple[F32, F32 | None]]:
    """Name -> (rows, users or None)."""
    found: dict[str, tuple[F32, F32 | None]] = {}
    for name, model in (("anime", "als128"), ("anime", "elsa256"), ("debian_deps", "als128"), ("debian_deps", "elsa256"), ("amazon_book", "als128")):
        data = datasets.factors(name, model)
        users = data.users[np.square(data.users).sum(axis=1) > 0]
        found[f"{name} {model}"] = (some(data.items), some(users, MOST_USERS))
    text = datasets.text()
    found["goodbooks text"] = (some(npz("goodbooks_minilm_f16.npz", "x")), None)
    found["debian50k text"] = (some(npz("debian50k_minilm_f16.npz", "x")), None)
    found["Tate text"] = (some(text[63_666:]), None)
    found["Debian text, first rows"] = (text[:MOST_ROWS], None)
    found["anime text"] = (some(npz("anime_vectors_f16.npz", "text_minilm")), None)
    found["anime structure"] = (some(npz("anime_vectors_f16.npz", "struct_svd")), None)
    found["debian_deps structure"] = (some(npz("debian_deps_vectors_f16.npz", "struct_svd64")), None)
    return found


def measured(name: str, x: F32, users: F32 | None) -> list[dict]:
    """One line a size: the features, and what was really lost."""
    x = x[np.square(x).sum(axis=1) > 0]
    vectors = as_vectors(x)
    evidence = item_evidence(vectors) if users is None else user_evidence(vectors, users)
    queries = None if users is None else evidence.choose.task.queries
    trials = Trials(vectors, evidence, weight=evidence.weight, queries=queries, folder=WORK)
    start = time.perf_counter()
    found = score.compressibility(vectors, SIZES, queries=queries, depth=100)
    seconds = time.perf_counter() - start
    rows = []
    for size in SIZES:
        ((_, best),) = trials.run([from_spec({"codec": "trellis", "bytes": size})], None)
        trials.tables.clear()
        # The forecast in code is turned back into the features that it was made of.
        channel = channel_loss(found, size)
        features = score.raw_features(channel, length_variation=found.length_variation, hubness=found.hubness)
        rows.append({"table": name, "rows": len(x), "dim": x.shape[1], "row_bytes": size, "real": 1 - best.overlap, "best": best.name,
                     "channel": channel, "features": features.tolist(), "seconds": seconds})  # fmt: skip
        print(f"[{time.strftime('%H:%M:%S')}] {name} {size} B: channel {channel:.3f}, real {1 - best.overlap:.3f} ({best.name})", file=sys.stderr, flush=True)
    return rows


def channel_loss(found: score.Compressibility, size: int) -> float:
    """What the channel alone lost: the forecast without the regression."""
    rest = score.raw_features(0.5, length_variation=found.length_variation, hubness=found.hubness)
    other = float(np.dot(rest, score.COEFFICIENTS))
    value = (np.log(found.loss[size] / (1 - found.loss[size])) - other) / score.COEFFICIENTS[1]
    return float(1 / (1 + np.exp(-value)))


def fitted(rows: list[dict]) -> np.ndarray:
    """Ridge regression of the logit of the real loss, towards the channel alone."""
    x = np.array([row["features"] for row in rows])
    real = np.clip([row["real"] for row in rows], 1e-3, 1 - 1e-3)
    start = np.array([0.0, 1.0, 0.0, 0.0])
    y = np.log(real / (1 - real)) - x @ start
    return start + np.linalg.solve(x.T @ x + RIDGE * len(rows) * np.diag([0.0, 1.0, 1.0, 1.0]), x.T @ y)


def main() -> None:
    rows: list[dict] = []
    for name, (x, users) in tables().items():
        rows += measured(name, x, users)
    names = list(dict.fromkeys(row["table"] for row in rows))
    for name in names:
        coefficients = fitted([row for row in rows if row["table"] != name])
        for row in rows:
            if row["table"] == name:
                row["forecast"] = score.predicted(np.array(row["features"]), coefficients)
    error = float(np.mean([abs(row["forecast"] - row["real"]) for row in rows]))
    by_size = {size: rank_correlation(*(np.array([row[key] for row in rows if row["row_bytes"] == size]) for key in ("forecast", "real"))) for size in SIZES}
    final = fitted(rows)
    worst = max(rows, key=lambda row: abs(row["forecast"] - row["real"]))
    found = {"rows": rows, "coefficients": final.tolist(), "left_out_error": error, "rank_correlation": by_size, "asked": CORRELATION_BAR}
    (datasets.RESULTS / "compressibility.json").write_text(json.dumps(found, indent=1) + "\n")
    sheet = Sheet("table", "rows x dim", *(f"{size} B: forecast / real" for size in SIZES), title="Loss of agreement@100, forecast by the other tables")
    for name in names:
        mine = [row for row in rows if row["table"] == name]
        sheet.add_row(name, f"{mine[0]['rows']:,} x {mine[0]['dim']}", *(f"{row['forecast']:.2f} / {row['real']:.2f}" for row in mine))
    Console(width=140).print(sheet)
    print(f"COEFFICIENTS = ({', '.join(f'{value:.3f}' for value in final)})")
    print(f"LEFT_OUT_ERROR = {error:.3f}; largest {abs(worst['forecast'] - worst['real']):.2f} ({worst['table']}, {worst['row_bytes']} B)")
    for size, value in by_size.items():
        holds = "holds" if value >= CORRELATION_BAR else "MISSED"
        print(f"{holds}: rank correlation at {size} bytes over {len(names)} tables {value:.2f}, asked {CORRELATION_BAR}")


if __name__ == "__main__":
    main()

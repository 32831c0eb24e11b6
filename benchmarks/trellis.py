"""Trellis codes: decibels on Gaussian data beside Lloyd-Max and Shannon's bound, and what bits by variance gain over even bits on real text vectors.

    python benchmarks/trellis.py [gaussian] [text]

gaussian: unit Gaussian rows of 128 coordinates, tables fitted on 4,096 rows, signal to noise on 1,024 others; Lloyd-Max levels likewise.
text: text132k, fitted on a random half of the rows, measured over all, agreement@100 of 500 queries of the other half, decoded rows renormalised.
"allocated" gives directions bits by what each takes away, "even" spreads the same bits evenly after a random rotation; their difference has a 95 % interval,
bootstrapped over the same queries. Writes benchmarks/results/trellis.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.arrays import F32, unit_rows  # noqa: E402
from rankfold.codec import Codec, describe  # noqa: E402
from rankfold.codecs.trellis import Trellis  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.evaluate import ExactSearcher  # noqa: E402
from rankfold.fitting.grid import lloyd_max, nearest  # noqa: E402
from rankfold.fitting.trellis import decode, encode, fit_trellis  # noqa: E402
from rankfold.fitting.waterfilling import WINDOWS  # noqa: E402
from rankfold.search import Rows  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

DIM, FIT_ROWS, FRESH_ROWS = 128, 4_096, 1_024
RATES = (1, 2, 3, 4, 5, 6)
SIZES = (16, 32, 64)
QUERIES, DEPTH, DRAWS = 500, 100, 2_000
RESULT = datasets.RESULTS / "trellis.json"


def decibels(y: F32, decoded: F32) -> float:
    """Signal to noise of decoded values."""
    return float(-10 * np.log10(np.square(y - decoded).mean() / np.square(y).mean()))


def run_gaussian() -> dict[str, dict[str, list[float]]]:
    """dB for each rate: of Lloyd-Max, of the trellis at each window, and the bound."""
    fitted, fresh = (np.random.default_rng(seed).standard_normal((rows, DIM)).astype(np.float32) for seed, rows in ((0, FIT_ROWS), (1, FRESH_ROWS)))
    found: dict[str, list[float]] = {"Lloyd-Max": []}
    for rate in RATES:
        levels = lloyd_max(fitted.ravel()[: 1 << 17], None, 1 << rate)
        found["Lloyd-Max"].append(decibels(fresh, levels[nearest(levels, fresh)]))
    for window in range(WINDOWS[0], WINDOWS[1] + 1):
        found[f"window {window}"] = []
        for rate in RATES:
            advance = np.full(DIM, rate, np.uint8)
            parts = fit_trellis(fitted, np.ones(FIT_ROWS, np.float32), advance, window, np.random.default_rng(2))
            found[f"window {window}"].append(decibels(fresh, decode(parts, encode(parts, fresh))))
        say(f"window {window}: " + ", ".join(f"{value:.2f}" for value in found[f"window {window}"]))
    found["Shannon bound"] = [float(20 * np.log10(2) * rate) for rate in RATES]
    return {"db": found}


def text_codecs(size: int) -> dict[str, Codec]:
    """What is compared at `size` bytes."""
    return {
        "allocated": Trellis(size, rotation="pca"),
        "even": Trellis(size, rotation="random"),
        "allocated, window 12": Trellis(size, window=12, rotation="pca"),
    }


def run_text() -> list[dict[str, object]]:
    """Agreement of every code, and what allocation gains over even bits, with its paired interval."""
    x = datasets.text()
    order = np.random.default_rng(0).permutation(len(x))
    half, held_out = np.sort(order[: len(x) // 2]), np.sort(order[len(x) // 2 :])
    asked = np.sort(np.random.default_rng(1).choice(held_out, QUERIES, replace=False))
    themselves = Rows.from_pairs(np.arange(QUERIES), asked, QUERIES)
    exact = ExactSearcher(as_vectors(x)).search(x[asked], DEPTH, exclude=themselves).rows
    rows: list[dict[str, object]] = []
    for size in SIZES:
        shares = {}
        for name, codec in text_codecs(size).items():
            state = codec.fit(x[half], np.ones(len(half), np.float32), np.random.default_rng(0))
            decoded = codec.decode(state, Codes(codec.encode(state, x)))
            top = ExactSearcher(as_vectors(unit_rows(decoded))).search(x[asked], DEPTH, exclude=themselves).rows
            shares[name] = np.array([len(np.intersect1d(mine, theirs)) / DEPTH for mine, theirs in zip(top, exact)])
            rows.append(
                {
                    "bytes": size,
                    "code": name,
                    "spec": describe(codec),
                    "agreement@100": float(shares[name].mean()),
                    "standard_error": float(shares[name].std() / QUERIES**0.5),
                    "squared_error": float(np.square(x - decoded).sum(axis=1).mean()),
                    "state_bytes": sum(array.nbytes for array in state.values()),
                    "bits_given": np.bincount(state["advance"]).tolist(),
                }
            )
            say(f"{size} B, {name}: {shares[name].mean():.4f}")
        difference = shares["allocated"] - shares["even"]
        draws = difference[np.random.default_rng(3).integers(0, QUERIES, (DRAWS, QUERIES))].mean(axis=1)
        low, high = np.percentile(draws, [2.5, 97.5])
        holds = bool(low > 0)
        rows.append({"bytes": size, "code": "allocated - even", "gain": float(difference.mean()), "low": float(low), "high": float(high), "holds": holds})
    return rows


def say(line: str) -> None:
    """One line of progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


def show(found: dict) -> None:
    """Both tables."""
    console = Console(width=140)
    if "gaussian" in found:
        sheet = Sheet("dB on unit Gaussian rows", *(f"{rate} bit" for rate in RATES))
        for name, values in found["gaussian"]["db"].items():
            sheet.add_row(name, *(f"{value:.2f}" for value in values))
        console.print(sheet)
    if "text" in found:
        sheet = Sheet("B/row", "text132k, half protocol", "agreement@100", "squared error", "state bytes")
        for row in found["text"]:
            if "gain" in row:
                sheet.add_row(
                    str(row["bytes"]), row["code"], f"{row['gain']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]", "", "holds" if row["holds"] else "MISSED"
                )
            else:
                agreement = f"{row['agreement@100']:.4f} +- {row['standard_error']:.4f}"
                sheet.add_row(str(row["bytes"]), row["code"], agreement, f"{row['squared_error']:.4f}", str(row["state_bytes"]))
        console.print(sheet)


def main(asked: list[str]) -> None:
    found = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for name, run in (("gaussian", run_gaussian), ("text", run_text)):
        if not asked or name in asked:
            found[name] = run()
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")
    show(found)


if __name__ == "__main__":
    main(sys.argv[1:])

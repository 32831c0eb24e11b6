"""How the bytes of `layered` are best shared: atoms or codebooks as its coarse level, how many, and how long their dictionary is learned.

    python benchmarks/coarse.py [rows]          rows of text132k to fit on; 66,434, the half of the frontier's first seed, by default

Every code is fitted on those rows; lost is 1 - cosine between 4,000 other rows and what they decode to, in the mean. Dictionaries of 8 atoms serve the forms of
fewer and more, as in the trials that set the defaults. Prints a table and writes benchmarks/results/coarse.json. Takes about 12 minutes of one core.
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

from rankfold.arrays import F32, row_norms, unit_rows  # noqa: E402
from rankfold.codec import Codec, describe  # noqa: E402
from rankfold.codecs.layered import Layered  # noqa: E402
from rankfold.codecs.pursuit import Pursuit, _learn_magnitudes  # noqa: E402
from rankfold.codecs.residual import Residual  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.fitting.profiles import fall  # noqa: E402
from rankfold.fitting.sparsecoding import omp_codes  # noqa: E402

HELD_OUT, FINE_ROWS, SEED = 4_000, 20_000, 1
PASSES = (6, 12)
SIZES = (16, 24, 32, 48, 64)
NONZEROS = (4, 6, 8, 10, 12)
LEAST_FINE = 4


def rows_of(count: int | None) -> tuple[F32, F32]:
    """Rows to fit on and rows held out."""
    x = unit_rows(datasets.text())
    order = np.random.default_rng(SEED).permutation(len(x))
    half = len(x) // 2
    return x[np.sort(order[: min(half, count or half)])], x[np.sort(order[half : half + HELD_OUT])]


def lost(coarse: Codec, state: dict, size: int, x: F32, held: F32) -> float | None:
    """1 - cosine of rows held out by a coarse level and a trellis that makes up the bytes; None where too few are left for it."""
    if size - coarse.row_bytes(x.shape[1]) < LEAST_FINE:
        return None
    fine = Layered(bytes=size)._trellis(coarse, x.shape[1])
    left, made = (rows - coarse.decode(state, Codes(coarse.encode(state, rows))) for rows in (x[:: max(1, len(x) // FINE_ROWS)], held))
    fitted = fine.fit(left, np.ones(len(left), np.float32), np.random.default_rng(SEED))
    decoded = held - made + fine.decode(fitted, Codes(fine.encode(fitted, made)))
    return float(1 - (np.einsum("nd,nd->n", decoded, held) / np.maximum(row_norms(decoded), 1e-9)).mean())


def with_nonzeros(state: dict, count: int, x: F32) -> dict:
    """The state of another number of atoms with the same dictionary."""
    some = x[:: max(1, len(x) // FINE_ROWS)]
    value = fall(*omp_codes(state["atoms"], some * (1 / state["scale"]), count))[1]
    return state | {"magnitudes": _learn_magnitudes(value, np.ones(len(some), np.float32), np.random.default_rng(SEED))}


def main() -> None:
    x, held = rows_of(int(sys.argv[1]) if len(sys.argv) > 1 else None)
    weight, found = np.ones(len(x), np.float32), []
    forms: list[tuple[Codec, dict, float]] = []
    for passes in PASSES:
        start = time.process_time()
        state = Pursuit(passes=passes).fit(x, weight, np.random.default_rng(SEED))
        taken = time.process_time() - start
        forms += [(Pursuit(count, passes=passes), with_nonzeros(state, count, x), taken) for count in NONZEROS]
    start = time.process_time()
    state = Residual(16).fit(x, weight, np.random.default_rng(SEED))
    forms.append((Residual(16), state, time.process_time() - start))
    sheet = Sheet("coarse level", "fit s", *(f"{size} B" for size in SIZES), title=f"1 - cosine of rows held out, fitted on {len(x):,} rows")
    for coarse, state, taken in forms:
        line = [lost(coarse, state, size, x, held) for size in SIZES]
        found.append({"coarse": describe(coarse), "fit_s": round(taken, 1), "lost": dict(zip(map(str, SIZES), line, strict=True))})
        sheet.add_row(describe(coarse), f"{taken:.0f}", *("-" if one is None else f"{one:.4f}" for one in line))
    Console().print(sheet)
    (datasets.RESULTS / "coarse.json").write_text(json.dumps({"rows": len(x), "found": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()

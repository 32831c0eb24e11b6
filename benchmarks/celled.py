"""Does coding what a centroid leaves, instead of the row, gain at equal bytes?

    python benchmarks/celled.py        some minutes on one core

Rows: 20,000 of text132k; codecs and 256 centroids are fitted on one half of them, all rows are coded. A row is its centroid and the code of the rest: two
bytes of the row go to the number of the centroid (a list of a partition may hold its own, but a table with one code for all rows, which `add` and `compact`
move, must store it). agreement@100 of 300 rows with the exact lists; rows are brought back to unit length after decoding. Prints a table and writes
benchmarks/results/celled.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402
from layered import agreement  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.arrays import F32, unit_rows  # noqa: E402
from rankfold.codec import Codec, describe, settled  # noqa: E402
from rankfold.codecs.layered import Layered  # noqa: E402
from rankfold.codecs.pq import PQ  # noqa: E402
from rankfold.codecs.residual import Residual  # noqa: E402
from rankfold.codecs.trellis import Trellis  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.fitting.cells import fit_cells, nearest_cells  # noqa: E402
from rankfold.table import encode_rows  # noqa: E402

ROWS, QUERIES, CELLS, DEPTH = 20_000, 300, 256, 100
CELL_BYTES = 2


def decoded(how: Codec, x: F32, fit_rows: np.ndarray) -> F32:
    """Rows as the codec gives them back, fitted on some of them."""
    some, weight = np.ascontiguousarray(x[fit_rows]), np.ones(len(fit_rows), np.float32)
    how = settled(how, some, weight, np.random.default_rng(0))
    state = how.fit(some, weight, np.random.default_rng(0))
    return how.decode(state, Codes(encode_rows(how, state, x)))


def sized(name: str, row_bytes: int) -> Codec:
    """A codec of so many bytes a row; `layered` has a coarse level of four."""
    if name == "layered":
        return Layered(coarse=Residual(4), fine=Trellis(row_bytes - 4, window=8))
    return PQ(groups=row_bytes) if name == "pq" else Trellis(row_bytes, window=8)


def main() -> None:
    rng = np.random.default_rng(0)
    text = datasets.text()
    x = np.ascontiguousarray(text[np.sort(rng.choice(len(text), ROWS, replace=False))])
    half = np.sort(rng.choice(ROWS, ROWS // 2, replace=False))
    queries = np.sort(rng.choice(ROWS, QUERIES, replace=False))

    def lists(rows: F32) -> np.ndarray:
        scores = x[queries] @ rows.T
        scores[np.arange(QUERIES), queries] = -np.inf
        return np.argpartition(-scores, DEPTH, axis=1)[:, :DEPTH]

    exact = lists(x)
    centroids = fit_cells(np.ascontiguousarray(x[half]), np.ones(len(half), np.float32), CELLS, rng)
    centre = centroids[nearest_cells(x, centroids)[:, 0]]
    found = []
    for row_bytes in (16, 32):
        for name in ("pq", "trellis", "layered"):
            plain = agreement(exact, lists(unit_rows(decoded(sized(name, row_bytes), x, half))))
            rest, free = (
                agreement(exact, lists(unit_rows(centre + decoded(sized(name, size), x - centre, half)))) for size in (row_bytes - CELL_BYTES, row_bytes)
            )
            found.append({"codec": describe(sized(name, row_bytes)), "bytes": row_bytes, "plain": plain, "centroid": rest, "centroid_not_counted": free})
            print(found[-1], flush=True)
    sheet = Sheet(title=f"agreement@100, {ROWS} rows of text132k fitted on half, {CELLS} centroids")
    for column in ("codec", "bytes", "row", "centroid and rest, equal bytes", "the same, centroid not counted"):
        sheet.add_column(column)
    for one in found:
        sheet.add_row(one["codec"], str(one["bytes"]), *(f"{one[name]:.3f}" for name in ("plain", "centroid", "centroid_not_counted")))
    Console(width=140).print(sheet)
    (datasets.RESULTS / "celled.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

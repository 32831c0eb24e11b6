"""Agreement of the codes that benchmarks/tops.py times. Run: python benchmarks/topquality.py

text132k (384 dimensions), fitted on a random half of the rows: the share of the exact top 100 by inner product that each code finds for 200 of the rows,
themselves left out. faiss as it ranks, and with decoded rows brought back to length one, which its scans do not do; ours as `unit` ranks. One seed.
Results go to benchmarks/results/topquality.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
from pathlib import Path  # noqa: E402

import faiss  # noqa: E402
import numpy as np  # noqa: E402
from datasets import text  # noqa: E402

from rankfold.arrays import F32, unit_rows  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.table import encode_rows  # noqa: E402

RESULT = Path(__file__).parent / "results" / "topquality.json"
QUERIES, TOP, SEED = 200, 100, 0


def main() -> None:
    faiss.omp_set_num_threads(1)
    x, rng = unit_rows(text()), np.random.default_rng(SEED)
    sample = x[np.sort(rng.permutation(len(x))[: len(x) // 2])]
    asked = np.sort(rng.permutation(len(x))[:QUERIES])
    exact = top(x, x, asked)
    results = []

    def record(name: str, row_bytes: int, decoded: F32) -> None:
        agreement = float(np.mean([np.isin(mine, wanted).mean() for mine, wanted in zip(top(x, decoded, asked), exact)]))
        results.append({"code": name, "row_bytes": row_bytes, "agreement_100": agreement})
        print(f"{name:32}{row_bytes:6} B{agreement:9.4f}", flush=True)

    for groups, bits in ((64, 8), (128, 4)):
        quantizer = faiss.ProductQuantizer(x.shape[1], groups, bits)
        quantizer.train(sample)
        decoded = quantizer.decode(quantizer.compute_codes(x))
        record(f"faiss PQ{groups}x{bits}", 64, decoded)
        record(f"faiss PQ{groups}x{bits}, length one", 64, unit_rows(decoded))
    for size in (48, 64):
        codec = from_spec({"codec": "unit", "inner": {"codec": "trellis", "bytes": size}})
        state = codec.fit(sample, np.ones(len(sample), np.float32), np.random.default_rng(SEED))
        record(f"unit(trellis({size}))", size, codec.decode(state, Codes(encode_rows(codec, state, x))))
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"rows": len(x), "queries": QUERIES, "top": TOP, "seed": SEED, "results": results}, indent=1) + "\n")


def top(x: F32, decoded: F32, asked: np.ndarray) -> np.ndarray:
    """The rows (q, TOP) of the highest products of rows `asked` with decoded rows, themselves left out."""
    scores = x[asked] @ decoded.T
    scores[np.arange(len(asked)), asked] = -np.inf
    return np.argpartition(-scores, TOP, axis=1)[:, :TOP]


if __name__ == "__main__":
    main()

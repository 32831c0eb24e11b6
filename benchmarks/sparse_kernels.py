"""Speed of the kernels of sparse codes, on one thread. Run: python benchmarks/sparse_kernels.py [--rows N] [--rounds N] [--part NAME]

Part "encode": rows of text132k a second, 384 dimensions, for a dictionary of 4,096 of those rows, all turned by one random rotation since the data
are stored as whole numbers, which would suit 8-bit products too well; orthogonal matching pursuit (`omp`, correlations
given or made) and the largest products (`topk_rows`) on every level. The peer of `topk_rows` is what the published recipe of sparse autoencoders runs:
a float32 product by torch and torch.topk of its magnitudes, on one thread in the same rounds; a ratio above 1 means that ours is faster, and "as large" is
the share of our k magnitudes that reach the k-th of the peer's.
Times are processor seconds of the one thread, which on a busy machine say more than the clock does: the median over rounds.
Each part writes its own entry of benchmarks/results/sparse_kernels.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
from datasets import text  # noqa: E402

from rankfold import kernels  # noqa: E402
from rankfold.fitting.sparsecoding import omp_codes  # noqa: E402

try:
    import torch
except ImportError:
    torch = None

RESULT = Path(__file__).parent / "results" / "sparse_kernels.json"
LATENTS, NONZEROS, TOPK = 4_096, (8, 16, 32), 32
REFERENCE_ROWS = 256
SEED = 7


def spent(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def machine() -> dict:
    processor = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        processor = lines[0].partition(":")[2].strip() if lines else processor
    return {"processor": processor, "levels": kernels.levels(), "numpy": np.__version__, "torch": torch.__version__ if torch else None}


# Encoding.


def left_over(x: np.ndarray, atoms: np.ndarray, index: np.ndarray, value: np.ndarray) -> float:
    """The share of the squared lengths of the rows that their codes leave, at the best length of each."""
    made = np.einsum("nk,nkd->nd", value, atoms[index])
    cosine = (made * x).sum(axis=1) / np.maximum(np.linalg.norm(made, axis=1), 1e-30) / np.linalg.norm(x, axis=1)
    return float(np.mean(1 - cosine**2))


def same_as_twin(run: Callable[[], tuple[np.ndarray, np.ndarray]]) -> None:
    ours = run()
    with kernels.use("reference"):
        twin = run()
    for mine, theirs in zip(ours, twin):
        np.testing.assert_array_equal(mine, theirs)


def omp_cases(x: np.ndarray, atoms: np.ndarray, rounds: int) -> Iterator[dict]:
    gram, start = atoms @ atoms.T, x @ atoms.T
    fitted = atoms.astype(np.float16)
    for nonzeros in NONZEROS:
        for level in kernels.levels():
            rows = len(x) if level != "reference" else REFERENCE_ROWS
            with kernels.use(level):
                same_as_twin(lambda nonzeros=nonzeros: kernels.omp(start[:64], gram, nonzeros))
                times = [spent(lambda rows=rows, nonzeros=nonzeros: kernels.omp(start[:rows], gram, nonzeros)) for _ in range(rounds)]
            yield {"kernel": "omp", "nonzeros": nonzeros, "level": level, "rows_per_s": rows / float(np.median(times))}
        index, value = omp_codes(fitted, x, nonzeros)
        times = [spent(lambda nonzeros=nonzeros: omp_codes(fitted, x, nonzeros)) for _ in range(rounds)]
        found = {"kernel": "omp with correlations", "nonzeros": nonzeros, "level": kernels.level(), "rows_per_s": len(x) / float(np.median(times))}
        yield found | {"left_over": left_over(x, fitted.astype(np.float32), index, value)}


def topk_cases(x: np.ndarray, atoms: np.ndarray, rounds: int) -> Iterator[dict]:
    bias = np.zeros(len(atoms), np.float32)
    peer = torch and torch_topk(x, atoms, bias)
    for level in kernels.levels():
        rows = x if level != "reference" else x[:REFERENCE_ROWS]
        with kernels.use(level):
            same_as_twin(lambda: kernels.topk_rows(x[:256], atoms, bias, TOPK))
            _, value = kernels.topk_rows(rows, atoms, bias, TOPK)
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(spent(lambda rows=rows: kernels.topk_rows(rows, atoms, bias, TOPK)) / len(rows))
                if peer:
                    theirs.append(spent(peer) / len(x))
        found = {"kernel": "topk_rows", "nonzeros": TOPK, "level": level, "rows_per_s": 1 / float(np.median(ours))}
        if peer:
            ratios = np.array(theirs) / np.array(ours)
            as_large = np.mean(np.abs(value) >= peer()[: len(value), -1:] - 1e-6)
            found |= {"peer_rows_per_s": 1 / float(np.median(theirs)), "as_large": float(as_large)}
            found |= {"ratio": float(np.median(ratios)), "ratio_low": float(ratios.min()), "ratio_high": float(ratios.max())}
        yield found


def torch_topk(x: np.ndarray, atoms: np.ndarray, bias: np.ndarray) -> Callable[[], np.ndarray]:
    """The largest magnitudes (n, TOPK) by torch, falling, in batches of 1,024 rows, whose products stay in the cache."""
    rows, weight, shift = torch.from_numpy(x), torch.from_numpy(np.ascontiguousarray(atoms.T)), torch.from_numpy(bias)

    def run() -> np.ndarray:
        with torch.inference_mode():
            return torch.cat([torch.topk(torch.addmm(shift, part, weight).abs(), TOPK, dim=1).values for part in rows.split(1_024)]).numpy()

    return run


def encode(rows: int, rounds: int) -> list[dict]:
    """Every encoder on every level."""
    data, rng = text(), np.random.default_rng(SEED)
    turn = np.linalg.qr(rng.standard_normal((data.shape[1], data.shape[1])))[0].astype(np.float32)
    chosen = rng.permutation(len(data))
    atoms, x = data[chosen[:LATENTS]] @ turn, data[chosen[LATENTS : LATENTS + rows]] @ turn
    print(f"{'kernel':24}{'k':>4} {'level':10}{'rows/s':>10}{'left over':>11}{'peer rows/s':>13}{'times':>7}   low to high   as large")
    results = []
    for found in (*omp_cases(x, atoms, rounds), *topk_cases(x, atoms, rounds)):
        results.append(found)
        line = f"{found['kernel']:24}{found['nonzeros']:>4} {found['level']:10}{found['rows_per_s']:10,.0f}"
        line += f"{found['left_over']:11.4f}" if "left_over" in found else ""
        if "ratio" in found:
            line += f"{found['peer_rows_per_s']:13,.0f}{found['ratio']:7.2f}   {found['ratio_low']:.2f} to {found['ratio_high']:.2f}  {found['as_large']:.6f}"
        print(line, flush=True)
    return results


PARTS = {"encode": encode}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=8_192)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--part", choices=list(PARTS), help="this part alone")
    options = parser.parse_args()
    if torch:
        torch.set_num_threads(1)
    written = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for name in [options.part] if options.part else PARTS:
        written[name] = {"machine": machine(), "rows": options.rows, "rounds": options.rounds, "results": PARTS[name](options.rows, options.rounds)}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()

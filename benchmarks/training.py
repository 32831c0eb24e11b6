"""Training speed beside faiss: PQ and RQ with 16 codebooks of 256, 60,000 x 384 real sentence vectors, one thread each, one process, by turns.

    python benchmarks/training.py [--rounds 3] [--residual-rounds 1]

Ours is the whole fit, books rounded to float16 included. The error is the mean squared distance from row to decoded row, on the training rows and on 10,000
rows that neither saw; for residual quantization both encode as they do by default (ours beam 8, faiss beam 5). Times are processor seconds of the one
thread, which on a busy machine say more than the clock does; a ratio above 1 means that ours is faster. Writes benchmarks/results/training.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import dataclass  # noqa: E402

import datasets  # noqa: E402
import faiss  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold import kernels  # noqa: E402
from rankfold.arrays import F32  # noqa: E402
from rankfold.codec import Codec, describe  # noqa: E402
from rankfold.codecs.pq import PQ  # noqa: E402
from rankfold.codecs.residual import Residual  # noqa: E402
from rankfold.codes import Codes  # noqa: E402

TRAIN_ROWS, HELD_OUT_ROWS, GROUPS = 60_000, 10_000, 16

Trained = Callable[[F32], F32]


@dataclass
class Side:
    """One way to train: train(rows, seed) returns what encodes and decodes rows."""

    name: str
    train: Callable[[F32, int], Trained]


def ours(codec: Codec) -> Side:
    def train(x: F32, seed: int) -> Trained:
        state = codec.fit(x, np.ones(len(x), np.float32), np.random.default_rng(seed))
        return lambda rows: codec.decode(state, Codes(codec.encode(state, rows)))

    return Side(describe(codec), train)


def peer(name: str, kind: type) -> Side:
    def train(x: F32, seed: int) -> Trained:
        quantizer = kind(x.shape[1], GROUPS, 8)
        quantizer.cp.seed = 1234 + seed
        quantizer.train(x)
        return lambda rows: quantizer.decode(quantizer.compute_codes(np.ascontiguousarray(rows)))

    return Side(name, train)


def measured(side: Side, train: F32, held_out: F32, seed: int) -> dict[str, float]:
    """Seconds of processor time to train, and both errors."""
    began = time.process_time()
    coded = side.train(train, seed)
    seconds = time.process_time() - began
    errors = [float(np.square(rows - coded(rows)).sum(axis=1).mean()) for rows in (train, held_out)]
    return {"seconds": seconds, "error_training_rows": errors[0], "error_held_out": errors[1]}


def compared(first: list[Side], second: Side, train: F32, held_out: F32, rounds: int) -> list[dict[str, object]]:
    """Our sides and the peer by turns, `rounds` times with a seed each."""
    runs: dict[str, list[dict[str, float]]] = {side.name: [] for side in (*first, second)}
    for seed in range(rounds):
        for side in (*first, second):
            runs[side.name].append(measured(side, train, held_out, seed))
            print(f"{side.name}, seed {seed}: {runs[side.name][-1]}", flush=True)
    rows = []
    for side in first:
        mine, theirs = runs[side.name], runs[second.name]
        ratios = [b["seconds"] / a["seconds"] for a, b in zip(mine, theirs)]
        mean = {f"{who}_{key}": float(np.mean([run[key] for run in of])) for who, of in (("ours", mine), ("peer", theirs)) for key in mine[0]}
        holds = min(ratios) > 1 and all(mean[f"ours_{error}"] <= mean[f"peer_{error}"] for error in ("error_training_rows", "error_held_out"))
        rows.append({"ours": side.name, "peer": second.name, "ratio": float(np.median(ratios)), "lowest_ratio": min(ratios), **mean, "holds": holds})
    return rows


def show(rows: list[dict[str, object]]) -> None:
    sheet = Sheet("ours", "peer", "seconds", "peer", "times faster (lowest)", "error, training rows", "peer", "error, held out", "peer", "bar")
    for row in rows:
        errors = [f"{row[f'{who}_{error}']:.4f}" for error in ("error_training_rows", "error_held_out") for who in ("ours", "peer")]
        times = (f"{row['ours_seconds']:.1f}", f"{row['peer_seconds']:.1f}", f"{row['ratio']:.2f} ({row['lowest_ratio']:.2f})")
        sheet.add_row(row["ours"], row["peer"], *times, *errors, "holds" if row["holds"] else "MISSED")
    Console(width=170).print(sheet)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="how often each side trains PQ")
    parser.add_argument("--residual-rounds", type=int, default=1, help="how often each side trains RQ (minutes each); 0 leaves it out")
    asked = parser.parse_args()
    faiss.omp_set_num_threads(1)
    x = datasets.text()
    order = np.random.default_rng(0).permutation(len(x))
    train, held_out = (np.ascontiguousarray(x[rows]) for rows in (order[:TRAIN_ROWS], order[TRAIN_ROWS : TRAIN_ROWS + HELD_OUT_ROWS]))
    rows = compared([ours(PQ(GROUPS))], peer("faiss ProductQuantizer", faiss.ProductQuantizer), train, held_out, asked.rounds)
    if asked.residual_rounds:
        sides = [ours(Residual(GROUPS, refits=4)), ours(Residual(GROUPS))]
        rows += compared(sides, peer("faiss ResidualQuantizer", faiss.ResidualQuantizer), train, held_out, asked.residual_rounds)
    path = datasets.RESULTS / "training.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"kernels": kernels.level(), "faiss": faiss.__version__, "rows": rows}, indent=1) + "\n")
    show(rows)


if __name__ == "__main__":
    main()

"""What rounds of search and least squares after torch's steps are worth to codes by search: sentence vectors, rows that took no part in any way.

    python benchmarks/sparse_rounds.py [--rows 20000] [--atoms 1024] [--nonzeros 16] [--steps 300] [--batch 2048] [--rounds 4] [--threads 1]

compress: the dictionary that `rankfold compress` learns of the same rows, without torch. steps: trained, no rounds. rounds: the same steps, then the rounds.
Judged on 4,000 other rows: mean cosine of rows and codes, at all nonzeros and at a quarter of them, and agreement@10 of 1,000 of these rows among all 4,000.
Differences are from "steps", paired by row, with their 95 % intervals. Values are of least squares, not yet of a book. Four minutes on one busy core.
Writes benchmarks/results/sparse_rounds.json.
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import datasets
import numpy as np
import torch
from rich.console import Console
from rich.table import Table as Sheet

from rankfold.arrays import F32, unit_rows
from rankfold.evaluate.fidelity import overlap
from rankfold.fitting.dictionary import learn_dictionary, summed_atoms
from rankfold.fitting.sparsecoding import omp_codes
from rankfold.training.recipe import Recipe
from rankfold.training.trainer import train
from rankfold.vectors import as_vectors

FRESH, ASKING, DEPTH = 4_000, 1_000, 10


def cosines(atoms: F32, x: F32, nonzeros: int) -> tuple[np.ndarray, F32]:
    made = unit_rows(summed_atoms(atoms, *omp_codes(atoms, x, nonzeros)))
    return (made * x).sum(axis=1), made


def lists(queries: F32, rows: F32) -> np.ndarray:
    scores = queries @ rows.T
    scores[np.arange(len(queries)), np.arange(len(queries))] = -np.inf
    return np.argpartition(-scores, DEPTH, axis=1)[:, :DEPTH]


def judged(atoms: F32, x: F32, nonzeros: int) -> dict[str, np.ndarray]:
    """By row: cosine, cosine of a code a quarter as long; by asking row: agreement."""
    cosine, made = cosines(atoms, x, nonzeros)
    found = overlap(lists(x[:ASKING], made), lists(x[:ASKING], x))
    return {"cosine": cosine, "short": cosines(atoms, x, max(1, nonzeros // 4))[0], "agreement": found}


def dictionaries(x: F32, asked: argparse.Namespace) -> dict[str, tuple[F32, float]]:
    """name -> (atoms, seconds)."""
    recipe = Recipe(nested=True, steps=asked.steps, batch=asked.batch, rounds=asked.rounds)
    begun = time.perf_counter()
    made = {"compress": (learn_dictionary(x, np.ones(len(x), np.float32), asked.atoms, asked.nonzeros, np.random.default_rng(0)), time.perf_counter() - begun)}
    with tempfile.TemporaryDirectory() as folder:
        for name, rounds in (("steps", 0), ("rounds", asked.rounds)):
            begun = time.perf_counter()
            settings = {"dictionary": asked.atoms, "nonzeros": asked.nonzeros, "searched": True, "checkpoint": Path(folder) / "a.npz"}
            trained = train(as_vectors(x), recipe=replace(recipe, rounds=rounds), **settings)
            made[name] = trained.atoms, time.perf_counter() - begun
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in {"rows": 20_000, "atoms": 1_024, "nonzeros": 16, "steps": 300, "batch": 2_048, "rounds": 4, "threads": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    x = datasets.text()
    order = np.random.default_rng(0).permutation(len(x))
    fresh, taught = x[order[:FRESH]], x[np.sort(order[FRESH : FRESH + asked.rows])]
    made = dictionaries(taught, asked)
    found = {name: judged(atoms, fresh, asked.nonzeros) for name, (atoms, _) in made.items()}
    sheet, document = Sheet("dictionary", "cosine", "a quarter as long", "agreement@10", "seconds"), {}
    for name, parts in found.items():
        document[name] = {"seconds": made[name][1]}
        for part, values in parts.items():
            moved = values - found["steps"][part]
            document[name][part] = {"mean": float(values.mean()), "change": float(moved.mean()), "half": float(1.96 * moved.std() / np.sqrt(moved.size))}
        cells = [f"{one['mean']:.4f} ({one['change']:+.4f} ± {one['half']:.4f})" for one in (document[name][part] for part in parts)]
        sheet.add_row(name, *cells, f"{made[name][1]:.0f}")
    Console(width=140).print(sheet)
    datasets.RESULTS.mkdir(exist_ok=True)
    (datasets.RESULTS / "sparse_rounds.json").write_text(json.dumps({"asked": vars(asked), "dictionaries": document}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Scan times of all methods in one run: the best 100 of text132k for one query on one thread, methods taking turns.

A scan takes as long whatever the codebooks hold, so they are fitted on a few rows here; what they find is not looked at.
"""

import json
import time
from collections.abc import Callable

import numpy as np

from benchmarks import datasets
from rankfold.arrays import F32

from . import ours
from .coded import PEERS, SLOW, Coded, Job
from .sets import bars_of, load
from .table import grid

SET, TRAIN_ROWS, ROUNDS, QUERIES = "text132k", 8_192, 7, 5


def run() -> None:
    """Measure, print the table, write times.json and times.md beside the entries."""
    frontier_set = load(SET)
    lines = []
    for size in bars_of(SET):
        scans = {name: scan for name, scan in codes_of(frontier_set.items, size).items() if scan is not None}
        for name, taken in alternated(scans, frontier_set.items[:QUERIES]).items():
            lines.append({"bytes": size, "method": name, "ms": float(np.median(taken)), "least": min(taken), "most": max(taken)})
    folder = datasets.RESULTS / "frontier"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "times.json").write_text(json.dumps({"set": SET, "rounds": ROUNDS, "times": lines}, indent=1) + "\n")
    head = ("bytes", "method", "ms a query, median", "least to most")
    cells = [(str(one["bytes"]), one["method"], f"{one['ms']:.2f}", f"{one['least']:.2f} to {one['most']:.2f}") for one in lines]
    rows = len(frontier_set.items)
    page = f"## Scan times\n\nBest 100 of {rows:,} rows, one query, one thread, {ROUNDS} rounds in turns in one run.\n\n{grid(head, cells)}\n"
    (folder / "times.md").write_text(page)
    print(page)


def codes_of(items: F32, size: int) -> dict[str, Callable[[F32], object] | None]:
    """Name -> scan of every method that has one at this size."""
    half = np.random.default_rng(1).permutation(len(items))[:TRAIN_ROWS]
    job = Job(items[np.sort(half)], items, size, 1, True)
    found: dict[str, Callable[[F32], object] | None] = {}
    for label, spec in ours.specs(items.shape[1], size, True).items():
        found[f"rankfold {label}"] = _scan(lambda spec=spec: ours.coded(job, spec, weighted=False))
    for method in PEERS.values():
        settings = method.plan(items.shape[1], size)
        if settings is not None and not method.small_books and method.cost != SLOW:
            # One round of a learned rotation scans like fifty.
            quick = settings | ({"rounds": 1} if "rounds" in settings else {})
            found[method.name] = _scan(lambda method=method, quick=quick: method.code(job, quick))
    return found


def _scan(made: Callable[[], Coded]) -> Callable[[F32], object] | None:
    try:
        return made().scan
    except (ValueError, RuntimeError):
        return None


def alternated(scans: dict[str, Callable[[F32], object]], queries: F32) -> dict[str, list[float]]:
    """Name -> milliseconds a query in each round; every round asks every method in turn, the first round is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in scans}
    for turn in range(ROUNDS + 1):
        for name, scan in scans.items():
            start = time.perf_counter()
            for row in range(len(queries)):
                scan(np.ascontiguousarray(queries[row : row + 1]))
            if turn:
                taken[name].append(1000 * (time.perf_counter() - start) / len(queries))
    return taken

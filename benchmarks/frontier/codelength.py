"""How long a code must be: rows that share a code, and rows told apart from their nearest row, by bytes a row, with the knee of the curve.

Told apart: a row, asked, finds its own decoded row ahead of its nearest row's. The pairs are the closest ones of the set that are not all but equal.
"""

import json
from collections.abc import Sequence

import numpy as np

from benchmarks import datasets
from rankfold.arrays import F32, unit_rows
from rankfold.errors import RankfoldError
from rankfold.evaluate import collisions, popularity_buckets
from rankfold.evaluate.exact import ExactSearcher
from rankfold.search.rows import Rows
from rankfold.table import Table
from rankfold.vectors import as_vectors

from . import ours
from .coded import Job
from .sets import FrontierSet, Judged, load
from .table import grid

SETS = ("goodbooks", "debian50k", "anime")
LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
LABELS = ("residual", "trellis", "layered")
SAMPLE, PAIRS, SAME = 10_000, 2_000, 0.9999


def run() -> None:
    """Measure, print the table, write codelength.json and codelength.md beside the entries."""
    lines = [line for name in SETS for label in LABELS for line in sweep(load(name), label)]
    folder = datasets.RESULTS / "frontier"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "codelength.json").write_text(json.dumps(lines, indent=1) + "\n")
    page = f"## Code length and near-duplicates\n\n{shown(lines)}\n"
    (folder / "codelength.md").write_text(page)
    print(page)


def sweep(frontier_set: FrontierSet, label: str) -> list[dict]:
    """One line a length that the codec can be fitted at."""
    pairs = closest(frontier_set.items)
    lines = []
    for length in LENGTHS:
        spec = ours.specs(frontier_set.items.shape[1], length, frontier_set.cosine).get(f"{label}") if length > 1 or frontier_set.cosine else None
        half = frontier_set.half(1)
        weight = frontier_set.question.weight[half] if isinstance(frontier_set.question, Judged) else None
        if spec is None:
            continue
        try:
            table = ours.folded(Job(frontier_set.items[half], frontier_set.items, length, 1, frontier_set.cosine, weight), spec, weighted=weight is not None)[0]
        except RankfoldError:
            continue
        lines.append(
            {
                "set": frontier_set.name,
                "codec": label,
                "bytes": length,
                **duplicates(table, frontier_set),
                "told_apart": told_apart(table, frontier_set.items, pairs),
            }
        )
    return lines


def closest(items: F32) -> np.ndarray:
    """(m, 2) row and its nearest row by cosine, the closest PAIRS of a sample, those all but equal left out."""
    unit = unit_rows(items)
    rows = np.sort(np.random.default_rng(0).permutation(len(unit))[:SAMPLE])
    found = ExactSearcher(as_vectors(unit, zero_rows="keep")).search(unit[rows], 5, exclude=Rows.from_pairs(np.arange(len(rows)), rows, len(rows)))
    other = (found.scores < SAME).argmax(axis=1)
    near, score = np.take_along_axis(found.rows, other[:, None], 1)[:, 0], np.take_along_axis(found.scores, other[:, None], 1)[:, 0]
    kept = np.argsort(-np.where(score < SAME, score, -1), kind="stable")[:PAIRS]
    return np.stack([rows[kept], near[kept]], axis=1)


def told_apart(table: Table, items: F32, pairs: np.ndarray) -> float:
    """Share of the pairs whose first row, asked, scores its own decoded direction above the other's."""
    asked = unit_rows(items[pairs[:, 0]])
    own, other = (np.einsum("nd,nd->n", asked, unit_rows(table.decode(pairs[:, side]))) for side in (0, 1))
    return round(float((own > other).mean()), 4)


def duplicates(table: Table, frontier_set: FrontierSet) -> dict[str, float]:
    """Share of rows that share their code, of all and of each popularity bucket where popularity is known."""
    judged = isinstance(frontier_set.question, Judged)
    popularity = frontier_set.question.task.events(table.count) if judged else np.ones(table.count)
    audit = collisions(table, popularity_buckets(popularity), popularity=popularity)
    names = audit.parts if judged else ("all",)
    return {f"duplicates_{name}": round(float(audit.parts[name].share), 5) for name in names}


def knee(lengths: Sequence[float], values: Sequence[float]) -> float:
    """The length at which the curve over log lengths stands highest above the line between its ends (the idea of Satopaa et al., 2011)."""
    x, y = np.log(np.asarray(lengths, np.float64)), np.asarray(values, np.float64)
    if len(x) < 3 or x[-1] == x[0] or y[-1] == y[0]:
        return float(lengths[0])
    above = (y - y[0]) / (y[-1] - y[0]) - (x - x[0]) / (x[-1] - x[0])
    return float(lengths[int(above.argmax())])


def shown(lines: Sequence[dict]) -> str:
    """The table, and one sentence a curve with its knee."""
    head = ("set", "codec", "bytes", "rows sharing a code", "head / mid / tail", "told apart from the nearest row")
    cells = []
    for line in lines:
        parts = " / ".join(f"{100 * line[f'duplicates_{name}']:.2f} %" for name in ("head", "mid", "tail") if f"duplicates_{name}" in line)
        cells.append(
            (line["set"], line["codec"], str(line["bytes"]), f"{100 * line['duplicates_all']:.2f} %", parts or "-", f"{100 * line['told_apart']:.1f} %")
        )
    knees = []
    for key in dict.fromkeys((line["set"], line["codec"]) for line in lines):
        mine = [line for line in lines if (line["set"], line["codec"]) == key]
        at = knee([line["bytes"] for line in mine], [line["told_apart"] for line in mine])
        knees.append(f"- {key[0]}, {key[1]}: the knee is at {at:g} bytes.")
    return grid(head, cells) + "\n\n" + "\n".join(knees)

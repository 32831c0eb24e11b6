"""Rows coded in the metric of the users' second moment against the same codes without it: 33 bytes a row, five factor sets.

    python benchmarks/viewed.py

Codecs are fitted on a random half of the rows. One half of the users gives the exposure weights and the metric; every figure is from the other half: NDCG@10
against the uncompressed vectors, overlap@10 with their exact lists, and what the metric adds to both, paired over these users, 95 % intervals. The number is
the power. "outside" puts the norm byte around the metric instead of inside; "pca" fixes the trellis to principal axes, which it need not choose by itself.
Prints a table and writes benchmarks/results/viewed.json.
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

from rankfold.codecs import from_spec  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.evaluate import Report, Split, Task, baseline, compare, evaluate  # noqa: E402
from rankfold.evaluate.intervals import mean_of  # noqa: E402
from rankfold.fitting.exposure import exposure  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.search import Searcher  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

SETS = (("amazon_book", "als128"), ("anime", "als128"), ("anime", "elsa256"), ("debian_deps", "als128"), ("debian_deps", "elsa256"))
BYTES, POWERS, USERS = 32, (0.25, 0.5, 0.75, 1.0), 2_000
METRIC, AGREEMENT = "ndcg@10", "overlap@10"


def forms() -> dict[str, dict]:
    """name -> spec of 33 bytes a row."""
    found = {}
    for rotation in ("auto", "pca"):
        trellis = {"codec": "trellis", "bytes": BYTES, "rotation": rotation}
        normed, mark = {"codec": "normed", "inner": trellis}, "" if rotation == "auto" else ", pca"
        found["plain" + mark] = normed
        found |= {f"viewed {power}{mark}": {"codec": "viewed", "power": power, "inner": normed} for power in (POWERS if not mark else POWERS[1:2])}
    found["viewed 0.25, outside"] = {"codec": "normed", "inner": {"codec": "viewed", "inner": {"codec": "trellis", "bytes": BYTES}}}
    return found


def run(name: str, model: str) -> list[dict]:
    """Every form on one set."""
    data = datasets.factors(name, model)
    split = Split(*(data.split == part for part in range(3)), "given")
    whole = Task.from_interactions(data.users, Interactions(data.user, data.item), split, rows=len(data.items))
    order = np.random.default_rng(99).permutation(len(data.users))
    judges, givers = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    task = whole.take(judges)
    task = task.take(task.answerable()).sample(USERS)
    vectors = as_vectors(data.items, zero_rows="keep")
    exact = baseline(vectors, task, metrics=(METRIC,))
    weight = exposure(data.users[givers], data.items, exclude=whole.take(givers).seen, seed=99)
    rows, reports = [], {}
    for form, spec in forms().items():
        # Half of the rows, drawn by the seed: the protocol of the frontier.
        table = compress(vectors, from_spec(spec), weight=weight, queries=data.users[givers], norms="raw", sample=vectors.count // 2, fallback=None)
        reports[form] = evaluate(Searcher(table), task, metrics=(METRIC,), baseline=exact)
        before, after = (kept_of(reports[one]) for one in ("plain", form))
        rows.append(
            {
                "data": f"{name} {model}",
                "form": form,
                "row_bytes": table.segments[0].codec.row_bytes(vectors.dim),
                "state_row_bytes": sum(array.nbytes for array in table.segments[0].state.values()) / vectors.count,
                METRIC: compare(exact, reports[form])[METRIC].to_dict(),
                AGREEMENT: mean_of(after).to_dict(),
                "against plain": {METRIC: compare(reports["plain"], reports[form])[METRIC].to_dict(), AGREEMENT: mean_of(after - before, lowest=-1).to_dict()},
                "users": int(task.queries.shape[0]),
            }
        )
        say(rows[-1])
    return rows


def kept_of(report: Report) -> np.ndarray:
    """Share of each user's exact top 10 that is still listed, (q,)."""
    if report.fidelity is None:
        sys.exit("benchmarks: a report without exact lists.")
    return report.fidelity.values[AGREEMENT]


def say(row: dict) -> None:
    """One line of progress, on stderr."""
    print(f"{row['data']}, {row['form']}: {cells(row)}", file=sys.stderr, flush=True)


def cells(row: dict) -> list[str]:
    """The figures of one form as text."""
    loss, kept, added = row[METRIC], row[AGREEMENT], row["against plain"]
    change, more = added[METRIC], added[AGREEMENT]
    return [
        f"{row['state_row_bytes']:.2f}",
        f"{-loss['drop']:+.1%} [{-loss['high']:+.1%}, {-loss['low']:+.1%}]",
        f"{-change['drop']:+.1%} [{-change['high']:+.1%}, {-change['low']:+.1%}]",
        f"{kept['mean']:.4f}",
        f"{more['mean']:+.4f} [{more['low']:+.4f}, {more['high']:+.4f}]",
    ]


def main() -> None:
    rows = [row for name, model in SETS for row in run(name, model)]
    (datasets.RESULTS / "viewed.json").write_text(json.dumps(rows, indent=1) + "\n")
    sheet = Sheet("set", "33 B/row", "state B/row", METRIC, "against plain", AGREEMENT, "against plain")
    for row in rows:
        sheet.add_row(row["data"] if row["form"] == "plain" else "", row["form"], *cells(row), end_section=row["form"].endswith("outside"))
    Console(width=160).print(sheet)


if __name__ == "__main__":
    main()

"""Does `tune` choose what an exhaustive search would, and at what part of its cost?

    python benchmarks/tuning.py choice [--sets anime,debian_deps,...]     each set at six budgets, against every candidate in full
    python benchmarks/tuning.py time [--sets debian50k,amazon_book]       one decision from start to end, on the clock
    python benchmarks/tuning.py budget                                    200 random totals on real vectors: kept, or refused with the nearest

choice: "best" is what the rule of `choose` takes among all candidates, each tried in full; both are then measured on the other half of the users. Cost is in
seconds of one core over all trials. Finished trials are kept in benchmarks/results/tuning/ (not in git), shared by budgets and runs.
Prints tables and writes benchmarks/results/tuning.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.errors import BudgetError  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.store import save  # noqa: E402
from rankfold.tune.budget import Ask  # noqa: E402
from rankfold.tune.decide import decide, decide_on, listing, most_row_bytes, reach, sample_rows  # noqa: E402
from rankfold.tune.evidence import Evidence, item_evidence, user_evidence  # noqa: E402
from rankfold.tune.goals import best_first  # noqa: E402
from rankfold.tune.halving import Search  # noqa: E402
from rankfold.tune.measure import Point, measure  # noqa: E402
from rankfold.tune.recipe import Recipe  # noqa: E402
from rankfold.tune.trials import Trials  # noqa: E402
from rankfold.vectors import Vectors, as_vectors  # noqa: E402

WORK = datasets.RESULTS / "tuning"
FACTORS = ("anime", "debian_deps", "amazon_book", "anime_elsa", "debian_deps_elsa")
TEXTS = {"goodbooks": "goodbooks_minilm_f16.npz", "debian50k": "debian50k_minilm_f16.npz"}
SETS = (*FACTORS, *TEXTS, "text132k")
ROW_BUDGETS = (8, 12, 16, 24, 32)
TOTAL_ROW_BYTES = 24
NDCG_BAR, AGREEMENT_BAR, TIME_BAR = 0.01, 0.01, 0.25
DECISION_SECONDS = 600


def world(name: str) -> tuple[Vectors, np.ndarray | None, Interactions | None]:
    """Items, users and events of a set; text sets have items alone."""
    if name in FACTORS:
        data = datasets.factors(name.removesuffix("_elsa"), "elsa256" if name.endswith("_elsa") else "als128")
        return as_vectors(data.items, zero_rows="keep"), data.users, Interactions(data.user, data.item, None, None, data.split)
    if name == "text132k":
        return as_vectors(datasets.text()), None, None
    with np.load(datasets.file_of(TEXTS[name]), allow_pickle=False) as arrays:
        return as_vectors(arrays["x"].astype(np.float32)), None, None


def evidence_of(vectors: Vectors, users: np.ndarray | None, events: Interactions | None) -> Evidence:
    return item_evidence(vectors) if users is None else user_evidence(vectors, users, events)


def budgets_of(vectors: Vectors) -> list[Ask]:
    """Five sizes of a row, and a total of 24 bytes a row beside the ids, codebooks included."""
    return [*(Ask(row_bytes=size) for size in ROW_BUDGETS), Ask(total_bytes=vectors.count * (TOTAL_ROW_BYTES + 8))]


def exhaustive(vectors: Vectors, evidence: Evidence, ask: Ask, folder: Path) -> tuple[str, Point, float, int]:
    """The best of all candidates in full: its name, its figures on the other half, seconds of one core, how many."""
    trials = trials_of(vectors, evidence, folder)
    search = Search(trials, ask, ())
    limit = most_row_bytes(vectors, ask)
    among = listing(vectors, sample_rows(vectors, evidence.unit), ask)(reach(ask, limit), limit)
    known = []
    for codec in among:
        # One after the other, without keeping tables: there are many.
        known += trials.run([codec], None)
        trials.tables.clear()
    found = [pair for pair in known if not search.breaks(*pair)]
    codec, trial = best_first(search, found)[0]
    return trial.name, measure(trials.table(codec), evidence, evidence.report, timed=False), sum(trial.seconds for _, trial in known), len(known)


def trials_of(vectors: Vectors, evidence: Evidence, folder: Path) -> Trials:
    queries = None if evidence.weight is None else evidence.choose.task.queries
    return Trials(vectors, evidence, weight=evidence.weight, queries=queries, folder=folder, recipe=lambda codec: Recipe(codec, evidence.unit))


def compared(tuned: Point, best: Point) -> dict[str, object]:
    """How far the tuned choice is behind: in NDCG@10, relative, and in points of agreement."""
    metric = "overlap@10" if best.loss is not None else best.metric
    agreement = best.fidelity[metric].mean - tuned.fidelity[metric].mean
    ndcg = None if best.loss is None else 1 - tuned.loss.after / best.loss.after
    holds = agreement <= AGREEMENT_BAR or (ndcg is not None and ndcg <= NDCG_BAR)
    return {"ndcg_behind": ndcg, "agreement_behind": agreement, "within": holds}


def choice(name: str) -> list[dict[str, object]]:
    """All budgets of one set."""
    vectors, users, events = world(name)
    evidence = evidence_of(vectors, users, events)
    rows = []
    for ask in budgets_of(vectors):
        folder = WORK / name
        decision = decide_on(vectors, evidence, ask, work=folder)
        best, figures, seconds, count = exhaustive(vectors, evidence, ask, folder)
        row = {"set": name, "budget": ask.to_dict(), "tuned": decision.best.name, "best": best, "candidates": count}
        row |= compared(decision.best, figures) | {"tuned_s": decision.choice_core_seconds, "with_smaller_sizes_s": decision.core_seconds}
        row |= {"exhaustive_s": seconds, "part": decision.choice_core_seconds / seconds}
        rows.append(row)
        say(f"{name} {ask.to_dict()}: {decision.best.name} / {best}; behind {row['agreement_behind']:+.3f}; {row['part']:.0%} of {seconds:.0f} s")
    return rows


def timed(name: str) -> dict[str, object]:
    """One decision, from arrays in memory, at 24 bytes a row, with nothing kept from before."""
    vectors, users, events = world(name)
    start = time.monotonic()
    decision = decide(vectors, users, events, row_bytes=24)
    seconds = time.monotonic() - start
    say(f"{name}: {decision.best.name} after {seconds:.0f} s")
    shape = {"rows": vectors.count, "dim": vectors.dim, "users": 0 if users is None else len(users)}
    return {"set": name, **shape, "codec": decision.best.name, "seconds": seconds, "asked": DECISION_SECONDS, "holds": seconds <= DECISION_SECONDS}


def budgets(count: int = 200, written: int = 10) -> dict[str, object]:
    """Random totals for 2,000 real rows: each decision's artifact is at most that, on disk too where it is written, or it is refused with the nearest."""
    vectors, users, events = world("anime")
    part = vectors.subset(np.arange(2_000))
    evidence = item_evidence(part)
    rng = np.random.default_rng(0)
    totals = np.exp(rng.uniform(np.log(5_000), np.log(400_000), count)).astype(int)
    folder = WORK / "budget"
    kept, refused, over = 0, [], 0
    for number, total in enumerate(totals.tolist()):
        try:
            decision = decide_on(part, evidence, Ask(total_bytes=total), work=folder)
        except BudgetError as error:
            refused.append((total, str(error)))
            continue
        size = decision.total_bytes[decision.best.name]
        if number < written or number % (count // written) == 0:
            artifact = save(decision.table, folder / "store", note="rankfold recipe", details=decision.recipe.details())
            size = max(size, sum(file.stat().st_size for file in artifact.iterdir()))
        over += size > total
        kept += 1
    named = sum(any(word in text for word in ("nearest", "alone", "smallest")) for _, text in refused)
    return {"budgets": count, "kept": kept, "refused": len(refused), "refused_with_nearest": named, "exceeded": over,
            "smallest_kept": min((t for t in totals.tolist() if t not in {r for r, _ in refused}), default=None),
            "largest_refused": max((total for total, _ in refused), default=None)}  # fmt: skip


def say(line: str) -> None:
    """One line of progress, on stderr."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def show(found: dict) -> None:
    if "choice" in found:
        sheet = Sheet("set", "budget", "tuned", "best of all in full", "NDCG@10 behind", "agreement behind", "cost", title="Choice")
        for row in found["choice"]:
            budget = ", ".join(f"{name} {value:,}" for name, value in row["budget"].items())
            ndcg = "" if row["ndcg_behind"] is None else f"{row['ndcg_behind']:+.2%}"
            cost = f"{row['part']:.0%} of {row['exhaustive_s']:.0f} s ({row['candidates']})"
            sheet.add_row(row["set"], budget, row["tuned"], row["best"], ndcg, f"{100 * row['agreement_behind']:+.1f}", cost)
        Console(width=200).print(sheet)
        good = sum(row["within"] for row in found["choice"])
        cheap = sum(row["part"] <= TIME_BAR for row in found["choice"])
        print(f"choice: {good} of {len(found['choice'])} within 1 % NDCG@10 or 1 point; {cheap} at no more than 25 % of the cost of all")
    for row in found.get("time", []):
        print(f"{'holds' if row['holds'] else 'MISSED'}: {row['set']} ({row['rows']:,} x {row['dim']}, {row['users']:,} users): {row['seconds']:.0f} s")
    if "budget" in found:
        print("budget:", ", ".join(f"{name} {value}" for name, value in found["budget"].items()))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=["choice", "time", "budget"])
    parser.add_argument("--sets", default="")
    asked = parser.parse_args()
    path = datasets.RESULTS / "tuning.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    if asked.part == "budget":
        found["budget"] = budgets()
    else:
        sets = asked.sets.split(",") if asked.sets else ("anime", "debian_deps", "amazon_book") if asked.part == "choice" else ("debian50k", "amazon_book")
        for name in sets:
            fresh = choice(name) if asked.part == "choice" else [timed(name)]
            found[asked.part] = [row for row in found.get(asked.part, []) if row["set"] != name] + fresh
            path.write_text(json.dumps(found, indent=1) + "\n")
    path.write_text(json.dumps(found, indent=1) + "\n")
    show(found)


if __name__ == "__main__":
    main()

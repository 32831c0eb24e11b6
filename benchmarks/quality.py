"""Quality at equal bytes, with faiss's optimized product quantizer in the same tables.

    python benchmarks/quality.py [factors] [text]          both by default

factors: ALS items of amazon_book and anime at 17 bytes a row (16 + a length byte), fitted with exposure weights from users who are not evaluated.
text: text132k at 16 and 32 bytes a row; every codec is fitted on one random half of the rows and measured on all of them.
Every figure scores float queries against decoded rows. Prints tables and writes benchmarks/results/quality.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402

import datasets  # noqa: E402
import faisspeer  # noqa: E402
import numpy as np  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.arrays import F32, unit_rows  # noqa: E402
from rankfold.codec import Codec, describe  # noqa: E402
from rankfold.codecs.int8 import Int8  # noqa: E402
from rankfold.codecs.normed import Normed  # noqa: E402
from rankfold.codecs.pq import PQ  # noqa: E402
from rankfold.codecs.reduced import Reduced  # noqa: E402
from rankfold.codecs.residual import Residual  # noqa: E402
from rankfold.codecs.scalar import Scalar  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.compression import fit  # noqa: E402
from rankfold.evaluate import ExactSearcher, Report, Split, Task, baseline, compare, compare_parts, evaluate  # noqa: E402
from rankfold.fitting.exposure import exposure  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.search.rows import Rows  # noqa: E402
from rankfold.table import Segment, Table, encode_rows  # noqa: E402
from rankfold.vectors import as_vectors  # noqa: E402

SEEDS = (0, 1, 2)
EVALUATED_USERS = 2_000
OVERLAP_BAR = 0.84
TEXT_QUERIES = 500
TEXT_DEPTH = 100
TEXT_BAR_POINTS = 2.0
FAISS_ROUNDS = 100
METRICS = ("ndcg@10", "recall@10")


def folded(codec: Codec, train: F32, x: F32, *, weight: F32 | None = None, seed: int = 0) -> Table:
    """Fit on the rows `train`, code the rows x."""
    fitted = fit(as_vectors(train, zero_rows="keep"), codec, weight=weight, sample=len(train), seed=seed, norms="raw")
    codes = Codes(encode_rows(fitted.codec, fitted.state, x))
    return Table(x.shape[1], False, np.arange(len(x)), (Segment(fitted.codec, fitted.state, codes, 0),))


def artifact_bytes(table: Table) -> dict[str, float]:
    """Bytes a row of the codes alone, and of everything: codes, codebooks, ids."""
    return {"row_bytes": table.segments[0].codes.row_bytes, "total_bytes_per_row": table.nbytes / table.count}


def peer_bytes(row_bytes: int, state_bytes: int, count: int) -> dict[str, float]:
    """The same for faiss, with ids of eight bytes as ours have."""
    return {"row_bytes": row_bytes, "total_bytes_per_row": row_bytes + 8 + state_bytes / count}


def factor_coders(data: datasets.Factors, weight: F32, seed: int) -> Iterator[tuple[str, F32, dict[str, float]]]:
    """Name, decoded items and bytes of every code of the first part."""
    ours = Normed(Residual(16))
    for name, weights in ((f"{describe(ours)}, exposure weights", weight), (f"{describe(ours)}, no weights", None)):
        table = folded(ours, data.items, data.items, weight=weights, seed=seed)
        yield name, table.decode(), artifact_bytes(table)
    decoded, state_bytes = faisspeer.opq(data.items, data.items, 16, seed=seed)
    yield "faiss OPQ16,PQ16 (stock)", decoded, peer_bytes(16, state_bytes, len(data.items))
    decoded, state_bytes = faisspeer.opq_with_norms(data.items, 16, seed=seed)
    yield "faiss OPQ16,PQ16 on directions + length byte", decoded, peer_bytes(17, state_bytes, len(data.items))


def summary(before: Report, after: Report) -> dict[str, object]:
    """What is printed and stored of one code: fidelity, quality with the interval of its loss, and the buckets."""
    parts = compare_parts(before, after)
    return {
        "overlap@10": after.fidelity.means()["overlap@10"].to_dict(),
        "ndcg@10": compare(before, after)["ndcg@10"].to_dict(),
        "buckets": {name: {"ndcg@10": parts[name]["ndcg@10"].to_dict(), "exposure@10": parts[name]["exposure@10"].to_dict()} for name in after.buckets},
    }


def run_factors(name: str) -> list[dict[str, object]]:
    """All codes of one set of factors, all seeds."""
    data = datasets.factors(name)
    train, valid, test = (data.split == part for part in range(3))
    order = np.random.default_rng(99).permutation(len(data.users))
    judged = np.sort(order[:EVALUATED_USERS])
    others = np.sort(order[EVALUATED_USERS:])
    whole = Task.from_interactions(data.users, Interactions(data.user, data.item), Split(train, valid, test, "given"), rows=len(data.items))
    popularity = np.bincount(data.item[train], minlength=len(data.items))
    part = whole.take(judged)
    task = Task(part.queries, part.relevant, part.seen, popularity=popularity)
    seen = whole.take(others).seen
    before = baseline(as_vectors(data.items, zero_rows="keep"), task, metrics=METRICS)
    rows = []
    for seed in SEEDS:
        weight = exposure(data.users[others], data.items, exclude=seen, seed=seed)
        for label, decoded, size in factor_coders(data, weight, seed):
            after = evaluate(ExactSearcher(as_vectors(decoded, zero_rows="keep")), task, metrics=METRICS, baseline=before)
            rows.append({"data": name, "code": label, "seed": seed, **size, **summary(before, after)})
            say(f"{name} seed {seed}: {label}: overlap@10 {rows[-1]['overlap@10']['mean']:.4f}, ndcg@10 drop {rows[-1]['ndcg@10']['drop']:.2%}")
    return rows


def text_coders(half: F32, x: F32) -> Iterator[tuple[str, int, F32, dict[str, float]]]:
    """Name, size class, decoded rows and bytes of every code of the second part."""
    ours = [Residual(16), Normed(Residual(15)), PQ(16), PQ(16, rotation="learned"), Normed(Reduced(15, inner=Int8())), Normed(Reduced(31, inner=Scalar(4)))]
    ours += [Residual(32), PQ(32), PQ(32, rotation="learned"), Normed(Reduced(31, inner=Int8()))]
    for codec in ours:
        table = folded(codec, half, x)
        yield describe(codec), round(table.segments[0].codes.row_bytes / 16) * 16, table.decode(), artifact_bytes(table)
    for groups, rounds in ((16, FAISS_ROUNDS), (32, faisspeer.DEFAULT_ROUNDS)):
        decoded, state_bytes = faisspeer.opq(half, x, groups, rounds=rounds)
        yield f"faiss OPQ{groups},PQ{groups} ({rounds} rounds)", groups, decoded, peer_bytes(groups, state_bytes, len(x))


def run_text() -> list[dict[str, object]]:
    """All codes of the text vectors: agreement@100 with the exact list, as stored and with decoded rows renormalised."""
    x = datasets.text()
    order = np.random.default_rng(0).permutation(len(x))
    fitted, held_out = np.sort(order[: len(x) // 2]), np.sort(order[len(x) // 2 :])
    asked = np.sort(np.random.default_rng(1).choice(held_out, TEXT_QUERIES, replace=False))
    themselves = Rows.from_pairs(np.arange(len(asked)), asked, len(asked))
    exact = ExactSearcher(as_vectors(x)).search(x[asked], TEXT_DEPTH, exclude=themselves)
    rows = []
    for label, size_class, decoded, size in text_coders(x[fitted], x):
        errors = np.square(x - decoded).sum(axis=1)
        row = {"code": label, "size": size_class, **size, "error_fitted": float(errors[fitted].mean()), "error_held_out": float(errors[held_out].mean())}
        for form, rows_of_form in (("stored", decoded), ("renormalised", unit_rows(decoded))):
            found = ExactSearcher(as_vectors(rows_of_form, zero_rows="keep")).search(x[asked], TEXT_DEPTH, exclude=themselves)
            shares = [len(np.intersect1d(mine, theirs)) / TEXT_DEPTH for mine, theirs in zip(found.rows, exact.rows)]
            row[f"agreement@100_{form}"] = float(np.mean(shares))
        rows.append(row)
        say(f"text132k: {label}: {row['agreement@100_stored']:.4f} stored, {row['agreement@100_renormalised']:.4f} renormalised")
    return rows


def say(line: str) -> None:
    """One line of progress, on stderr."""
    print(f"[{time.strftime('%H:%M:%S')}] {line}", file=sys.stderr, flush=True)


def show_factors(rows: list[dict[str, object]]) -> None:
    """Means over seeds."""
    names = ("data", "code", "B/row", "total B/row", "overlap@10 (worst seed)", "NDCG@10 drop [95 %, first seed]", "head / mid / tail drop")
    sheet = Sheet(*names, title="Factors, seen items masked")
    for key in dict.fromkeys((row["data"], row["code"]) for row in rows):
        mine = [row for row in rows if (row["data"], row["code"]) == key]
        overlaps = [row["overlap@10"]["mean"] for row in mine]
        loss = mine[0]["ndcg@10"]
        drop = np.mean([row["ndcg@10"]["drop"] for row in mine])
        tail = " / ".join(f"{np.mean([row['buckets'][part]['ndcg@10']['drop'] for row in mine]):+.1%}" for part in ("head", "mid", "tail"))
        cells = (f"{np.mean(overlaps):.3f} ({min(overlaps):.3f})", f"{drop:+.1%} [{loss['low']:+.1%}, {loss['high']:+.1%}]", tail)
        sheet.add_row(*key, f"{mine[0]['row_bytes']}", f"{mine[0]['total_bytes_per_row']:.0f}", *cells)
    Console(width=180).print(sheet)


def show_text(rows: list[dict[str, object]]) -> None:
    """One line a code, by size."""
    names = ("code", "B/row", "total B/row", "error fitted / held out", "agreement@100 stored", "renormalised")
    sheet = Sheet(*names, title="text132k, fitted on a random half of the rows, measured on all, 500 held-out queries")
    for row in sorted(rows, key=lambda row: (row["size"], row["agreement@100_renormalised"])):
        errors = f"{row['error_fitted']:.3f} / {row['error_held_out']:.3f}"
        agreements = (f"{row['agreement@100_stored']:.3f}", f"{row['agreement@100_renormalised']:.3f}")
        sheet.add_row(row["code"], f"{row['row_bytes']}", f"{row['total_bytes_per_row']:.1f}", errors, *agreements)
    Console(width=180).print(sheet)


def bars(found: dict[str, list[dict[str, object]]]) -> dict[str, dict[str, object]]:
    """The bars of this benchmark: what was asked, what was measured, whether it holds."""
    out: dict[str, dict[str, object]] = {}
    for name in ("amazon_book", "anime"):
        mine = [row["overlap@10"]["mean"] for row in found.get("factors", []) if row["data"] == name and row["code"].endswith("exposure weights")]
        if mine:
            out[f"overlap@10 on {name}, worst seed"] = {"asked": OVERLAP_BAR, "measured": min(mine), "holds": min(mine) >= OVERLAP_BAR}
    sixteen = [row for row in found.get("text", []) if row["size"] == 16]
    if sixteen:
        peer = max(row["agreement@100_renormalised"] for row in sixteen if row["code"].startswith("faiss"))
        stored_peer = max(row["agreement@100_stored"] for row in sixteen if row["code"].startswith("faiss"))
        ours = next(row for row in sixteen if row["code"] == describe(Residual(16)))
        for form, theirs in (("renormalised", peer), ("stored", stored_peer)):
            points = 100 * (ours[f"agreement@100_{form}"] - theirs)
            out[f"agreement@100 points above faiss OPQ16, rows {form}"] = {"asked": TEXT_BAR_POINTS, "measured": points, "holds": points >= TEXT_BAR_POINTS}
    return out


def main(asked: list[str]) -> None:
    path = datasets.RESULTS / "quality.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    if not asked or "factors" in asked:
        found["factors"] = run_factors("amazon_book") + run_factors("anime")
    if not asked or "text" in asked:
        found["text"] = run_text()
    found["bars"] = bars(found)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")
    if "factors" in found:
        show_factors(found["factors"])
    if "text" in found:
        show_text(found["text"])
    for name, bar in found["bars"].items():
        print(f"{'holds' if bar['holds'] else 'MISSED'}: {name}: {bar['measured']:.3f}, asked {bar['asked']}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Adaptive rate: rows of several sizes against rows of one size in the same bytes, and codebooks that tables share.

    python benchmarks/adaptive.py [tiers] [stopping] [sharing]          all by default

tiers: five factor sets. Codecs are fitted on a random half of the rows; exposure weights and the guard come from one half of the users, every figure from the
other half. stopping: residual codes of 16 levels, rows of fewer levels beside them, on text132k and amazon_book. sharing: text132k by source, debian_deps by
section, users and items of amazon_book. Prints tables and writes benchmarks/results/adaptive.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow.parquet as parquet  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.adaptive.stopping import measure_lengths  # noqa: E402
from rankfold.adaptive.tiers import Rates, choose_rates, coded, measure_rates  # noqa: E402
from rankfold.arrays import F32, row_norms  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.compression import compress  # noqa: E402
from rankfold.evaluate import ExactSearcher  # noqa: E402
from rankfold.evaluate.fidelity import overlap  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.search import Aligned, Rows, Searcher  # noqa: E402
from rankfold.table import Table  # noqa: E402
from rankfold.tune.evidence import Evidence, user_evidence  # noqa: E402
from rankfold.tune.measure import measure  # noqa: E402
from rankfold.tune.sharing import share  # noqa: E402
from rankfold.tune.tiering import tier  # noqa: E402
from rankfold.vectors import Vectors, as_vectors  # noqa: E402

USERS = 2_000
TEXT_ROWS, TEXT_QUERIES, DEPTH = 30_000, 400, 100
A48_SMALL, A48_LARGE, A48_POINTS = 14, 16, 1.7
ROTATED = [{"codec": "rotated", "inner": {"codec": "scalar", "bits": bits}} for bits in (1, 2, 4)]
RESIDUAL = [{"codec": "residual", "levels": levels, "refits": 4} for levels in (4, 8, 16, 32)]
FEW = [{"codec": "reduced", "dims": dims, "inner": {"codec": "scalar", "bits": 4}} for dims in (16, 24, 64)]
# Set, vectors, the codec of one size, and what rows may be coded with. Small catalogues get codecs without large codebooks.
SETS = (
    ("amazon_book", "als128", RESIDUAL[2], [*RESIDUAL, ROTATED[2]]),
    ("anime", "als128", ROTATED[1], [*ROTATED, *FEW]),
    ("anime", "elsa256", ROTATED[1], [*ROTATED, *FEW]),
    ("debian_deps", "als128", ROTATED[1], [*ROTATED, *FEW]),
    ("debian_deps", "elsa256", ROTATED[1], [*ROTATED, *FEW]),
)


def factor_set(name: str, kind: str) -> tuple[Vectors, F32, Interactions]:
    """Items, users and events of one set; elsa users are the sums of their train items' rows."""
    with np.load(datasets.file_of(f"{name}_vectors_f16.npz"), allow_pickle=False) as arrays:
        items = arrays[f"{kind}_item"].astype(np.float32)
        users = arrays[f"{kind}_user"].astype(np.float32) if f"{kind}_user" in arrays else None
    columns = parquet.read_table(datasets.file_of(f"{name}_interactions.parquet"), columns=["user", "item", "split"])
    user, item, split = (np.asarray(columns[column]).astype(np.int64) for column in ("user", "item", "split"))
    if users is None:
        users = np.zeros((int(user.max()) + 1, items.shape[1]), np.float32)
        np.add.at(users, user[split == 0], items[item[split == 0]])
    return as_vectors(items, zero_rows="keep"), users, Interactions(user, item, None, None, split)


def deciles(table: Table, vectors: Vectors, weight: F32) -> list[dict]:
    """Bytes a row and relative error of the rows by how often they are shown, the most shown tenth first."""
    x, rows = vectors.read(), table.row_of(vectors.ids)
    lengths = row_norms(x)
    size = np.concatenate([np.full(segment.count, segment.codec.row_bytes(table.dim)) for segment in table.segments])[rows]
    error = row_norms(table.decode(rows) - x) / np.where(lengths > 0, lengths, 1)
    parts = np.array_split(np.argsort(-weight, kind="stable"), 10)
    return [{"row_bytes": float(size[part].mean()), "error": float(error[part].mean())} for part in parts]


def judged(table: Table, vectors: Vectors, evidence: Evidence) -> dict:
    """Bytes, quality, fidelity and buckets on the reporting half of the users."""
    point = measure(table, evidence, evidence.report, ids=vectors.ids, timed=False)
    parts = point.parts
    return {
        "code": point.name,
        "row_bytes": (parts["codes"] + parts["scales"]) / table.count,
        "with_codebooks": (parts["codes"] + parts["scales"] + parts["codebooks"]) / table.count,
        "ndcg@10": point.loss.to_dict(),
        "overlap@10": point.fidelity["overlap@10"].mean,
        "buckets": {name: loss.to_dict() for name, loss in point.buckets.items()},
        "deciles": deciles(table, vectors, evidence.weight) if evidence.weight is not None else None,
    }


def run_tiers() -> list[dict]:
    """One size against tiers on every set, and the 14-byte mix against 16 bytes on anime."""
    rows = []
    for name, kind, one, several in SETS:
        vectors, users, events = factor_set(name, kind)
        evidence = user_evidence(vectors, users, events, sample=USERS)
        half = vectors.count // 2
        uniform = compress(vectors, from_spec(one), weight=evidence.weight, sample=half)
        found = tier(vectors, uniform, evidence, codecs=[from_spec(spec) for spec in several], weight=evidence.weight, sample=half)
        rows.append({"data": f"{name} {kind}", "uniform": judged(uniform, vectors, evidence), "why": found.why})
        rows[-1]["tiers"] = None if found.table is None else judged(found.table, vectors, evidence)
        say(rows[-1])
    return rows


def run_mix() -> dict:
    """Requirement of the 14-byte mix: at least 1.7 points of NDCG@10 above rows of 16 bytes on anime, every codec fitted on half of the rows."""
    vectors, users, events = factor_set("anime", "als128")
    evidence = user_evidence(vectors, users, events, sample=USERS)
    half = vectors.count // 2
    rates = measure_lengths_of(vectors, evidence.weight, half)
    uniform = [from_spec({"codec": "residual", "levels": A48_LARGE - 1}), from_spec({"codec": "reduced", "dims": 28, "inner": {"codec": "scalar", "bits": 4}})]
    tables = [compress(vectors, one, weight=evidence.weight, sample=half) for one in uniform]
    choice = choose_rates(rates, float(A48_SMALL), weight=evidence.weight, codebooks=tables[0].parts()["codebooks"])
    mixed = judged(coded(vectors, rates, choice), vectors, evidence)
    singles = [judged(table, vectors, evidence) for table in tables]
    best = max(single["ndcg@10"]["after"] for single in singles)
    points = 100 * (mixed["ndcg@10"]["after"] - best) / mixed["ndcg@10"]["before"]
    say({"data": "anime als128, 14 B mix", "uniform": max(singles, key=lambda one: one["ndcg@10"]["after"]), "tiers": mixed, "why": f"{points:.1f} points"})
    return {"mix": mixed, "uniform": singles, "points": points, "asked": A48_POINTS, "holds": points >= A48_POINTS}


def measure_lengths_of(vectors: Vectors, weight: F32, half: int) -> Rates:
    """Rates from 5 to 129 bytes a row."""
    specs = [RESIDUAL[0], RESIDUAL[1], FEW[0], FEW[1], FEW[2], ROTATED[2], {"codec": "int8"}]
    return measure_rates(vectors, [from_spec(spec) for spec in specs], weight=weight, sample=half)


def run_stopping() -> list[dict]:
    """Rows of several lengths against rows of one length, all from one set of codebooks of 16 levels; agreement with the exact lists."""
    rng = np.random.default_rng(0)
    text = datasets.text()
    text = text[np.sort(rng.choice(len(text), TEXT_ROWS, replace=False))]
    book, users, _ = factor_set("amazon_book", "als128")
    rows = []
    for name, vectors, queries in (("text132k", as_vectors(text), None), ("amazon_book", book, users[:TEXT_QUERIES])):
        asked = np.sort(rng.choice(vectors.count, TEXT_QUERIES, replace=False))
        mine = vectors.read()[asked] if queries is None else queries
        exclude = Rows.from_pairs(np.arange(TEXT_QUERIES), asked, TEXT_QUERIES) if queries is None else None
        exact = ExactSearcher(vectors).search(mine, DEPTH, exclude=exclude).rows
        rates = measure_lengths(vectors, from_spec(RESIDUAL[2]), sample=vectors.count // 2)
        for place, size in enumerate(rates.row_bytes):
            for how, choice in (("one length", np.full(vectors.count, place)), ("stopping", choose_rates(rates, float(size)))):
                found = Aligned(Searcher(coded(vectors, rates, choice)), vectors.ids).search(mine, DEPTH, exclude=exclude).rows
                agreement = {f"overlap@{k}": float(np.nanmean(overlap(found[:, :k], exact[:, :k]))) for k in (10, DEPTH)}
                rows.append({"data": name, "rows": vectors.count, "how": how, "row_bytes": float(rates.row_bytes[choice].mean()), **agreement})
                print(f"{name} {how:<10} {rows[-1]['row_bytes']:6.2f} B  " + "  ".join(f"{key} {value:.4f}" for key, value in agreement.items()), flush=True)
    return rows


def run_sharing() -> list[dict]:
    """Codebooks of each table alone against shared ones."""
    rng = np.random.default_rng(0)
    text = datasets.text()
    source = np.asarray(parquet.read_table(datasets.file_of("text132k_items.parquet"), columns=["source"])["source"]).astype(str)
    some = np.sort(rng.choice(len(text), TEXT_ROWS, replace=False))
    sources = {name: as_vectors(text[some][source[some] == name]) for name in np.unique(source)}
    book, users, _ = factor_set("amazon_book", "als128")
    rows = []
    eight = {"codec": "pq", "groups": 16}
    for name, tables, spec in (
        ("text132k by source", sources, eight),
        ("debian_deps by section", debian_sections(), {"codec": "pq", "groups": 8}),
        ("amazon_book users and items", {"users": as_vectors(users), "items": book}, eight),
    ):
        found = share(tables, from_spec(spec))
        rows.append({"data": name, **found.report()})
        print(f"{name}: {json.dumps(rows[-1])}", flush=True)
    return rows


def debian_sections() -> dict[str, Vectors]:
    """The items of debian_deps by archive section, sections of fewer than 300 left out."""
    with np.load(datasets.file_of("debian_deps_vectors_f16.npz"), allow_pickle=False) as arrays:
        items, place = arrays["als128_item"].astype(np.float32), arrays["item_row_in_50k"]
    section = np.asarray(parquet.read_table(datasets.file_of("debian50k_items.parquet"), columns=["section"])["section"]).astype(str)
    mine = np.where(place >= 0, section[np.maximum(place, 0)], "")
    names, count = np.unique(mine, return_counts=True)
    return {name: as_vectors(items[mine == name]) for name, size in zip(names, count, strict=True) if size >= 300 and name}


def say(row: dict) -> None:
    """One line a table."""
    for how in ("uniform", "tiers"):
        one = row[how]
        if one is None:
            print(f"{row['data']:<24} tiers    {row['why']}", flush=True)
            continue
        loss = one["ndcg@10"]
        buckets = " ".join(f"{name} {part['drop']:+.1%}" for name, part in one["buckets"].items() if part["drop"] is not None)
        figures = f"{one['row_bytes']:6.2f} B ({one['with_codebooks']:6.2f})  ndcg@10 {-loss['drop']:+.2%} [{-loss['high']:+.2%}, {-loss['low']:+.2%}]"
        print(f"{row['data']:<24} {how:<8} {figures}  overlap@10 {one['overlap@10']:.4f}  losses: {buckets}", flush=True)


def show_deciles(rows: list[dict]) -> None:
    """Precision by exposure: the tenth of the rows that is shown most, first."""
    sheet = Sheet(title="bytes a row (relative error) by exposure, most shown tenth first")
    for title in ("data", *(str(number) for number in range(1, 11))):
        sheet.add_column(title, justify="right")
    for row in rows:
        if row["tiers"] is not None:
            sheet.add_row(row["data"], *(f"{one['row_bytes']:.0f} ({one['error']:.2f})" for one in row["tiers"]["deciles"]))
    Console(width=200).print(sheet)


def main(asked: list[str]) -> None:
    path = datasets.RESULTS / "adaptive.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    if not asked or "tiers" in asked:
        found["tiers"] = run_tiers()
        found["mix"] = run_mix()
        show_deciles(found["tiers"])
    if not asked or "stopping" in asked:
        found["stopping"] = run_stopping()
    if not asked or "sharing" in asked:
        found["sharing"] = run_sharing()
    path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

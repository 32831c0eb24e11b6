"""Adaptive rate: rows of several sizes against rows of one size in the same bytes, and codebooks that tables share.

    python benchmarks/adaptive.py [tiers] [stopping] [sharing]          all by default; `table` only writes the page again

tiers: five factor sets at 17 and 33 bytes a row. Codecs are fitted on a random half of the rows; the codec of one size, exposure weights and the guard come
from one half of the users, every figure from the other half. stopping: residual codes of 16 levels, rows of fewer levels beside them, on text132k (40,000 rows)
and amazon_book. sharing: text132k by source, debian_deps by section, users and items of amazon_book; asked with rows that were not fitted.
Prints tables and writes benchmarks/results/adaptive.json and adaptive.md.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402
import pyarrow.parquet as parquet  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold.adaptive.stopping import measure_lengths  # noqa: E402
from rankfold.adaptive.tiers import choose_rates, coded  # noqa: E402
from rankfold.arrays import F32, row_norms  # noqa: E402
from rankfold.codec import Codec, inner_of  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.compression import compress, norms_vary  # noqa: E402
from rankfold.evaluate import ExactSearcher, compare, compare_parts  # noqa: E402
from rankfold.evaluate.fidelity import overlap  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.search import Aligned, Rows, Searcher  # noqa: E402
from rankfold.table import Table  # noqa: E402
from rankfold.tune.choose import best_of, judge  # noqa: E402
from rankfold.tune.evidence import Evidence, user_evidence  # noqa: E402
from rankfold.tune.ladder import tiered  # noqa: E402
from rankfold.tune.measure import Point, measure  # noqa: E402
from rankfold.tune.sharing import share  # noqa: E402
from rankfold.tune.shortlist import shortlist  # noqa: E402
from rankfold.tune.tiering import tier  # noqa: E402
from rankfold.vectors import Vectors, as_vectors  # noqa: E402

USERS = 800
# Heavier ones lose to light codecs by their bytes alone; learned rotations take as long to fit as all the rest.
MOST_BOOKS = 0.5
SETS = (("amazon_book", "als128"), ("anime", "als128"), ("anime", "elsa256"), ("debian_deps", "als128"), ("debian_deps", "elsa256"))
SIZES = (17, 33)
TEXT_ROWS, TEXT_QUERIES, DEPTH = 40_000, 400, 100
STOPPED = (4, 8, 12)
LEVELS = {"codec": "residual", "levels": 16, "refits": 2}
MIX, MIX_AGAINST, MIX_POINTS = 14, 16, 1.7
SHARED_LIMIT = 0.005


def factor_set(name: str, kind: str) -> tuple[Vectors, F32, Interactions]:
    """Items, users and events of one set; elsa users are the sums of their train items' rows."""
    found = datasets.factors(name, kind)
    return as_vectors(found.items, zero_rows="keep"), found.users, Interactions(found.user, found.item, None, None, found.split)


def uniform_table(vectors: Vectors, size: int, evidence: Evidence) -> Table:
    """The best table of one size: a trellis and the light codecs of the short list, fitted on half of the rows, chosen on the choosing half of the users."""
    listed = shortlist(vectors.dim, size, rows=vectors.count, norms_vary=norms_vary(vectors.read()))
    codecs = [from_spec({"codec": "trellis", "bytes": size}), *(one for one in listed if is_light(one, vectors, size))]
    tables = [compress(vectors, one, weight=evidence.weight, sample=vectors.count // 2) for one in codecs]
    return tables[best_of([judge(table, evidence) for table in tables])]


def is_light(one: Codec, vectors: Vectors, size: int) -> bool:
    """Whether the codec fits in seconds: codebooks of at most half the bytes of the codes, no rotation learned."""
    inner = inner_of(one) or one
    books = {"residual": 512 * vectors.dim * size, "pq": 512 * vectors.dim}.get(inner.name, 0)
    return books <= MOST_BOOKS * size * vectors.count and getattr(inner, "rotation", "") != "learned"


def deciles(table: Table, vectors: Vectors, weight: F32) -> list[dict]:
    """Bytes a row and relative error of the rows by how often they are shown, the most shown tenth first."""
    x, rows = vectors.read(), table.row_of(vectors.ids)
    lengths = row_norms(x)
    size = np.concatenate([np.full(segment.count, segment.codec.row_bytes(table.dim)) for segment in table.segments])[rows]
    error = row_norms(table.decode(rows) - x) / np.where(lengths > 0, lengths, 1)
    parts = np.array_split(np.argsort(-weight, kind="stable"), 10)
    return [{"row_bytes": float(size[part].mean()), "error": float(error[part].mean())} for part in parts]


def pointed(table: Table, vectors: Vectors, evidence: Evidence) -> Point:
    return measure(table, evidence, evidence.report, ids=vectors.ids, timed=False)


def told(point: Point, table: Table, vectors: Vectors, evidence: Evidence) -> dict:
    """Bytes, quality, fidelity and buckets on the reporting half of the users."""
    parts = point.parts
    return {
        "code": point.name,
        "sizes": [[one.codec.row_bytes(table.dim), one.count] for one in table.segments],
        "row_bytes": (parts["codes"] + parts["scales"]) / table.count,
        "with_codebooks": (parts["codes"] + parts["scales"] + parts["codebooks"]) / table.count,
        "ndcg@10": point.losses["ndcg@10"].to_dict(),
        "overlap@10": point.fidelity["overlap@10"].mean,
        "buckets": {name: loss.to_dict() for name, loss in point.buckets.items()},
        "deciles": deciles(table, vectors, evidence.weight),
    }


def paired(uniform: Point, mixed: Point) -> dict:
    """What the mix loses against one size, same users: NDCG@10, and recall@10 of each bucket; a bucket collapses when the whole interval is a loss."""
    buckets = {name: losses["recall@10"].to_dict() for name, losses in compare_parts(uniform.after, mixed.after).items() if "recall@10" in losses}
    return {"ndcg@10": compare(uniform.after, mixed.after)["ndcg@10"].to_dict(), "buckets": buckets}


def run_tiers() -> list[dict]:
    """One size against tiers on every set, both sizes."""
    rows = []
    for name, kind in SETS:
        vectors, users, events = factor_set(name, kind)
        evidence = user_evidence(vectors, users, events, sample=USERS)
        for size in SIZES:
            start = time.process_time()
            uniform = uniform_table(vectors, size, evidence)
            before = pointed(uniform, vectors, evidence)
            middle = time.process_time()
            found = tier(vectors, uniform, evidence, weight=evidence.weight, sample=vectors.count // 2)
            row = {"data": f"{name} {kind}", "size": size, "uniform": told(before, uniform, vectors, evidence), "why": found.why, "tiers": None}
            row |= {"uniform_s": middle - start, "tiers_s": time.process_time() - middle, "trials": len(found.trials) - 1}
            if found.table is not None:
                after = pointed(found.table, vectors, evidence)
                row |= {"tiers": told(after, found.table, vectors, evidence), "against_uniform": paired(before, after)}
            row["better"] = found.table is not None and better(row)
            rows.append(row)
            say(row)
            keep(tiers=rows)
    return rows


def better(row: dict) -> bool:
    """Whether tiers beat one size: more of the exact lists, no more bytes, no lower NDCG@10 beyond chance."""
    uniform, tiers, loss = row["uniform"], row["tiers"], row["against_uniform"]["ndcg@10"]
    fits = tiers["with_codebooks"] <= uniform["with_codebooks"] + 1e-9
    return bool(fits and tiers["overlap@10"] > uniform["overlap@10"] and not (loss["low"] or 0) > 0)


def run_mix() -> dict:
    """Rows of 14 bytes in the mean against rows of 16 bytes on anime: points of NDCG@10, and whether a bucket's recall falls."""
    vectors, users, events = factor_set("anime", "als128")
    evidence = user_evidence(vectors, users, events, sample=USERS)
    uniform = uniform_table(vectors, MIX_AGAINST, evidence)
    mixed = tiered(vectors, float(MIX), weight=evidence.weight, sample=vectors.count // 2)
    before, after = pointed(uniform, vectors, evidence), pointed(mixed, vectors, evidence)
    against = paired(before, after)
    points = -100 * against["ndcg@10"]["drop"] * before.losses["ndcg@10"].after / before.losses["ndcg@10"].before
    kept = all((loss["low"] or 0) <= 0 for loss in against["buckets"].values())
    row = {"data": "anime als128, 14 B mix", "size": MIX_AGAINST, "uniform": told(before, uniform, vectors, evidence), "why": f"{points:.1f} points"}
    row |= {"tiers": told(after, mixed, vectors, evidence), "against_uniform": against, "points": points, "asked": MIX_POINTS, "buckets_kept": kept}
    say(row)
    return row | {"holds": bool(points >= MIX_POINTS and kept)}


def run_stopping() -> list[dict]:
    """Rows of several lengths against rows of one length, all from one set of codebooks of 16 levels; agreement with the exact lists."""
    rng = np.random.default_rng(0)
    text = datasets.text()
    text = text[np.sort(rng.choice(len(text), TEXT_ROWS, replace=False))]
    book, users, _ = factor_set("amazon_book", "als128")
    rows = []
    for name, vectors, queries in (("text132k, 40,000 rows", as_vectors(text), None), ("amazon_book", book, users[:TEXT_QUERIES])):
        asked = np.sort(rng.choice(vectors.count, TEXT_QUERIES, replace=False))
        mine = vectors.read()[asked] if queries is None else queries
        exclude = Rows.from_pairs(np.arange(TEXT_QUERIES), asked, TEXT_QUERIES) if queries is None else None
        exact = ExactSearcher(vectors).search(mine, DEPTH, exclude=exclude).rows
        rates = measure_lengths(vectors, from_spec(LEVELS), sample=vectors.count // 2)
        one, several = [], []
        for place, size in enumerate(rates.row_bytes):
            one.append(agreement(coded(vectors, rates, np.full(vectors.count, place)), vectors, mine, exact, exclude))
            if size - rates.row_bytes[0] + 2 in STOPPED:
                several.append(agreement(coded(vectors, rates, choose_rates(rates, float(size))), vectors, mine, exact, exclude))
        for found in several:
            same = float(np.interp(found["overlap@100"], [point["overlap@100"] for point in one], [point["row_bytes"] for point in one]))
            saved = 1 - found["row_bytes"] / same
            rows.append({"data": name, "rows": vectors.count, **found, "one_length_bytes_of_same_overlap": same, "saved": saved})
            print(f"{name:<22} stopping {found['row_bytes']:6.2f} B overlap@100 {found['overlap@100']:.4f}; one length needs {same:.2f} B ({saved:+.1%})")
        rows.append({"data": name, "rows": vectors.count, "one_length": one})
    return rows


def agreement(table: Table, vectors: Vectors, queries: F32, exact: np.ndarray, exclude: Rows | None) -> dict:
    """Mean bytes a row, and the shares of the exact lists of 10 and 100 that are found."""
    found = Aligned(Searcher(table), vectors.ids).search(queries, DEPTH, exclude=exclude).rows
    size = sum(segment.count * segment.codec.row_bytes(table.dim) for segment in table.segments) / table.count
    return {"row_bytes": size} | {f"overlap@{k}": float(np.nanmean(overlap(found[:, :k], exact[:, :k]))) for k in (10, DEPTH)}


def run_sharing() -> list[dict]:
    """Codebooks of each table alone against shared ones."""
    rng = np.random.default_rng(0)
    text = datasets.text()
    source = np.asarray(parquet.read_table(datasets.file_of("text132k_items.parquet"), columns=["source"])["source"]).astype(str)
    some = np.sort(rng.choice(len(text), TEXT_ROWS, replace=False))
    sources = {name: as_vectors(text[some][source[some] == name]) for name in np.unique(source)}
    book, users, _ = factor_set("amazon_book", "als128")
    rows = []
    for name, tables, spec in (
        ("text132k by source", sources, {"codec": "pq", "groups": 48}),
        ("text132k by source", sources, {"codec": "trellis", "bytes": 32, "rotation": "pca"}),
        ("debian_deps by section", debian_sections(), {"codec": "trellis", "bytes": 32, "rotation": "pca"}),
        ("amazon_book users and items", {"users": as_vectors(users, zero_rows="keep"), "items": book}, {"codec": "trellis", "bytes": 32, "rotation": "pca"}),
    ):
        found = share(tables, from_spec(spec), limit=SHARED_LIMIT).report()
        most = max(part["loss"] for part in found["overlap@10"].values())
        rows.append({"data": name, "codec": spec["codec"], "rows": {key: one.count for key, one in tables.items()}, **found, "most_lost": most})
        print(f"{name:<28} {spec['codec']:<8} {len(tables)} tables, {found['saved']:.0%} of {found['own_bytes']} codebook bytes saved, most lost {most:+.4f}")
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
            print(f"{row['data']:<24} {row['size']} tiers    {row['why']}", flush=True)
            continue
        loss = one["ndcg@10"]
        buckets = " ".join(f"{name} {part['drop']:+.1%}" for name, part in one["buckets"].items() if part["drop"] is not None)
        figures = f"{one['row_bytes']:6.2f} B ({one['with_codebooks']:6.2f})  ndcg@10 {-loss['drop']:+.2%} [{-loss['high']:+.2%}, {-loss['low']:+.2%}]"
        print(f"{row['data']:<24} {row['size']} {how:<8} {figures}  overlap@10 {one['overlap@10']:.4f}  recall losses: {buckets}  {one['sizes']}", flush=True)


def show_deciles(rows: list[dict]) -> None:
    """Precision by exposure: the tenth of the rows that is shown most, first."""
    sheet = Sheet(title="bytes a row (relative error) by exposure, most shown tenth first")
    for title in ("data", *(str(number) for number in range(1, 11))):
        sheet.add_column(title, justify="right")
    for row in rows:
        if row["tiers"] is not None:
            sheet.add_row(f"{row['data']} {row['size']}", *(f"{one['row_bytes']:.0f} ({one['error']:.2f})" for one in row["tiers"]["deciles"]))
    Console(width=200).print(sheet)


def write_table() -> None:
    """The results as a page beside the results file."""
    found = json.loads((datasets.RESULTS / "adaptive.json").read_text())
    head = "| Set | Asked | Code | B a row | with codebooks | NDCG@10 against float32 (95 %) | overlap@10 | recall@10 head, mid, tail | Tiers: rows x bytes |"
    lines = [
        "# Adaptive rate, measured",
        "",
        "By `python benchmarks/adaptive.py`; fitted on half of the rows, chosen on half of the users, measured on the other half.",
        "",
    ]
    lines += ["## One size against tiers", "", head, "|---|---|---|---|---|---|---|---|---|"]
    for row in [*found.get("tiers", []), found["mix"]]:
        lines += [table_line(row, how) for how in ("uniform", "tiers")]
    lines += [
        "",
        "## Bytes a row (relative error) by exposure, most shown tenth first",
        "",
        f"| Set | {' | '.join(map(str, range(1, 11)))} |",
        "|---" * 11 + "|",
    ]
    for row in found.get("tiers", []):
        if row["tiers"] is not None:
            lines.append(
                f"| {row['data']} {row['size']} | " + " | ".join(f"{one['row_bytes']:.0f} ({one['error']:.2f})" for one in row["tiers"]["deciles"]) + " |"
            )
    lines += ["", "## Rows that stop early", "", "| Set | B a row | overlap@100 | bytes of one length for that | saved |", "|---|---|---|---|---|"]
    for row in found.get("stopping", []):
        if "saved" in row:
            same = row["one_length_bytes_of_same_overlap"]
            lines.append(f"| {row['data']} | {row['row_bytes']:.2f} | {row['overlap@100']:.4f} | {same:.2f} | {row['saved']:+.1%} |")
    lines += ["", "## Shared codebooks", "", "| Tables | Codec | Count | Groups | Codebook bytes saved | Most overlap@10 lost |", "|---|---|---|---|---|---|"]
    for row in found.get("sharing", []):
        lines.append(f"| {row['data']} | {row['codec']} | {len(row['rows'])} | {len(row['groups'])} | {row['saved']:.0%} | {row['most_lost']:.4f} |")
    (datasets.RESULTS / "adaptive.md").write_text("\n".join(lines) + "\n")


def table_line(row: dict, how: str) -> str:
    """One line of the page."""
    one = row[how]
    if one is None:
        return f"| {row['data']} | {row['size']} | {how}: refused | | | | | | |"
    loss = one["ndcg@10"]
    buckets = ", ".join(f"{-part['drop']:+.1%}" for part in one["buckets"].values() if part["drop"] is not None)
    figures = f"{-loss['drop']:+.1%} ({-loss['high']:+.1%} to {-loss['low']:+.1%}) | {one['overlap@10']:.3f} | {buckets}"
    sizes = ", ".join(f"{count} x {size}" for size, count in one["sizes"])
    return f"| {row['data']} | {row['size']} | {how} | {one['row_bytes']:.2f} | {one['with_codebooks']:.2f} | {figures} | {sizes} |"


def keep(**found: object) -> None:
    """Put these parts into the results file; other parts stay."""
    path = datasets.RESULTS / "adaptive.json"
    whole = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(whole | found, indent=1) + "\n")


def main(asked: list[str]) -> None:
    if not asked or "tiers" in asked:
        mix = run_mix()
        tiers = run_tiers()
        won = {row["data"] for row in tiers if row["size"] == SIZES[0] and row["better"]}
        keep(mix=mix, tiers=tiers, sets_won=sorted(won))
        show_deciles(tiers)
        print(f"tiers beat one size at {SIZES[0]} bytes on {len(won)} of {len(SETS)} sets; the {MIX}-byte mix gains {mix['points']:.1f} points")
    if not asked or "stopping" in asked:
        keep(stopping=run_stopping())
    if not asked or "sharing" in asked:
        keep(sharing=run_sharing())
    write_table()


if __name__ == "__main__":
    main(sys.argv[1:])

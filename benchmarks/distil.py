"""What teaching a table gains on users that it never met, and what each term of the loss is worth.

    python benchmarks/distil.py [users] [students] [terms] [whole] [pruning] [neighbours] [WORD...]

All parts by default, on all sets; words choose among them: `users amazon_book 8B 500users`. Figures that are not measured again stay as they are.

users: factors at 8 and 16 bytes a row. Codebooks are fitted on a random half of the rows with exposure weights and code all of them; then 500, 2,000 or all
users teach (users to report on are never among them, labels are never seen). "held-out rows": only that half of the rows is taught, the other half is coded
with the taught codebooks. students: a quarter of the dimensions in int8, taught against principal axes. terms: the table with each term left out or added,
80 steps each, 1,000 users. whole: codebooks that were fitted on all rows, 150 steps. pruning: dimensions left out and the rest taught, in one round and two,
150 steps. neighbours: 4,000 of the debian50k texts learn to find their ten nearest, 60 steps, and others ask. Gains are paired over the reported queries.
Prints tables; writes results/distil.json, which docs/taught.py puts into docs/distil.md.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from dataclasses import dataclass  # noqa: E402

import datasets  # noqa: E402
import numpy as np  # noqa: E402

from rankfold.codec import describe  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.compression import compress, fit  # noqa: E402
from rankfold.distillation import Distilled, Terms, ablation, distil, prune, student  # noqa: E402
from rankfold.evaluate import ExactSearcher, Report, Split, Task, baseline, compare, compare_parts, evaluate  # noqa: E402
from rankfold.evaluate.fidelity import overlap  # noqa: E402
from rankfold.evaluate.intervals import mean_of  # noqa: E402
from rankfold.fitting.exposure import exposure  # noqa: E402
from rankfold.interactions import Interactions  # noqa: E402
from rankfold.search import Rows, Searcher  # noqa: E402
from rankfold.table import Segment, Table, encode_rows  # noqa: E402
from rankfold.vectors import Vectors, as_vectors  # noqa: E402

SETS = (("anime", "als128"), ("anime", "elsa256"), ("debian_deps", "als128"), ("debian_deps", "elsa256"), ("amazon_book", "als128"))
ROW_BYTES = (8, 16)
REPORTED = 2_000
TEACHERS = (2_000, 500, 100_000, None)  # None: the fitted half of the rows alone is taught

METRICS = ("ndcg@10", "recall@10")
TEXT_ROWS, TEXT_QUERIES = 4_000, 1_000
KEPT = (0.25, 0.5, 0.75, 0.875)
WHOLE_TERMS = {"lists and rows": Terms(), "rows alone": Terms(lists=0), "and neighbours": Terms(neighbours=1.0)}
ITEM_TERMS = {
    "lists and rows": Terms(),
    "rows alone": Terms(lists=0),
    "contrast and rows": Terms(lists=0, contrast=1.0),
    "triplet and rows": Terms(lists=0, triplet=1.0),
}


Chosen = Callable[..., bool]


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """One set: its rows, users who may teach and what they have seen, the task of the others and the report of the exact rows on it, exposure weights."""

    name: str
    items: Vectors
    users: np.ndarray
    seen: Rows
    task: Task
    before: Report
    weight: np.ndarray


def world_of(name: str, model: str) -> World:
    data = datasets.factors(name, model)
    order = np.random.default_rng(99).permutation(len(data.users))
    reported, others = np.sort(order[:REPORTED]), np.sort(order[REPORTED:])
    train, valid, test = (data.split == part for part in range(3))
    whole = Task.from_interactions(data.users, Interactions(data.user, data.item), Split(train, valid, test, "given"), rows=len(data.items))
    part = whole.take(reported)
    task = Task(part.queries, part.relevant, part.seen, popularity=np.bincount(data.item[train], minlength=len(data.items)))
    items = as_vectors(data.items, zero_rows="keep")
    seen = whole.take(others).seen or Rows.empty(len(others))
    weight = exposure(data.users[others], items, exclude=seen)
    return World(data.name if model != "als128" else f"{name} {model}", items, data.users[others], seen, task, baseline(items, task, metrics=METRICS), weight)


def codec_of(world: World, row_bytes: int) -> dict:
    """Residual codes of so many bytes in all: a byte for the length where lengths vary."""
    lengths = np.linalg.norm(world.items.read(), axis=1)
    if np.ptp(lengths) > 1e-2 * lengths.max():
        return {"codec": "normed", "inner": {"codec": "residual", "levels": row_bytes - 1}}
    return {"codec": "unit", "inner": {"codec": "residual", "levels": row_bytes}}


def of_rows(world: World, rows: np.ndarray) -> tuple[Vectors, Rows]:
    """Some rows as vectors of their own, and what users have seen of them under their new numbers."""
    number = np.full(world.items.count, -1)
    number[rows] = np.arange(rows.size)
    kept = world.seen.where(number[world.seen.values] >= 0)
    return as_vectors(world.items.read()[rows], zero_rows="keep"), Rows(kept.starts, number[kept.values])


def report(world: World, table: Table) -> Report:
    return evaluate(Searcher(table), world.task, metrics=METRICS, baseline=world.before)


def figures(world: World, before: Report, after: Report) -> dict[str, object]:
    """Both against the exact rows, and the gain of one over the other."""
    gain = compare(before, after)["ndcg@10"]
    buckets = {}
    for name in after.buckets:
        old, new = (compare_parts(world.before, one)[name]["recall@10"] for one in (before, after))
        buckets[name] = {"kept_before": 1 - old.drop, "kept_after": 1 - new.drop, "n": new.n}
    drops = [compare(world.before, one)["ndcg@10"] for one in (before, after)]
    base = drops[0].before
    return {
        "ndcg@10_exact": base,
        "ndcg@10_drop_before": drops[0].to_dict(),
        "ndcg@10_drop_after": drops[1].to_dict(),
        "ndcg@10_points_kept_gained": [100 * (gain.before / base) * -one for one in (gain.drop, gain.high, gain.low)],
        "overlap@10_before": before.fidelity.means()["overlap@10"].mean,
        "overlap@10_after": after.fidelity.means()["overlap@10"].mean,
        "buckets": buckets,
    }


def say(label: str, row: dict) -> None:
    points = row["ndcg@10_points_kept_gained"]
    kept = [100 * (1 - row[name]["drop"]) for name in ("ndcg@10_drop_before", "ndcg@10_drop_after")]
    buckets = " ".join(f"{name} {100 * one['kept_before']:.0f}>{100 * one['kept_after']:.0f}" for name, one in row["buckets"].items())
    sys.stdout.write(
        f"{label:<52} overlap@10 {row['overlap@10_before']:.3f} > {row['overlap@10_after']:.3f}  ndcg@10 kept {kept[0]:5.1f} > {kept[1]:5.1f} % "
        f"({points[0]:+.1f} [{points[1]:+.1f}, {points[2]:+.1f}])  recall kept {buckets}  {'' if row['adopted'] else 'NOT ADOPTED '}{row['seconds']:.0f} s\n"
    )
    sys.stdout.flush()


def half_fitted(world: World, spec: dict) -> tuple[Table, np.ndarray]:
    """All rows, coded by what was fitted on a random half of them; and the rows of that half."""
    rows = np.sort(np.random.default_rng(0).permutation(world.items.count)[: world.items.count // 2])
    part = as_vectors(world.items.read()[rows], zero_rows="keep")
    fitted = fit(part, from_spec(spec), weight=world.weight[rows], sample=rows.size, norms="raw")
    return coded(world, fitted.codec, fitted.state), rows


def coded(world: World, codec: object, state: dict) -> Table:
    codes = Codes(encode_rows(codec, state, world.items.read()))
    return Table(world.items.dim, False, world.items.ids, (Segment(codec, state, codes, 0),))


def run_users(chosen: Chosen) -> Iterator[dict]:
    """The figures that matter most first: 2,000 users on every set at 8 bytes."""
    for row_bytes in ROW_BYTES:
        for teachers in TEACHERS:
            for name, model in SETS:
                if not chosen(name, model, f"{row_bytes}B", f"{teachers}users"):
                    continue
                world = world_of(name, model)
                start, half = half_fitted(world, codec_of(world, row_bytes))
                before = report(world, start)
                if teachers is None:
                    row = held_out_rows(world, start, before, half)
                else:
                    began = time.perf_counter()
                    taught = distil(start, world.items, world.users, seen=world.seen, sample=teachers)
                    row = outcome(world, before, taught, time.perf_counter() - began)
                row |= {"data": world.name, "codec": describe(start.segments[0].codec), "row_bytes": row_bytes, "users": teachers}
                say(f"{world.name} {row_bytes} B, {'held-out rows' if teachers is None else f'at most {teachers} users'}", row)
                yield row


def outcome(world: World, before: Report, taught: Distilled, spent: float) -> dict:
    found = {**figures(world, before, report(world, taught.table)), "adopted": taught.adopted, "why": taught.why, "seconds": spent}
    return {**found, "teaching": taught.to_dict()}


def held_out_rows(world: World, start: Table, before: Report, half: np.ndarray) -> dict:
    """Teach the fitted half of the rows alone, then code all rows anew with the taught codebooks."""
    (segment,) = start.segments
    vectors, seen = of_rows(world, half)
    part = Table(start.dim, False, vectors.ids, (Segment(segment.codec, segment.state, segment.codes.rows(half), 0),))
    began = time.perf_counter()
    taught = distil(part, vectors, world.users, seen=seen)
    spent = time.perf_counter() - began
    whole = coded(world, segment.codec, taught.table.segments[0].state)
    return {**figures(world, before, report(world, whole)), "adopted": taught.adopted, "why": taught.why, "seconds": spent}


def run_students(chosen: Chosen) -> Iterator[dict]:
    for name, model in SETS:
        if not chosen(name, model):
            continue
        world = world_of(name, model)
        dims = world.items.dim // 4
        plain = compress(world.items, from_spec({"codec": "reduced", "dims": dims, "inner": {"codec": "int8"}}), weight=world.weight)
        for label, terms in (("lists and rows", Terms()), ("and directions", Terms(directions=1.0))):
            began = time.perf_counter()
            taught = student(world.items, dims, world.users, seen=world.seen, terms=terms)
            spent = time.perf_counter() - began
            row = {"data": world.name, "dims": dims, "terms": label, **outcome(world, report(world, plain), taught, spent)}
            say(f"{world.name} {dims} of {world.items.dim} dims, {label}", row)
            yield row


def run_terms(chosen: Chosen) -> Iterator[dict]:
    for name, model in (("anime", "als128"), ("debian_deps", "elsa256")):
        if not chosen(name, model):
            continue
        world = world_of(name, model)
        start, _ = half_fitted(world, codec_of(world, 8))
        before = report(world, start)
        for one in ablation(start, world.items, world.users, seen=world.seen, sample=1_000, steps=80):
            row = {"data": world.name, "terms": one.name, **outcome(world, before, one.result, 0.0)}
            say(f"{world.name} 8 B, {one.name}", row)
            yield row


def run_whole(chosen: Chosen) -> Iterator[dict]:
    """Codebooks that were fitted on all rows have seen them already: what lists add to that."""
    for name, model in (("anime", "als128"), ("amazon_book", "als128")):
        for label, terms in WHOLE_TERMS.items():
            if not chosen(name, label):
                continue
            world = world_of(name, model)
            start = compress(world.items, from_spec(codec_of(world, 8)), weight=world.weight, norms="raw")
            began = time.perf_counter()
            taught = distil(start, world.items, world.users, seen=world.seen, sample=2_000, terms=terms, steps=150)
            row = {"data": world.name, "terms": label, **outcome(world, report(world, start), taught, time.perf_counter() - began)}
            say(f"{world.name} 8 B fitted on all rows, {label}", row)
            yield row


def run_pruning(chosen: Chosen) -> Iterator[dict]:
    """Dimensions left out in one round and in two, against `pruned` as it is fitted without teaching."""
    for name in ("anime", "amazon_book"):
        for share in KEPT:
            if not chosen(name, f"{share}"):
                continue
            world = world_of(name, "als128")
            keep = int(world.items.dim * share)
            plain = report(world, compress(world.items, from_spec({"codec": "pruned", "keep": keep}), weight=world.weight))
            for rounds in (1, 2):
                began = time.perf_counter()
                taught = prune(world.items, keep, world.users, seen=world.seen, sample=2_000, rounds=rounds, steps=150)
                row = {"data": world.name, "dims": keep, "terms": f"{rounds} rounds", **outcome(world, plain, taught, time.perf_counter() - began)}
                say(f"{world.name} {keep} of {world.items.dim} dims kept, {rounds} rounds", row)
                yield row


def run_neighbours(chosen: Chosen) -> Iterator[dict]:
    """Text rows learn to find their neighbours; rows that are not in the table ask, so that none of them took part."""
    with np.load(datasets.file_of("debian50k_minilm_f16.npz"), allow_pickle=False) as arrays:
        x = arrays["x"].astype(np.float32)
    order = np.random.default_rng(0).permutation(len(x))[: TEXT_ROWS + TEXT_QUERIES]
    held, queries = x[np.sort(order[:TEXT_ROWS])], x[np.sort(order[TEXT_ROWS:])]
    vectors = as_vectors(held)
    exact = ExactSearcher(vectors).search(queries, 10).rows
    half = np.sort(np.random.default_rng(1).permutation(TEXT_ROWS)[: TEXT_ROWS // 2])
    fitted = fit(as_vectors(held[half]), from_spec({"codec": "unit", "inner": {"codec": "residual", "levels": 8}}), sample=half.size, norms="raw")
    codes = Codes(encode_rows(fitted.codec, fitted.state, held))
    start = Table(x.shape[1], False, vectors.ids, (Segment(fitted.codec, fitted.state, codes, 0),))
    before = overlap(Searcher(start).search(queries, 10).rows, exact)
    for label, terms in ITEM_TERMS.items():
        if not chosen(label):
            continue
        began = time.perf_counter()
        taught = distil(start, vectors, terms=terms, steps=60, sample=1_500)
        after = overlap(Searcher(taught.table).search(queries, 10).rows, exact)
        gain = mean_of(after - before, lowest=-1.0)
        row = {"data": "debian50k text", "row_bytes": 8, "terms": label, "recall@10": [float(before.mean()), float(after.mean())], "gain": gain.to_dict()}
        row |= {"adopted": taught.adopted, "teaching": taught.to_dict(), "seconds": time.perf_counter() - began}
        sys.stdout.write(
            f"debian50k text, {TEXT_ROWS} rows, 8 B, {label:<16} recall@10 of unseen queries {before.mean():.4f} > {after.mean():.4f} "
            f"({100 * gain.mean:+.2f} [{100 * gain.low:+.2f}, {100 * gain.high:+.2f}])  {'' if taught.adopted else 'NOT ADOPTED '}{row['seconds']:.0f} s\n"
        )
        sys.stdout.flush()
        yield row


PARTS = {"users": run_users, "students": run_students, "terms": run_terms, "whole": run_whole, "pruning": run_pruning, "neighbours": run_neighbours}


def main() -> None:
    parts = [word for word in sys.argv[1:] if word in PARTS]
    wanted = [word for word in sys.argv[1:] if word not in PARTS]
    path = datasets.RESULTS / "distil.json"
    for part in parts or PARTS:
        for row in PARTS[part](lambda *words: all(word in words for word in wanted)):
            held = json.loads(path.read_text()) if path.exists() else {}
            kept = [one for one in held.get(part, []) if key_of(one) != key_of(row)]
            path.write_text(json.dumps(held | {part: [*kept, row]}, indent=1) + "\n")


def key_of(row: dict) -> tuple:
    """What a row is the figure of: measured again, it takes the place of the old one."""
    return tuple(row.get(name) for name in ("data", "row_bytes", "users", "terms", "codec", "dims"))


if __name__ == "__main__":
    main()

"""Search in lists beside exhaustive search and faiss's IVF-PQ fast scan with refinement.

    python benchmarks/partitions.py build       fits and codes everything into a folder for temporary files; hours on a busy machine, once
    python benchmarks/partitions.py             searches only: under three minutes on two idle cores

Rows: real ones drawn with replacement, Gaussian noise of a fifth of their length added (real rows are too few). Text: text132k, 384 dimensions, as in
benchmarks/layered.py; queries are rows of text132k. Factors: ALS items of amazon_book, 128 dimensions, scored by inner product for its users. Half of the
queries choose the number of probes, the other half give the figures.
Bars. Text, a million rows, 48 bytes: with at least 95 % of the exact list over the codes at least 8 times the queries a second of the exhaustive scan, and 1.5
times those of faiss at equal bytes and no less of the exact lists of the rows. Factors, ten million rows of 17 bytes: top 100 in under 10 ms p99 on two threads
at 95 % of the exact list over the codes. Prints tables and writes benchmarks/results/partitions.json; ratios are of medians of rounds in turns.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import datasets  # noqa: E402
import faiss  # noqa: E402
import numpy as np  # noqa: E402
from layered import agreement, exact_lists  # noqa: E402
from partitionpeer import SPLITS, peer, peer_search  # noqa: E402
from partitionsets import DEPTH, FOLDER, built, made  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table as Sheet  # noqa: E402

from rankfold import kernels  # noqa: E402
from rankfold.arrays import F32  # noqa: E402
from rankfold.codec import describe  # noqa: E402
from rankfold.search import PartitionSearcher, Searcher, choose_probes  # noqa: E402
from rankfold.table import Table  # noqa: E402

TEXT_ROWS = 1_000_000
FACTOR_ROWS = (100_000, 1_000_000, 10_000_000)
TARGET = 0.95
BATCH = 64
ROUNDS = 5
REFINED = (120, 160, 200, 300, 500)
FEW_PROBES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48)
PEER_PROBES = (2, 4, 8, 16, 32, 64)
PEER_REFINED = (200, 400, 800)
SHARE_BAR, PEER_BAR, P99_BAR = 8.0, 1.5, 10.0
Search = Callable[[F32], np.ndarray]


def singles(search: Search, queries: F32) -> np.ndarray:
    """Milliseconds of each query alone."""
    spans = []
    for row in range(len(queries)):
        start = time.perf_counter()
        search(queries[row : row + 1])
        spans.append(1000 * (time.perf_counter() - start))
    return np.array(spans)


def batched(search: Search, queries: F32) -> float:
    """Milliseconds a query in a batch."""
    start = time.perf_counter()
    search(queries)
    return 1000 * (time.perf_counter() - start) / len(queries)


def in_turns(searches: dict[str, Search], queries: F32, singly: int) -> dict[str, dict[str, float]]:
    """Milliseconds a query, alone (`singly` of them) and in batches: the median and range over ROUNDS rounds in turns; the first round is not counted."""
    alone: dict[str, list[float]] = {name: [] for name in searches}
    together: dict[str, list[float]] = {name: [] for name in searches}
    for turn in range(ROUNDS + 1):
        for name, search in searches.items():
            one, many = float(np.median(singles(search, queries[:singly]))), batched(search, queries[:BATCH])
            if turn:
                alone[name].append(one)
                together[name].append(many)
    return {
        name: {f"{kind}_{end}_ms": float(pick(spans[name])) for kind, spans in (("single", alone), ("batch", together)) for end, pick in ENDS}
        for name in searches
    }


ENDS = (("low", np.min), ("median", np.median), ("high", np.max))


def text() -> dict[str, object]:
    """A million rows of text: lists against the exhaustive scans and against faiss."""
    table, seconds = built("text", TEXT_ROWS)
    vectors, queries = made("text", TEXT_ROWS)
    choosing, judging = queries[::2], queries[1::2]
    true = exact_lists(vectors.read(), judging)
    exhaustive, coarse = Searcher(table, workers=1), Searcher(table, workers=1, refine=1000)
    exact = exhaustive.search(judging, DEPTH).rows
    choice = choose_probes(PartitionSearcher(table, probes=1, workers=1), choosing[:100], target=TARGET, k=DEPTH)
    lists = PartitionSearcher(table, probes=choice.probes, workers=1)
    refined = PartitionSearcher(table, probes=choice.probes, refine=REFINED[-1], workers=1)
    # Two levels lose a little of their own: more probes, until their lists hold the target on the choosing queries.
    known = exhaustive.search(choosing[:100], DEPTH).rows
    shares = ((probes, agreement(known, refined.search(choosing[:100], DEPTH, probes=probes).rows)) for probes in range(choice.probes, 4 * choice.probes, 4))
    two = next((probes for probes, share in shares if share >= TARGET + 0.005), 4 * choice.probes)
    searches: dict[str, Search] = {
        "every row, whole codes": lambda some: exhaustive.search(some, DEPTH).rows,
        "every row, two levels": lambda some: coarse.search(some, DEPTH).rows,
        f"{choice.probes} lists, whole codes": lambda some: lists.search(some, DEPTH).rows,
        f"{two} lists, two levels": lambda some: refined.search(some, DEPTH, probes=two).rows,
    }
    slow = {name: searches.pop(name) for name in list(searches)[:1]}
    times = in_turns(searches, judging, 60) | {name: _once(search, judging) for name, search in slow.items()}
    found = {}
    for name, search in (slow | searches).items():
        rows = search(judging)
        found[name] = times[name] | {"of_codes": agreement(exact, rows), "of_rows": agreement(true, rows)}
    return {
        "rows": TEXT_ROWS,
        "codec": describe(table.segments[0].codec),
        "lists": table.partition.lists,  # type: ignore[union-attr]
        "longest_of_mean": float(table.partition.lengths().max() / table.partition.lengths().mean()),  # type: ignore[union-attr]
        "seconds": seconds,
        "curve": [[one.probes, one.recall, one.low, one.high, one.rows_share] for one in choice.curve],
        "searches": found,
        "peers": beside_peers(table, judging, true),
    }


def _once(search: Search, queries: F32) -> dict[str, float]:
    """As `in_turns`, for what takes too long to be repeated: one round."""
    search(queries[:1])
    one, many = float(np.median(singles(search, queries[:10]))), batched(search, queries[:16])
    return {f"{kind}_{end}_ms": span for kind, span in (("single", one), ("batch", many)) for end, _ in ENDS}


def beside_peers(table: Table, queries: F32, true: np.ndarray) -> list[dict[str, object]]:
    """For faiss at each of its best settings: ours that finds no less of the exact lists of the rows, the fastest of a grid, timed in turns."""
    vectors, _ = made("text", TEXT_ROWS)
    grid = []
    for refine in REFINED:
        searcher = PartitionSearcher(table, probes=1, refine=refine, workers=1)
        for probes in FEW_PROBES:
            rows = searcher.search(queries, DEPTH, probes=probes).rows
            grid.append(
                (batched(lambda some, s=searcher, p=probes: s.search(some, DEPTH, probes=p).rows, queries[:BATCH]), agreement(true, rows), probes, searcher)
            )
    found = []
    for scanned, refining in SPLITS:
        index = peer(vectors, scanned, refining, FOLDER / f"text-{TEXT_ROWS}")
        for probes in PEER_PROBES:
            for refine in PEER_REFINED:
                share = agreement(true, peer_search(index, queries, DEPTH, probes, refine))
                span = batched(lambda some, i=index, p=probes, r=refine: peer_search(i, some, DEPTH, p, r), queries[:BATCH])
                found.append((span, share, probes, refine, index, (scanned, refining)))
    # Settings of faiss that no other of its settings beats in both.
    best = [one for one in found if not any(other[0] < one[0] and other[1] >= one[1] for other in found)]
    told: list[dict[str, object]] = []
    for _, share, probes, refine, index, split in sorted(best, key=lambda one: one[1]):
        ours = min((one for one in grid if one[1] >= share), key=lambda one: one[0], default=None)
        if ours is None:
            continue
        searches: dict[str, Search] = {
            "faiss": lambda some, i=index, p=probes, r=refine: peer_search(i, some, DEPTH, p, r),
            "ours": lambda some, o=ours: o[3].search(some, DEPTH, probes=o[2]).rows,
        }
        times = in_turns(searches, queries, 40)
        setting = {"faiss_split": split, "faiss_probes": probes, "faiss_refine": refine, "probes": ours[2], "refine": ours[3].refine}
        told.append(setting | {"faiss_of_rows": share, "of_rows": ours[1], "faiss": times["faiss"], "ours": times["ours"]})
    return told


def factors(count: int) -> dict[str, object]:
    """Rows of 17 bytes scored by inner product, top 100 on two threads: exhaustive and in lists."""
    table, seconds = built("factors", count)
    _, queries = made("factors", count)
    choosing, judging = queries[::2], queries[1::2]
    start = time.perf_counter()
    fresh = PartitionSearcher(table, probes=32, workers=2)
    opened = time.perf_counter()
    fresh.search(judging[:1], DEPTH)
    first_ms, open_ms = 1000 * (time.perf_counter() - opened), 1000 * (opened - start)
    choice = choose_probes(PartitionSearcher(table, probes=1, workers=2), choosing[:100], target=TARGET, k=DEPTH)
    lists, exhaustive = PartitionSearcher(table, probes=choice.probes, workers=2), Searcher(table, workers=2)
    rows = lists.search(judging, DEPTH).rows  # packs the lists that these queries probe
    spans = np.concatenate([singles(lambda some: lists.search(some, DEPTH).rows, judging) for _ in range(ROUNDS)])
    all_rows = singles(lambda some: exhaustive.search(some, DEPTH).rows, judging[:20])[1:]
    return {
        "rows": count,
        "codec": describe(table.segments[0].codec),
        "row_bytes": table.segments[0].codes.row_bytes,
        "lists": table.partition.lists,  # type: ignore[union-attr]
        "list_bytes": table.partition.nbytes,  # type: ignore[union-attr]
        "longest_of_mean": float(table.partition.lengths().max() / table.partition.lengths().mean()),  # type: ignore[union-attr]
        "seconds": seconds,
        "open_ms": open_ms,
        "first_query_ms": first_ms,
        "probes": choice.probes,
        "rows_share": choice.chosen.rows_share,
        "of_codes": agreement(exhaustive.search(judging, DEPTH).rows, rows),
        "p50_ms": float(np.percentile(spans, 50)),
        "p99_ms": float(np.percentile(spans, 99)),
        "exhaustive_p50_ms": float(np.percentile(all_rows, 50)),
        "exhaustive_max_ms": float(all_rows.max()),
    }


def exponent(rows: list[int], values: list[float]) -> float:
    """The power of the row count that a cost grows with: the slope of its logarithm."""
    return float(np.polyfit(np.log(rows), np.log(values), 1)[0])


def main() -> None:
    if sys.argv[1:] == ["build"]:
        vectors, _ = made("text", TEXT_ROWS)
        for kind, count in (("text", TEXT_ROWS), *(("factors", count) for count in FACTOR_ROWS)):
            print(kind, count, built(kind, count)[1], flush=True)
        for split in SPLITS:
            peer(vectors, *split, FOLDER / f"text-{TEXT_ROWS}")
        return
    faiss.omp_set_num_threads(1)
    path = datasets.RESULTS / "partitions.json"
    found = json.loads(path.read_text()) if path.exists() else {}
    found |= {"level": kernels.level(), "rounds": ROUNDS}
    if "factors" not in sys.argv[1:]:
        found["text"] = text()
    if "text" not in sys.argv[1:]:
        sizes = [count for count in FACTOR_ROWS if (FOLDER / f"factors-{count}" / "seconds.json").exists()]
        found["factors"] = [factors(count) for count in sizes]
        if len(sizes) > 1:
            found["exponents"] = {name: exponent(sizes, [one[name] for one in found["factors"]]) for name in ("p50_ms", "exhaustive_p50_ms")}
    path.write_text(json.dumps(found, indent=1) + "\n")
    report(found)


def report(found: dict) -> None:
    """The tables and the bars."""
    console = Console(width=150)
    if "text" in found:
        one = found["text"]
        sheet = Sheet(title=f"{one['rows']} rows of text, {one['codec']}, {one['lists']} lists, one thread")
        for column in ("search", "ms alone", "range", "ms in batches", "range", "of the codes' lists", "of the rows' lists"):
            sheet.add_column(column)
        for name, s in one["searches"].items():
            spans = [f"{s['single_median_ms']:.2f}", f"{s['single_low_ms']:.2f} to {s['single_high_ms']:.2f}"]
            spans += [f"{s['batch_median_ms']:.2f}", f"{s['batch_low_ms']:.2f} to {s['batch_high_ms']:.2f}"]
            sheet.add_row(name, *spans, f"{s['of_codes']:.4f}", f"{s['of_rows']:.4f}")
        console.print(sheet)
        whole, two, *listed = one["searches"].values()
        fast = min(listed, key=lambda s: s["batch_median_ms"])
        for name, slow in (("every row, whole codes", whole), ("every row, two levels", two)):
            ratios = [slow[f"{kind}_median_ms"] / fast[f"{kind}_median_ms"] for kind in ("single", "batch")]
            console.print(f"lists against {name}: {ratios[0]:.1f} times the queries a second alone, {ratios[1]:.1f} in batches (bar {SHARE_BAR:.0f})")
        sheet = Sheet(title="faiss OPQ, IVF4096, PQ fast scan, refined by PQ, 48 bytes, and ours at no less of the rows' lists")
        for column in (
            "faiss bytes",
            "probes, refined",
            "of rows",
            "ms alone, batch",
            "ours: probes, refined",
            "of rows",
            "ms alone, batch",
            "ratio alone, batch",
        ):
            sheet.add_column(column)
        for p in one["peers"]:
            ratio = [p["faiss"][f"{kind}_median_ms"] / p["ours"][f"{kind}_median_ms"] for kind in ("single", "batch")]
            spans = {name: f"{p[name]['single_median_ms']:.2f}, {p[name]['batch_median_ms']:.2f}" for name in ("faiss", "ours")}
            theirs = [
                f"{p['faiss_split'][0]} + {p['faiss_split'][1]}",
                f"{p['faiss_probes']}, {p['faiss_refine']}",
                f"{p['faiss_of_rows']:.4f}",
                spans["faiss"],
            ]
            sheet.add_row(*theirs, f"{p['probes']}, {p['refine']}", f"{p['of_rows']:.4f}", spans["ours"], f"{ratio[0]:.2f}, {ratio[1]:.2f}")
        console.print(sheet)
        console.print(f"bar: {PEER_BAR} times at equal recall")
    if "factors" in found:
        sheet = Sheet(title="ALS factors by inner product, top 100, two threads")
        for column in (
            "rows",
            "lists",
            "longest of mean",
            "open, first query ms",
            "probes",
            "rows looked at",
            "of the codes' lists",
            "p50 ms",
            "p99 ms",
            "every row p50 ms",
        ):
            sheet.add_column(column)
        for f in found["factors"]:
            cells = [f"{f['rows']:,}", f"{f['lists']:,}", f"{f['longest_of_mean']:.1f}", f"{f['open_ms']:.0f}, {f['first_query_ms']:.0f}", str(f["probes"])]
            cells += [f"{f['rows_share']:.2%}", f"{f['of_codes']:.4f}", f"{f['p50_ms']:.2f}", f"{f['p99_ms']:.2f}", f"{f['exhaustive_p50_ms']:.2f}"]
            sheet.add_row(*cells)
        console.print(sheet)
        console.print(f"bar: p99 under {P99_BAR:.0f} ms at ten million rows; exponents of the row count: {found.get('exponents')}")


if __name__ == "__main__":
    main()

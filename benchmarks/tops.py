"""Scans that keep the best rows, at the sizes of a catalogue of a million. Run: python benchmarks/tops.py [--rows N] [--rounds N] [--only NAME]

Each case ranks ROWS rows of 384 dimensions for its queries and returns the top 100; ours includes making the query tables. Peers: our own scan that writes all
scores and selects after it, faiss PQ64 and PQ128x4fs (64 bytes a row, 8 and 4 bits), and turbovec of 4 bits (192 bytes a row). Codes and books are random:
neither changes the work. The trellis rows are laid out as fitted ones of sentence vectors are: of 48 bytes 243 coordinates of 1 to 5 bits, of 64 bytes 276.
Agreement@100 of these codes on text132k, fitted on a random half: python benchmarks/topquality.py.
Times are processor milliseconds a query of the one thread; a ratio above 1 means that ours is faster: the median over rounds that run one side right after
the other, with the lowest and the highest round. Results go to benchmarks/results/tops.json.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

# First: it keeps BLAS to one thread.
from kernels import BLOCK, DIM, TOP, beside, eight_bit, faiss, faiss_fast_scan, faiss_pq, machine, same_as_twin, spent_ms  # isort: skip

import numpy as np

from rankfold import kernels
from rankfold.kernels.whole_queries import whole_queries

try:
    import turbovec
except ImportError:
    turbovec = None

RESULT = Path(__file__).parent / "results" / "tops.json"
# How many coordinates of a fitted trellis have 1, 2, ... bits, by the bytes of a row.
SPREADS = {48: (126, 96, 19, 1, 1), 64: (96, 130, 45, 4, 1)}
CHECKED_ROWS = 2 * BLOCK
Top = tuple[np.ndarray, np.ndarray]


def empty_top(queries: int) -> Top:
    return np.full((queries, TOP), -np.inf, np.float32), np.full((queries, TOP), -1, np.int64)


class Scan:
    """rank(start, stop, top) merges rows into the running top; write(start, stop, out) writes their scores."""

    def __init__(self, queries: int, rows: int, rank: Callable[[int, int, Top], None], write: Callable[[int, int, np.ndarray], None]):
        self.queries, self.rows, self.rank, self.write = queries, rows, rank, write

    def ranked(self, rows: int | None = None) -> Top:
        top = empty_top(self.queries)
        for start in range(0, rows or self.rows, BLOCK):
            self.rank(start, min(start + BLOCK, rows or self.rows), top)
        return top

    def written(self) -> Top:
        top, buffer = empty_top(self.queries), np.empty(self.queries * BLOCK, np.float32)
        for start in range(0, self.rows, BLOCK):
            count = min(BLOCK, self.rows - start)
            out = buffer[: self.queries * count].reshape(self.queries, count)
            self.write(start, start + count, out)
            kernels.select(out, start, *top)
        return top


def int8_scan(rows: int, count: int, rng: np.random.Generator) -> Scan:
    codes, scales = rng.integers(-127, 128, (rows, DIM), np.int8), rng.uniform(0.5, 1.5, rows).astype(np.float32)
    queries, nothing = rng.standard_normal((count, DIM), np.float32), np.zeros(count, np.float32)
    step = np.abs(queries).max(axis=1) / np.float32(32_000)
    coded, longest = np.rint(queries / step[:, None]).astype(np.int16), 127 * DIM**0.5

    def write(start: int, stop: int, out: np.ndarray) -> None:
        sums = np.empty(out.shape, np.int32)
        kernels.dot8(coded, codes[start:stop], sums)
        out[:] = sums
        out *= step[:, None]
        out *= scales[start:stop]

    return Scan(
        count, rows, lambda start, stop, top: kernels.dot8_top(coded, codes[start:stop], step, nothing, scales[start:stop], longest, start, *top), write
    )


def trellis_scan(rows: int, size: int, count: int, rng: np.random.Generator) -> Scan:
    advance = np.repeat(np.arange(len(SPREADS[size]), 0, -1), SPREADS[size][::-1]).astype(np.uint8)
    which, tables = (advance - 1).astype(np.uint8), rng.integers(-127, 128, (len(SPREADS[size]), 256), np.int8)
    codes, scales = rng.integers(0, 256, (rows, size), np.uint8), rng.uniform(0.9, 1.1, rows).astype(np.float32)
    whole, step, _ = whole_queries(rng.standard_normal((count, len(advance)), np.float32) / advance, which, tables)
    shape, nothing = (advance, which, tables), np.zeros(count, np.float32)

    def write(start: int, stop: int, out: np.ndarray) -> None:
        kernels.trellis_scan(whole, codes[start:stop], *shape, step, nothing, out)
        out *= scales[start:stop]

    return Scan(
        count, rows, lambda start, stop, top: kernels.trellis_top(whole, codes[start:stop], *shape, step, nothing, scales[start:stop], start, *top), write
    )


def codebook_scan(rows: int, groups: int, count: int, rng: np.random.Generator) -> Scan:
    packed, scales = kernels.interleave(rng.integers(0, 256, (rows, groups), np.uint8)), rng.uniform(0.9, 1.1, rows).astype(np.float32)
    tables, step, offset = eight_bit(rng.standard_normal((count, groups, 256), np.float32))

    def groups_of(start: int, stop: int) -> np.ndarray:
        return packed[start // kernels.BLOCK : -(-stop // kernels.BLOCK)]

    def write(start: int, stop: int, out: np.ndarray) -> None:
        kernels.lut8(tables, groups_of(start, stop), step, offset, out)
        out *= scales[start:stop]

    return Scan(count, rows, lambda start, stop, top: kernels.lut8_top(tables, groups_of(start, stop), step, offset, scales[start:stop], start, *top), write)


@cache
def faiss_search(name: str, rows: int, count: int) -> Callable[[], object]:
    """A search of as many rows by as many queries; the index of fast scan is made once."""
    rng = np.random.default_rng(3)
    queries = rng.standard_normal((count, DIM), np.float32)
    if name == "PQ64":
        return faiss_pq(rng.standard_normal((64, 256, DIM // 64), np.float32), rng.integers(0, 256, (rows, 64), np.uint8), queries)
    return faiss_fast_scan(rng.standard_normal((128, 16, DIM // 128), np.float32), rows, queries, rng)


@cache
def turbovec_search(rows: int, count: int) -> Callable[[], object]:
    rng = np.random.default_rng(3)
    index = turbovec.TurboQuantIndex(dim=DIM, bit_width=4)
    for start in range(0, rows, BLOCK):
        index.add(rng.standard_normal((min(BLOCK, rows - start), DIM), np.float32))
    queries = rng.standard_normal((count, DIM), np.float32)
    return lambda: index.search(queries, k=TOP)


def peers(rows: int, count: int, names: tuple[str, ...]) -> dict[str, Callable[[], object]]:
    found = {name: faiss_search(name, rows, count) for name in names if faiss and name.startswith("PQ")}
    return found | ({"turbovec 4 bits": turbovec_search(rows, count)} if turbovec and "turbovec" in names else {})


def cases(rows: int) -> Iterator[tuple[str, str, Callable[[], Scan], Callable[[], dict[str, Callable[[], object]]]]]:
    """A short name, what it is, how to make it, how to make its peers."""

    def rng() -> np.random.Generator:
        return np.random.default_rng(7)

    for size in (48, 32):
        yield (
            f"single-{size}",
            f"codebooks {size} B, 1 query",
            lambda size=size: codebook_scan(rows, size, 1, rng()),
            lambda: peers(rows, 1, ("PQ64", "PQ128x4fs")),
        )
    for size in (48, 64):
        yield (
            f"batch-{size}",
            f"trellis {size} B, 64 queries",
            lambda size=size: trellis_scan(rows, size, 64, rng()),
            lambda: peers(rows, 64, ("PQ128x4fs", "turbovec")),
        )
    yield "codebooks-32", "codebooks 32 B, 64 queries", lambda: codebook_scan(rows, 32, 64, rng()), dict
    for count in (16, 64, 128):
        yield f"int8-{count}", f"int8, {count} queries", lambda count=count: int8_scan(rows, count, rng()), dict


def measured(title: str, scan: Scan, others: dict[str, Callable[[], object]], rounds: int) -> list[dict]:
    """One result for each peer; the first is our own scan and selection."""
    same_as_twin(lambda: scan.ranked(min(CHECKED_ROWS, scan.rows)))()
    for ours, theirs in zip(scan.ranked(), scan.written(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    sides = {"scan + select": scan.written} | others
    mine, times = [], {name: [] for name in sides}
    for work in others.values():
        work()
    for _ in range(rounds):
        mine.append(spent_ms(scan.ranked) / scan.queries)
        for name, work in sides.items():
            times[name].append(spent_ms(work) / scan.queries)
    results = []
    for name, theirs in times.items():
        ratios = np.array(theirs) / np.array(mine)
        found = {"case": title, "queries": scan.queries, "ours_ms": float(np.median(mine)), "peer": name, "peer_ms": float(np.median(theirs))}
        results.append(found | {"ratio": float(np.median(ratios)), "ratio_low": float(ratios.min()), "ratio_high": float(ratios.max())})
        print(f"{title:32}{found['ours_ms']:9.2f}  " + beside(results[-1]), flush=True)
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose short name begins so")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    if faiss:
        faiss.omp_set_num_threads(1)
    facts = machine() | {"rows": options.rows, "rounds": options.rounds, "dim": DIM, "top": TOP, "turbovec": bool(turbovec)}
    print(f"{facts['processor']}, level {facts['level']}, {options.rows} rows, one thread, {options.rounds} rounds; milliseconds a query")
    print(f"{'case':32}{'ours':>9}  {'peer':14}{'its':>9}{'times':>8}   low to high")
    results = []
    for name, title, make, beside_it in cases(options.rows):
        if name.startswith(options.only):
            results += measured(title, make(), beside_it(), options.rounds)
    if not options.only:
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(json.dumps({"machine": facts, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()

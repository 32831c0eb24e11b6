"""Kernel speed beside faiss: one process, one thread, paired rounds. Run: python benchmarks/kernels.py [--rows N] [--rounds N] [--only NAME]

Both sides rank ROWS rows for the same number of queries and return the top 100; ours includes making the query tables and choosing the top.
Times are processor seconds of the one thread, which on a busy machine say more than the clock does. A ratio above 1 means that ours is faster;
each is the median over rounds that run one side right after the other, with the lowest and the highest round beside it.
Without faiss-cpu only our own times are printed. Results go to benchmarks/results/kernels.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402

from rankfold import kernels  # noqa: E402
from rankfold.kernels.whole_queries import whole_queries  # noqa: E402

try:
    import faiss
except ImportError:
    faiss = None

DIM, TOP, BLOCK = 384, 100, 16_384
RESULT = Path(__file__).parent / "results" / "kernels.json"


@dataclass
class Case:
    """ours() and peer() do the same work; check() raises when ours is not what the NumPy twin finds."""

    name: str
    queries: int
    ours: Callable[[], object]
    peer: Callable[[], object] | None
    peer_name: str
    check: Callable[[], None]


def top_of(rows: int, queries: int, scan: Callable[[int, int, np.ndarray], None]) -> tuple[np.ndarray, np.ndarray]:
    """The best TOP rows of every query: scan block by block into a small buffer, keep a running top."""
    scores, found = np.full((queries, TOP), -np.inf, np.float32), np.full((queries, TOP), -1, np.int64)
    buffer = np.empty((queries, min(BLOCK, rows)), np.float32)
    for start in range(0, rows, BLOCK):
        count = min(BLOCK, rows - start)
        out = buffer if count == buffer.shape[1] else np.empty((queries, count), np.float32)
        scan(start, start + count, out)
        kernels.select(out, start, scores, found)
    return scores, found


def same_as_twin(run: Callable[[], tuple[np.ndarray, np.ndarray]]) -> Callable[[], None]:
    """A check that runs the same work on the NumPy twins and wants equal scores and rows."""

    def check() -> None:
        ours = run()
        with kernels.use("reference"):
            twin = run()
        for mine, theirs in zip(ours, twin):
            np.testing.assert_array_equal(mine, theirs)

    return check


def eight_bit(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Float tables (q, g, entries) -> bytes with one step a query, and one offset."""
    low = tables.min(axis=2)
    step = (tables.max(axis=2) - low).max(axis=1) / np.float32(255)
    coded = np.rint((tables - low[:, :, None]) / step[:, None, None]).astype(np.uint8)
    return coded, step, low.sum(axis=1)


def query_tables(queries: np.ndarray, books: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Queries (q, d) and books (g, entries, d / g) -> what lut8 and lut4 read."""
    parts = queries.reshape(len(queries), len(books), -1).transpose(1, 0, 2)
    return eight_bit(np.ascontiguousarray((parts @ books.transpose(0, 2, 1)).transpose(1, 0, 2)))


def codebook_case(rows: int, groups: int, bits: int, count: int, rng: np.random.Generator) -> Case:
    """lut8 or lut4 beside faiss PQ of as many bytes: random codes and books, since neither changes the work."""
    width = DIM // groups
    row_bytes = groups * bits // 8
    codes = rng.integers(0, 256, (rows, row_bytes), np.uint8)
    books = rng.standard_normal((groups, 1 << bits, width), np.float32)
    queries = rng.standard_normal((count, DIM), np.float32)
    packed = kernels.interleave(codes)
    scan = kernels.lut8 if bits == 8 else kernels.lut4

    def ours() -> tuple[np.ndarray, np.ndarray]:
        tables, step, offset = query_tables(queries, books)
        return top_of(rows, count, lambda start, stop, out: scan(tables, packed[start // 64 : -(-stop // 64)], step, offset, out))

    peer = faiss and (faiss_pq(books, codes, queries) if bits == 8 else faiss_fast_scan(books, rows, queries, rng))
    name = f"lut{bits} {row_bytes} B" + (f", {count} queries" if count > 1 else "")
    return Case(name, count, ours, peer, f"PQ{groups}" if bits == 8 else f"PQ{groups}x4fs", same_as_twin(ours))


def faiss_pq(books: np.ndarray, codes: np.ndarray, queries: np.ndarray) -> Callable[[], object]:
    index = faiss.IndexPQ(DIM, len(books), 8, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(books.ravel(), index.pq.centroids)
    index.is_trained = True
    index.add_sa_codes(codes)
    return lambda: index.search(queries, TOP)


def faiss_fast_scan(books: np.ndarray, rows: int, queries: np.ndarray, rng: np.random.Generator) -> Callable[[], object]:
    index = faiss.IndexPQFastScan(DIM, len(books), 4, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(books.ravel(), index.pq.centroids)
    index.is_trained = True
    for start in range(0, rows, BLOCK):
        index.add(rng.standard_normal((min(BLOCK, rows - start), DIM), np.float32))
    return lambda: index.search(queries, TOP)


def dot8_case(rows: int, count: int, rng: np.random.Generator) -> Case:
    """dot8 with a scale a row, beside faiss SQ8 with a float query."""
    codes = rng.integers(-127, 128, (rows, DIM), np.int8)
    scales = rng.uniform(0.5, 1.5, rows).astype(np.float32)
    queries = rng.standard_normal((count, DIM), np.float32)
    whole = np.empty((count, BLOCK), np.int32)

    def ours() -> tuple[np.ndarray, np.ndarray]:
        step = np.abs(queries).max(axis=1, keepdims=True) / np.float32(4000)
        coded = np.rint(queries / step).astype(np.int16)

        def scan(start: int, stop: int, out: np.ndarray) -> None:
            dots = whole if stop - start == BLOCK else np.empty(out.shape, np.int32)
            kernels.dot8(coded, codes[start:stop], dots)
            out[:] = dots
            out *= step
            out *= scales[start:stop]

        return top_of(rows, count, scan)

    peer = faiss and faiss_sq8(codes.view(np.uint8), queries, rng)
    return Case("dot8 384" + (f", {count} queries" if count > 1 else ""), count, ours, peer, "SQ8", same_as_twin(ours))


def faiss_sq8(codes: np.ndarray, queries: np.ndarray, rng: np.random.Generator) -> Callable[[], object]:
    index = faiss.IndexScalarQuantizer(queries.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    index.train(rng.standard_normal((2_000, queries.shape[1]), np.float32))
    index.add_sa_codes(codes)
    return lambda: index.search(queries, TOP)


def trellis_case(rows: int, dim: int, count: int, rng: np.random.Generator) -> Case:
    """A scan of trellis codes of 2 bits a dimension beside faiss SQ8 of as many rows: a quarter of its bytes."""
    codes = rng.integers(0, 256, (rows, dim // 4), np.uint8)
    advance, which, tables = np.full(dim, 2, np.uint8), np.zeros(dim, np.uint8), rng.integers(-127, 128, (1, 256), np.int8)
    queries = rng.standard_normal((count, dim), np.float32)

    def ours(rows: int = rows) -> tuple[np.ndarray, np.ndarray]:
        whole, step, _ = whole_queries(queries, which, tables)
        offset = np.zeros(count, np.float32)
        return top_of(rows, count, lambda start, stop, out: kernels.trellis_scan(whole, codes[start:stop], advance, which, tables, step, offset, out))

    peer = faiss and faiss_sq8(rng.integers(0, 256, (rows, dim), np.uint8), queries, rng)
    name = f"trellis {dim} x 2 bits" + (f", {count} queries" if count > 1 else "")
    return Case(name, count, ours, peer, "SQ8", same_as_twin(lambda: ours(min(rows, 2 * BLOCK))))


def trellis_encode_case(rows: int, dim: int, bits: int, window: int, level: str, rng: np.random.Generator) -> Case:
    """The search for the best ring of bits: `rows` rows on one level."""
    targets = rng.standard_normal((rows, dim), np.float32)
    parts = np.full(dim, 0.03, np.float32), np.full(dim, bits, np.uint8), np.zeros(dim, np.uint8), rng.integers(-127, 128, (1, 1 << window), np.int8)

    def encode(rows: int = rows) -> tuple[np.ndarray, np.ndarray]:
        codes, cost = np.empty((rows, dim * bits // 8), np.uint8), np.empty(rows, np.float32)
        kernels.trellis_encode(targets[:rows], *parts, codes, cost)
        return codes, cost

    def ours() -> None:
        with kernels.use(level):
            encode()

    return Case(f"trellis encode {rows} rows, {dim} x {bits} bits, L = {window}, {level}", 1, ours, None, "", same_as_twin(lambda: encode(32)))


def bits_case(rows: int, count: int, rng: np.random.Generator) -> Case:
    """bits with an 8-bit query beside faiss RaBitQ with an 8-bit query."""
    codes = rng.integers(0, 2**64, (rows, DIM // 64), np.uint64)
    queries = rng.standard_normal((count, DIM), np.float32)

    def ours() -> tuple[np.ndarray, np.ndarray]:
        step = np.abs(queries).max(axis=1) / np.float32(127)
        coded = np.rint(queries / step[:, None]).astype(np.int8).view(np.uint8)
        spread = np.unpackbits(coded[:, :, None], axis=2, bitorder="little").transpose(0, 2, 1)
        planes = np.ascontiguousarray(np.packbits(spread, axis=2, bitorder="little")).view(np.uint64)
        # Signs are +1 and -1: twice the sum over set bits, less the sum over all.
        offset = -step * coded.view(np.int8).sum(axis=1, dtype=np.int32).astype(np.float32)
        return top_of(rows, count, lambda start, stop, out: kernels.bits(planes, codes[start:stop], 2 * step, offset, out))

    peer = None
    if faiss and hasattr(faiss, "IndexRaBitQ"):
        index = faiss.IndexRaBitQ(DIM, faiss.METRIC_INNER_PRODUCT)
        index.qb = 8
        index.train(rng.standard_normal((2_000, DIM), np.float32))
        for start in range(0, rows, BLOCK):
            index.add(rng.standard_normal((min(BLOCK, rows - start), DIM), np.float32))
        peer = lambda: index.search(queries, TOP)  # noqa: E731
    return Case("bits 384" + (f", {count} queries" if count > 1 else ""), count, ours, peer, "RaBitQ qb8", same_as_twin(ours))


def select_case(rows: int, k: int, rng: np.random.Generator) -> Case:
    """select alone, over blocks, beside NumPy's argpartition of the whole row of scores."""
    scores = rng.standard_normal((1, rows), np.float32)
    blocks = [np.ascontiguousarray(scores[:, start : start + BLOCK]) for start in range(0, rows, BLOCK)]

    def ours() -> tuple[np.ndarray, np.ndarray]:
        top, found = np.full((1, k), -np.inf, np.float32), np.full((1, k), -1, np.int64)
        for number, block in enumerate(blocks):
            kernels.select(block, number * BLOCK, top, found)
        return top, found

    def peer() -> np.ndarray:
        found = np.argpartition(scores[0], rows - k)[rows - k :]
        return found[np.argsort(-scores[0, found], kind="stable")]

    return Case(f"select {k}", 1, ours, peer, "argpartition", same_as_twin(ours))


def nearest_case(rows: int, dim: int, k: int, rng: np.random.Generator) -> Case:
    """nearest beside NumPy's product and argmax."""
    x, centroids = rng.standard_normal((rows, dim), np.float32), rng.standard_normal((k, dim), np.float32)
    half_norms = (centroids * centroids).sum(axis=1) / 2
    best, score = np.empty(rows, np.int32), np.empty(rows, np.float32)

    def peer() -> None:
        for start in range(0, rows, 4_096):
            scores = x[start : start + 4_096] @ centroids.T
            scores -= half_norms
            scores.argmax(axis=1)

    def check() -> None:
        ours()
        exact = x[:2_000].astype(np.float64) @ centroids.T.astype(np.float64) - half_norms
        np.testing.assert_allclose(exact[np.arange(len(exact)), best[:2_000]], exact.max(axis=1), atol=1e-3)

    def ours() -> None:
        kernels.nearest(x, centroids, half_norms, best, score)

    return Case(f"nearest {rows // 1000}k x {dim}, {k}", 1, ours, peer, "numpy", check)


def beam_case(rows: int, levels: int, size: int, width: int, rng: np.random.Generator) -> Case:
    """beam alone, tables given: what encoding by residual levels spends its time in."""
    x = rng.standard_normal((rows, 64), np.float32)
    books = rng.standard_normal((levels * size, 64), np.float32) * np.float32(0.7) ** np.arange(levels, dtype=np.float32).repeat(size)[:, None]
    gram = books @ books.T
    cross = np.concatenate([gram[: m * size, m * size : (m + 1) * size].ravel() for m in range(1, levels)])
    dots, half_norms = x @ books.T, np.ascontiguousarray(np.diag(gram).reshape(levels, size) / 2)
    codes, cost = np.empty((rows, levels), np.uint8), np.empty(rows, np.float32)

    def ours() -> tuple[np.ndarray, np.ndarray]:
        kernels.beam(dots, cross, half_norms, codes, cost, width)
        return codes.copy(), cost.copy()

    def check() -> None:
        mine = [part[:200] for part in ours()]
        few = np.empty((200, levels), np.uint8), np.empty(200, np.float32)
        with kernels.use("reference"):
            kernels.beam(np.ascontiguousarray(dots[:200]), cross, half_norms, *few, width)
        for ours_part, twin in zip(mine, few):
            np.testing.assert_array_equal(ours_part, twin)

    return Case(f"beam {rows} rows, {levels} x {size}, width {width}", 1, ours, None, "", check)


def cases(rows: int) -> Iterator[tuple[str, Callable[[], Case]]]:
    """A short name to choose by, and how to make the case: data exist only while their case runs."""

    def rng() -> np.random.Generator:
        return np.random.default_rng(7)

    for groups in (64, 32, 16):
        yield f"lut8-{groups}", lambda groups=groups: codebook_case(rows, groups, 8, 1, rng())
    yield "lut8-64-batch", lambda: codebook_case(rows, 64, 8, 32, rng())
    yield "lut4-64", lambda: codebook_case(rows, 128, 4, 1, rng())
    yield "lut4-64-batch", lambda: codebook_case(rows, 128, 4, 32, rng())
    yield "dot8", lambda: dot8_case(rows, 1, rng())
    yield "dot8-batch", lambda: dot8_case(rows, 32, rng())
    for dim, count in ((128, 1), (128, 32), (384, 1)):
        yield f"trellis-{dim}-{count}", lambda dim=dim, count=count: trellis_case(rows, dim, count, rng())
    for level in kernels.levels()[:-1]:
        yield f"trellis-encode-{level}", lambda level=level: trellis_encode_case(10_000, 384, 2, 8, level, rng())
        yield f"trellis-encode12-{level}", lambda level=level: trellis_encode_case(1_000, 384, 1, 12, level, rng())
    yield "bits", lambda: bits_case(rows, 1, rng())
    yield "bits-batch", lambda: bits_case(rows, 32, rng())
    for k in (100, 1000):
        yield f"select-{k}", lambda k=k: select_case(rows, k, rng())
    for dim, k in ((8, 256), (24, 256), (384, 256), (64, 4096)):
        yield f"nearest-{dim}-{k}", lambda dim=dim, k=k: nearest_case(rows // 20, dim, k, rng())
    yield "beam", lambda: beam_case(2_000, 16, 256, 5, rng())


def spent_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1e3 * (time.process_time() - start)


def measure(case: Case, rounds: int) -> dict:
    """Times of one case: milliseconds a query, and the ratio of each round."""
    case.check()
    for work in (case.ours, case.peer):
        if work:
            work()
    ours, peer = [], []
    for _ in range(rounds):
        ours.append(spent_ms(case.ours) / case.queries)
        if case.peer:
            peer.append(spent_ms(case.peer) / case.queries)
    found = {"case": case.name, "queries": case.queries, "ours_ms": float(np.median(ours)), "peer": case.peer_name}
    if peer:
        ratios = np.array(peer) / np.array(ours)
        found |= {"peer_ms": float(np.median(peer)), "ratio": float(np.median(ratios)), "ratio_low": float(ratios.min()), "ratio_high": float(ratios.max())}
    return found


def machine() -> dict:
    processor = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        processor = lines[0].partition(":")[2].strip() if lines else processor
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=Path(__file__).parent)
    return {
        "processor": processor,
        "level": kernels.level(),
        "commit": commit.stdout.strip() or "unknown",
        "numpy": np.__version__,
        "faiss": faiss.__version__ if faiss else None,
        "faiss_options": faiss.get_compile_options().strip() if faiss else None,
    }


def beside(found: dict) -> str:
    if "ratio" not in found:
        return found["peer"]
    return f"{found['peer']:14}{found['peer_ms']:9.2f}{found['ratio']:8.2f}   {found['ratio_low']:.2f} to {found['ratio_high']:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose short name begins so")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    if faiss:
        faiss.omp_set_num_threads(1)
    facts = machine() | {"rows": options.rows, "rounds": options.rounds, "dim": DIM, "top": TOP}
    print(f"{facts['processor']}, level {facts['level']}, {options.rows} rows, one thread, {options.rounds} rounds; milliseconds a query")
    print("peer: " + (f"faiss {facts['faiss']} ({facts['faiss_options']})" if faiss else "faiss-cpu not installed"))
    print(f"{'case':32}{'ours':>9}  {'peer':14}{'its':>9}{'times':>8}   low to high")
    results = []
    for name, make in cases(options.rows):
        if not name.startswith(options.only):
            continue
        found = measure(make(), options.rounds)
        results.append(found)
        print(f"{found['case']:32}{found['ours_ms']:9.2f}  " + beside(found), flush=True)
    if not options.only:
        options.out.parent.mkdir(exist_ok=True)
        options.out.write_text(json.dumps({"machine": facts, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()

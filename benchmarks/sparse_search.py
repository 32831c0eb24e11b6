"""Search of sparse codes beside VSAG SINDI and faiss, on one thread. Run: python benchmarks/sparse_search.py [--rows N] [--rounds N] [--part NAME]

Part "speed": ROWS rows of 32 nonzeros of 4,096 latents, in the layout of the codec `sparse` (55 bytes a row). Half of the latents of every row are drawn
from the 64 of one of 2,000 topics, the others anywhere; signs come with the topic, magnitudes fall. Scanned by dense queries one by one and in batches,
on every level, searched whole (projection, scan, top 100 and exact scores of the candidates), and searched by codes of other such rows. Peers in the
same rounds: faiss SQ8 (384 dimensions) and PQ64 of as many rows for the scale of a dense scan, SINDI over the same signed codes, unpruned, float32. A ratio
above 1 means that ours is faster: the median over rounds that run one side right after the other, with the lowest and the highest round. "agree" is the
share of SINDI's rows that are among ours. Times are processor milliseconds a query of the one thread, which on a busy machine say more than the clock does.
Part "recall": the sentence vectors of text132k over a dictionary of 4,096 of them, encoder topk; or with --table PATH a saved table of them.
The share of the exact top 100 that few lists find, by vectors and by codes, for rows as queries without themselves, and its time.
SINDI needs the extra `engines`, faiss the extra `bench`; without them only our own times are printed. Each part writes its own entry of
benchmarks/results/sparse_search.json.
"""

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import argparse  # noqa: E402
import json  # noqa: E402
import platform  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
from datasets import text  # noqa: E402

from rankfold import kernels  # noqa: E402
from rankfold.arrays import blocks, unit_rows  # noqa: E402
from rankfold.codecs import from_spec  # noqa: E402
from rankfold.codes import Codes  # noqa: E402
from rankfold.fitting.bitpack import pack_bits  # noqa: E402
from rankfold.search import InvertedSearcher, Searcher  # noqa: E402
from rankfold.search.searcher import working  # noqa: E402
from rankfold.store import load  # noqa: E402
from rankfold.table import Segment, Table, encode_rows  # noqa: E402

try:
    import faiss
except ImportError:
    faiss = None
try:
    import pyvsag
except ImportError:
    pyvsag = None

RESULT = Path(__file__).parent / "results" / "sparse_search.json"
LATENTS, NONZEROS, DIM, TOP = 4_096, 32, 384, 100
TOPICS, TOPIC_LATENTS = 2_000, 64
QUERIES, BATCHES = 20, (1, 16, 32, 64)
BLOCK = 16_384
SEED = 7


def spent_ms(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1e3 * (time.process_time() - start)


def machine() -> dict:
    processor = platform.processor()
    if Path("/proc/cpuinfo").exists():
        lines = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
        processor = lines[0].partition(":")[2].strip() if lines else processor
    return {"processor": processor, "levels": kernels.levels(), "numpy": np.__version__, "faiss": faiss and faiss.__version__, "pyvsag": bool(pyvsag)}


def drawn_table(rows: int, rng: np.random.Generator) -> Table:
    """A table of codes as the codec stores them, none of them fitted: the work of a scan is that of any other table of this size."""
    half, rest = LATENTS // 2, NONZEROS - NONZEROS // 2
    topics = np.argsort(rng.random((TOPICS, half), np.float32), axis=1)[:, :TOPIC_LATENTS]
    signs = rng.integers(0, 2, (TOPICS, LATENTS)).astype(np.uint16)
    columns = []
    for start in range(0, rows, BLOCK):
        count = min(BLOCK, rows - start)
        topic = rng.integers(0, TOPICS, count)
        mine = np.argsort(rng.random((count, TOPIC_LATENTS), np.float32), axis=1)[:, : NONZEROS // 2]
        others = half + np.arange(rest) * (half // rest) + rng.integers(0, half // rest, (count, rest))
        index = np.concatenate([topics[topic[:, None], mine], others], axis=1)
        index = np.take_along_axis(index, np.argsort(rng.random(index.shape, np.float32), axis=1), axis=1)
        sign = signs[topic[:, None], index] ^ (rng.random(index.shape) < 0.1)
        columns.append({"atoms": pack_bits(index.astype(np.uint16) | sign.astype(np.uint16) << 12, 13), "profile": rng.integers(0, 256, count, np.uint8)})
        columns[-1] |= {"detail": rng.integers(0, 256, count, np.uint8), "scale": rng.integers(100, 160, count, np.uint8)}
    profiles = unit_rows(-np.sort(-rng.exponential(1, (256, NONZEROS)), axis=1).astype(np.float32))
    state = {
        "atoms": unit_rows(rng.standard_normal((LATENTS, DIM), np.float32)).astype(np.float16),
        "profiles": profiles.astype(np.float16),
        "details": (0.02 * rng.standard_normal((256, NONZEROS))).astype(np.float16),
        "scales": np.float32([-0.2, 0.2 / 127]),
    }
    codec = from_spec({"codec": "sparse", "nonzeros": NONZEROS, "bytes": 55, "dictionary": LATENTS})
    return Table(DIM, False, np.arange(rows), (Segment(codec, state, Codes.concat([Codes(part) for part in columns]), 0),))


def scan_cases(table: Table, rounds: int, rng: np.random.Generator) -> list[dict]:
    """The scan and its running top, without and with the rest of a search."""
    segment, results = table.segments[0], []
    codec, state = segment.codec, working(table).segments[0].state
    packed = [codec.pack(state, segment.codes.rows(slice(start, start + BLOCK))) for start in range(0, table.count, BLOCK)]
    searcher = Searcher(table, workers=1)
    for count in BATCHES:
        queries = rng.standard_normal((count, DIM), np.float32)

        def scanned(queries: np.ndarray = queries) -> tuple[np.ndarray, np.ndarray]:
            prepared, count = codec.prepare(state, queries), len(queries)
            scores, found = np.full((count, TOP), -np.inf, np.float32), np.full((count, TOP), -1, np.int64)
            buffer = np.empty(count * BLOCK, np.float32)
            for number, part in enumerate(packed):
                rows = len(part["index"])
                out = buffer[: count * rows].reshape(count, rows)
                codec.scan(prepared, part, out)
                kernels.select(out, number * BLOCK, scores, found)
            return scores, found

        wanted = scanned()
        for level in kernels.levels()[:-1]:
            with kernels.use(level):
                for mine, theirs in zip(scanned(), wanted, strict=True):
                    np.testing.assert_array_equal(mine, theirs)
                peers = dense_peers(table.count, queries, rng) if level == kernels.levels()[0] else {}
                results += timed(f"scan, top {TOP}, {count} at once, {level}", count, scanned, peers, rounds)
        results += timed(f"Searcher, {count} at once", count, lambda queries=queries: searcher.search(queries, TOP), {}, rounds)
    return results


_dense: dict[str, object] = {}


def dense_peers(rows: int, queries: np.ndarray, rng: np.random.Generator) -> dict[str, Callable[[], object]]:
    """faiss over as many rows of 384 bytes, and of 64."""
    if faiss is None:
        return {}
    if not _dense:
        scalar = faiss.IndexScalarQuantizer(DIM, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        scalar.train(rng.standard_normal((2_000, DIM), np.float32))
        product = faiss.IndexPQ(DIM, 64, 8, faiss.METRIC_INNER_PRODUCT)
        faiss.copy_array_to_vector(rng.standard_normal(256 * DIM).astype(np.float32), product.pq.centroids)
        product.is_trained = True
        for index, width in ((scalar, DIM), (product, 64)):
            for start in range(0, rows, BLOCK):
                index.add_sa_codes(rng.integers(0, 256, (min(BLOCK, rows - start), width), np.uint8))
        _dense.update({"faiss SQ8": scalar, "faiss PQ64": product})
    return {name: (lambda index=index: index.search(queries, TOP)) for name, index in _dense.items()}


def inverted_cases(table: Table, rounds: int, rng: np.random.Generator) -> list[dict]:
    """Exact search by codes, one query after the other, of rows with a few latents changed."""
    segment, results = table.segments[0], []
    rows = np.sort(rng.permutation(table.count)[:QUERIES])
    index, value = segment.codec.latents(segment.state, segment.codes.rows(rows))
    index[:, -4:] = rng.integers(0, LATENTS, (QUERIES, 4))
    start = time.process_time()
    searcher = InvertedSearcher(table, workers=1)
    built = time.process_time() - start

    def ours() -> np.ndarray:
        return np.concatenate([searcher.search_codes(index[i : i + 1], value[i : i + 1], TOP).rows for i in range(QUERIES)])

    peers: dict[str, Callable[[], object]] = {}
    if pyvsag:
        peers["VSAG SINDI"] = peer = sindi(table, index, value)
        agree = float(np.mean([np.isin(theirs, mine).mean() for theirs, mine in zip(peer(), ours(), strict=True)]))
        print(f"the lists of SINDI are {agree:.4f} the same")
    results += timed(f"by codes, exact, top {TOP}", QUERIES, ours, peers, rounds)
    together = timed(f"by codes, exact, {QUERIES} at once", QUERIES, lambda: searcher.search_codes(index, value, TOP), {}, rounds)
    results[-1] |= {"build_s": built, "bytes_a_row": searcher.nbytes / table.count} | ({"agree": agree} if pyvsag else {})
    print(f"built in {built:.1f} s, {searcher.nbytes / table.count:.1f} bytes a row beside the codes")
    vectors, lists = rng.standard_normal((QUERIES, DIM), np.float32), []
    for count in (16, 64, 256):
        probing = InvertedSearcher(table, by="vectors", lists=count, refine=1_000, workers=1)
        work = lambda probing=probing: [probing.search(vectors[i : i + 1], TOP) for i in range(QUERIES)]  # noqa: E731
        lists += timed(f"by vectors, {count} lists, 1,000 refined", QUERIES, work, {}, rounds)
    return results + together + lists


def sindi(table: Table, index: np.ndarray, value: np.ndarray) -> Callable[[], np.ndarray]:
    """An unpruned SINDI over the table's codes, asked one query after the other."""
    segment = table.segments[0]
    parts = [segment.codec.latents(segment.state, segment.codes.rows(slice(start, start + BLOCK))) for start in range(0, table.count, BLOCK)]
    places, values = (np.concatenate([part[which] for part in parts]) for which in (0, 1))
    order = np.argsort(places, axis=1)
    starts = np.arange(table.count + 1, dtype=np.uint32) * np.uint32(NONZEROS)
    pyvsag.set_logger_off()
    told = {"dtype": "sparse", "metric_type": "ip", "dim": NONZEROS, "index_param": {"term_id_limit": LATENTS, "window_size": 50_000, "doc_prune_ratio": 0.0}}
    made = pyvsag.Index("sindi", json.dumps(told))
    places, values = (np.take_along_axis(array, order, axis=1).ravel() for array in (places, values))
    made.build(starts, places.astype(np.uint32), values.astype(np.float32), np.arange(table.count))
    how = json.dumps({"sindi": {"n_candidate": 0, "query_prune_ratio": 0.0, "term_prune_ratio": 0.0}})
    one = np.array([0, NONZEROS], np.uint32)
    asked = []
    for latents, sizes in zip(index, value, strict=True):
        spread = np.bincount(latents, sizes, LATENTS)
        terms = np.flatnonzero(spread)
        asked.append((np.array([0, terms.size], one.dtype), terms.astype(np.uint32), spread[terms].astype(np.float32)))
    return lambda: np.stack([np.ravel(made.knn_search(*query, TOP, how)[0])[:TOP] for query in asked])


def timed(name: str, queries: int, ours: Callable[[], object], peers: dict[str, Callable[[], object]], rounds: int) -> list[dict]:
    """One result for each peer, or one without."""
    for work in (ours, *peers.values()):
        work()
    mine, theirs = [], {peer: [] for peer in peers}
    for _ in range(rounds):
        mine.append(spent_ms(ours) / queries)
        for peer, work in peers.items():
            theirs[peer].append(spent_ms(work) / queries)
    found = {"case": name, "queries": queries, "ours_ms": float(np.median(mine))}
    print(f"{name:44}{found['ours_ms']:9.3f}", end="" if peers else "\n")
    results = []
    for place, (peer, times) in enumerate(theirs.items()):
        ratios = np.array(times) / np.array(mine)
        beside = {"peer": peer, "peer_ms": float(np.median(times)), "ratio": float(np.median(ratios))}
        results.append(found | beside | {"ratio_low": float(ratios.min()), "ratio_high": float(ratios.max())})
        print(f"{'' if place == 0 else ' ' * 53}  {peer:12}{beside['peer_ms']:9.3f}{beside['ratio']:7.2f}   {ratios.min():.2f} to {ratios.max():.2f}")
    return results or [found]


def speed(options: argparse.Namespace) -> list[dict]:
    rng = np.random.default_rng(SEED)
    if faiss:
        faiss.omp_set_num_threads(1)
    table = drawn_table(options.rows, rng)
    print(f"{options.rows:,} rows, {table.parts()['codes'] / table.count + table.parts()['scales'] / table.count:.0f} bytes each, {options.rounds} rounds")
    print(f"{'case':44}{'ours':>9}  {'peer':12}{'its':>9}{'times':>7}   low to high (milliseconds a query)")
    return inverted_cases(table, options.rounds, rng) + scan_cases(table, options.rounds, rng)


def text_table() -> Table:
    """text132k by a dictionary that nothing was learned for."""
    x, rng = text(), np.random.default_rng(SEED)
    chosen = rng.permutation(len(x))
    codec = from_spec({"codec": "sparse", "nonzeros": NONZEROS, "dictionary": LATENTS, "encoder": "topk"})
    some = x[chosen[LATENTS : 2 * LATENTS]]
    state = codec.with_dictionary(x[chosen[:LATENTS]], some, np.ones(len(some), np.float32), rng)
    codes = [Codes(encode_rows(codec, state, x[start:stop])) for start, stop in blocks(len(x), BLOCK)]
    return Table(x.shape[1], True, np.arange(len(x)), (Segment(codec, state, Codes.concat(codes), 0),))


def recall(options: argparse.Namespace) -> list[dict]:
    if options.table:
        table = load(options.table)
    else:
        table = text_table()
    results = []
    rows = np.sort(np.random.default_rng(SEED).permutation(table.count)[:QUERIES])
    queries = table.decode(rows)
    print(f"{'by':9}{'lists':>6}{'refine':>8}{'recall@100':>12}{'ms a query':>12}")
    for by, lists, refine in [("vectors", m, r) for r in (1_000, 4_000) for m in (16, 32, 64, 128, 256)] + [("codes", m, 1_000) for m in (4, 8, 16)]:
        searcher = InvertedSearcher(table, by=by, lists=lists, refine=refine, workers=1)
        share = searcher.recall(TOP, sample=200, seed=SEED)
        weights = searcher._coded(queries) if by == "codes" else None
        ask = lambda i: searcher._by_codes([w[i : i + 1] for w in weights], lists, TOP, None, None) if weights else searcher.search(queries[i : i + 1], TOP)  # noqa: B023, E731
        times = [spent_ms(lambda i=i: ask(i)) for i in range(QUERIES)]  # noqa: B023
        results.append({"by": by, "lists": lists, "refine": refine, "rows": table.count, "recall_100": share, "query_ms": float(np.median(times))})
        print(f"{by:9}{lists:6}{refine:8}{share:12.4f}{results[-1]['query_ms']:12.2f}", flush=True)
    whole = Searcher(table, workers=1)
    times = [spent_ms(lambda i=i: whole.search(queries[i : i + 1], TOP)) for i in range(QUERIES)]
    print(f"every row, exact, by vectors: {np.median(times):.2f} ms a query")
    return [*results, {"by": "vectors", "lists": None, "rows": table.count, "recall_100": 1.0, "query_ms": float(np.median(times))}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--part", choices=("speed", "recall"), help="one part only")
    parser.add_argument("--table", type=Path, help="a saved table for the part recall")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    for name, part in {"speed": speed, "recall": recall}.items():
        if options.part in (None, name):
            results = part(options)
            known = json.loads(options.out.read_text()) if options.out.exists() else {}
            known[name] = {"machine": machine(), "rows": options.rows, "rounds": options.rounds, "results": results}
            options.out.parent.mkdir(exist_ok=True)
            options.out.write_text(json.dumps(known, indent=1) + "\n")


if __name__ == "__main__":
    main()

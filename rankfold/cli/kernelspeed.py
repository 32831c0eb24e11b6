"""How fast each kernel runs at each level of this machine: one thread, data that fits the cache hierarchy as a scan block does."""

import time
from collections.abc import Callable

import numpy as np

from .. import kernels

ROWS = 16_384
QUERIES = 4
MANY_QUERIES, MANY_ROWS = 32, 4_096
LEAST_SECONDS = 0.05
MOST_RUNS = 20


def measure() -> list[dict]:
    """One entry per kernel: its work in words, and scored rows a second at every level, best of a few runs in about 0.05 s each."""
    found = []
    for name, (work, rows, call) in _cases().items():
        speeds = {}
        for level in kernels.levels():
            with kernels.use(level):
                call()
                speeds[level] = rows / _best_seconds(call)
        found.append({"kernel": name, "work": work, "rows_per_s": speeds})
    return found


def _best_seconds(call: Callable[[], object]) -> float:
    best, spent = float("inf"), 0.0
    for _ in range(MOST_RUNS):
        start = time.perf_counter()
        call()
        took = time.perf_counter() - start
        best, spent = min(best, took), spent + took
        if spent > LEAST_SECONDS:
            break
    return best


def _cases() -> dict[str, tuple[str, int, Callable[[], object]]]:
    """name -> (the work, rows it scores, a call that does it)."""
    rng = np.random.default_rng(0)
    ones, zeros = np.ones(QUERIES, np.float32), np.zeros(QUERIES, np.float32)
    scores = np.empty((QUERIES, ROWS), np.float32)
    whole = np.empty((QUERIES, ROWS), np.int32)
    codes, rings32 = rng.integers(0, 256, (ROWS, 64), np.uint8), rng.integers(0, 256, (ROWS, 32), np.uint8)
    packed, packed4 = kernels.interleave(codes), kernels.interleave(codes[:, :32].copy())
    tables, tables4 = rng.integers(0, 256, (QUERIES, 64, 256), np.uint8), rng.integers(0, 256, (QUERIES, 64, 16), np.uint8)
    queries, rows = rng.integers(-127, 128, (QUERIES, 384)).astype(np.int16), rng.integers(-127, 128, (ROWS, 384)).astype(np.int8)
    planes, words = rng.integers(0, 1 << 63, (QUERIES, 8, 6), np.uint64), rng.integers(0, 1 << 63, (ROWS, 6), np.uint64)
    x, centroids = rng.standard_normal((2_048, 32), np.float32), rng.standard_normal((256, 32), np.float32)
    half_norms = (centroids * centroids).sum(axis=1) / 2
    best, score = np.empty(len(x), np.int32), np.empty(len(x), np.float32)
    coded, steps = rng.integers(-32_000, 32_001, (QUERIES, 128)).astype(np.int16), np.full(128, 2, np.uint8)
    table, one_table = rng.integers(-127, 128, (1, 256), np.int8), np.zeros(128, np.uint8)
    targets, reach = rng.standard_normal((512, 128), np.float32), np.full(128, 0.03, np.float32)
    rings, cost = np.empty((512, 32), np.uint8), np.empty(512, np.float32)
    given = rng.standard_normal((QUERIES, ROWS), np.float32)
    atoms, vectors = rng.standard_normal((1_024, 128), np.float32), rng.standard_normal((256, 128), np.float32)
    correlations, gram, no_bias = vectors @ atoms.T, atoms @ atoms.T, np.zeros(len(atoms), np.float32)

    def select() -> None:
        kernels.select(given, 0, np.full((QUERIES, 10), -np.inf, np.float32), np.full((QUERIES, 10), -1, np.int64))

    scored, many = QUERIES * ROWS, MANY_QUERIES * MANY_ROWS
    return _tops(rng, many) | {
        "lut8": ("8-bit codebook scan, 64 bytes a row", scored, lambda: kernels.lut8(tables, packed, ones, zeros, scores)),
        "lut4": ("4-bit codebook scan, 32 bytes a row", scored, lambda: kernels.lut4(tables4, packed4, ones, zeros, scores)),
        "dot8": ("int8 scan, 384 dimensions", scored, lambda: kernels.dot8(queries, rows, whole)),
        "bits": ("sign-bit scan, 384 dimensions", scored, lambda: kernels.bits(planes, words, ones, zeros, scores)),
        "nearest": ("nearest of 256 centroids, 32 dimensions", len(x), lambda: kernels.nearest(x, centroids, half_norms, best, score)),
        "trellis_scan": (
            "trellis scan, 128 dimensions of 2 bits",
            scored,
            lambda: kernels.trellis_scan(coded, rings32, steps, one_table, table, ones, zeros, scores),
        ),
        "trellis_encode": (
            "trellis search, 128 dimensions of 2 bits",
            len(targets),
            lambda: kernels.trellis_encode(targets, reach, steps, one_table, table, rings, cost),
        ),
        "omp": ("search for 16 of 1,024 atoms", len(vectors), lambda: kernels.omp(correlations, gram, 16)),
        "topk_rows": ("16 largest of 1,024 products, 128 dimensions", len(vectors), lambda: kernels.topk_rows(vectors, atoms, no_bias, 16)),
        "select": ("running top 10", scored, select),
    }


def _tops(rng: np.random.Generator, scored: int) -> dict[str, tuple[str, int, Callable[[], object]]]:
    """Scans of many queries that keep the best rows: where there are tiles (AMX), these use them."""
    step, nothing, scale = np.ones(MANY_QUERIES, np.float32), np.zeros(MANY_QUERIES, np.float32), np.ones(MANY_ROWS, np.float32)
    queries, rows = rng.integers(-9_999, 10_000, (MANY_QUERIES, 384)).astype(np.int16), rng.integers(-127, 128, (MANY_ROWS, 384)).astype(np.int8)
    tables, packed = rng.integers(0, 256, (MANY_QUERIES, 32, 256), np.uint8), kernels.interleave(rng.integers(0, 256, (MANY_ROWS, 32), np.uint8))
    rings, advance, which = rng.integers(0, 256, (MANY_ROWS, 48), np.uint8), np.full(192, 2, np.uint8), np.zeros(192, np.uint8)
    asked, table = queries[:, :192].copy(), rng.integers(-127, 128, (1, 256), np.int8)

    def top() -> tuple[np.ndarray, np.ndarray]:
        return np.full((MANY_QUERIES, 10), -np.inf, np.float32), np.full((MANY_QUERIES, 10), -1, np.int64)

    together = f"of {MANY_QUERIES} queries, top 10"
    return {
        "dot8_top": (f"int8 scan {together}, 384 dimensions", scored, lambda: kernels.dot8_top(queries, rows, step, nothing, scale, 2_500, 0, *top())),
        "lut8_top": (f"8-bit codebook scan {together}, 32 bytes a row", scored, lambda: kernels.lut8_top(tables, packed, step, nothing, scale, 0, *top())),
        "trellis_top": (
            f"trellis scan {together}, 192 dimensions of 2 bits",
            scored,
            lambda: kernels.trellis_top(asked, rings, advance, which, table, step, nothing, scale, 0, *top()),
        ),
    }

"""Search engines that install as they are: turbovec (TurboQuant), scann (anisotropic product quantization; Guo et al., 2020), usearch (int8 and bits)."""

import time

import faiss
import numpy as np
import scann
import turbovec
from usearch.index import Index

from rankfold.arrays import F32

from .coded import Coded, Job, peer
from .projection import leading, turned

SCALE_BYTES = 4
CALIBRATION_ROWS = 4_096
THRESHOLD = 0.2
RANGE_SHARE = 0.9999


def _columns(job: Job, dims: int) -> tuple[F32, int]:
    """Columns (d, dims) that the rows are given through, and the bytes of state they cost as float16."""
    dim = job.rows.shape[1]
    if dims == dim:
        return np.eye(dim, dtype=np.float32), 0
    return leading(job.train, dims), 2 * dim * dims


def turbo(job: Job, settings: dict) -> Coded:
    """turbovec, calibrated on training rows before the rows are added, as its manual asks."""
    dims, bits = settings["dims"], settings["bits"]
    start = time.process_time()
    columns, state = _columns(job, dims)
    index = turbovec.TurboQuantIndex(dims, bits)
    sample = np.random.default_rng(job.seed).permutation(len(job.train))[:CALIBRATION_ROWS]
    index.calibrate(np.ascontiguousarray(job.train[sample] @ columns))
    fitted = time.process_time()
    index.add(np.ascontiguousarray(job.rows @ columns))
    coded = time.process_time()

    def found(queries: F32, k: int) -> np.ndarray:
        return np.asarray(index.search(np.ascontiguousarray(queries @ columns), k)[1], np.int64)

    def scan(query: F32) -> object:
        return index.search(np.ascontiguousarray(query @ columns), 100)

    # Two calibration values a coordinate.
    return Coded(dims * bits / 8 + SCALE_BYTES, state + 8 * dims, None, found, scan, fitted - start, coded - fitted)


def hashed(job: Job, settings: dict) -> Coded:
    """scann asymmetric hashing without reordering (it draws its training rows itself: as many as the others are given)."""
    dims, block = settings["dims"], settings["block"]
    start = time.process_time()
    builder = scann.scann_ops_pybind.builder(job.rows, 100, "dot_product").set_n_training_threads(1)
    searcher = builder.score_ah(
        block, anisotropic_quantization_threshold=settings["threshold"], training_sample_size=len(job.train), hash_type=settings["table"]
    ).build()
    done = time.process_time()
    bits = 4 if settings["table"] == "lut16" else 8
    groups = -(-dims // block)

    def found(queries: F32, k: int) -> np.ndarray:
        return searcher.search_batched(queries, final_num_neighbors=k)[0].astype(np.int64)

    def scan(query: F32) -> object:
        return searcher.search(query[0], final_num_neighbors=100)

    return Coded(groups * bits / 8, 2 * (dims << bits), None, found, scan, done - start, 0.0, "fit and encode are one step")


def eight_bit(job: Job, settings: dict) -> Coded:
    """usearch int8: leading directions, one byte a dimension. It codes -1..1, so the rows are stretched to fill that: one factor for all of them."""
    dims = settings["dims"]
    start = time.process_time()
    columns, state = _columns(job, dims)
    stretch = 1 / max(float(np.quantile(np.abs(job.train @ columns), RANGE_SHARE)), 1e-20)
    fitted = time.process_time()
    index = Index(ndim=dims, metric="ip", dtype="i8", connectivity=2, expansion_add=1)
    index.add(np.arange(len(job.rows)), np.clip(stretch * (job.rows @ columns), -1, 1), threads=1)
    coded = time.process_time()
    decoded = np.stack(index.get(np.arange(len(job.rows)), dtype="i8")).astype(np.float32) / np.float32(127 * stretch)

    def scan(query: F32) -> object:
        return index.search(query @ columns, 100, exact=True, threads=1)

    return Coded(dims, state + 4, decoded @ columns.T, scan=scan, fit_s=fitted - start, encode_s=coded - fitted)


def bits(job: Job, settings: dict) -> Coded:
    """usearch b1: signs of rotated leading directions on both sides, Hamming distance (what its b1 search does; faiss counts the bits here, exhaustively)."""
    dims, dim = settings["dims"], job.rows.shape[1]
    start = time.process_time()
    columns = turned(dim, job.seed) if dims == dim else leading(job.train, dims) @ turned(dims, job.seed)
    fitted = time.process_time()
    index = faiss.IndexBinaryFlat(dims)
    index.add(np.packbits(job.rows @ columns > 0, axis=1))
    coded = time.process_time()

    def found(queries: F32, k: int) -> np.ndarray:
        return index.search(np.packbits(queries @ columns > 0, axis=1), k)[1]

    return Coded(dims / 8, 8 if dims == dim else 2 * dim * dims, None, found, None, fitted - start, coded - fitted)


def _turbo(width: int) -> object:
    def plan(dim: int, nbytes: int) -> dict | None:
        dims = min(dim, 8 * (nbytes - SCALE_BYTES) // width // 8 * 8)
        return {"dims": dims, "bits": width, "calibrated": CALIBRATION_ROWS} if dims >= 8 and dims * width / 8 + SCALE_BYTES >= 0.7 * nbytes else None

    return plan


def _hashed(table: str) -> object:
    width = 4 if table == "lut16" else 8

    def plan(dim: int, nbytes: int) -> dict | None:
        block = -(-dim * width // (8 * nbytes))
        groups = -(-dim // block)
        fits = groups * width >= 0.8 * 8 * nbytes and groups > 1
        return {"dims": dim, "block": block, "threshold": THRESHOLD, "table": table} if fits else None

    return plan


for width in (2, 4):
    peer(f"turbovec {width} bit", _turbo(width), decodes=False)(turbo)
peer("scann AH 4 bit", _hashed("lut16"), decodes=False)(hashed)
peer("usearch i8", lambda dim, nbytes: {"dims": min(dim, nbytes)} if nbytes <= dim else None)(eight_bit)
peer("usearch b1", lambda dim, nbytes: {"dims": min(dim // 8 * 8, 8 * nbytes)} if 8 * nbytes <= 1.3 * dim else None, decodes=False, raw=False)(bits)

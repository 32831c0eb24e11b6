"""Codes of one coordinate at a time: leading and PCA dimensions at 8, 6 and 4 bits, EDEN (Vargaftik et al., 2022), RaBitQ (Gao and Long, 2024).

Where a code of all dimensions is larger than the bytes allowed, it is given the leading directions of the training rows instead.
"""

import time

import faiss
import numpy as np

from rankfold.arrays import F32, row_norms

from .coded import Coded, Job, peer
from .projection import leading, turned

FACTORS_BYTES = 8
KINDS = {8: faiss.ScalarQuantizer.QT_8bit, 6: faiss.ScalarQuantizer.QT_6bit, 4: faiss.ScalarQuantizer.QT_4bit}
LLOYD_ROUNDS = 200


def ranged(job: Job, settings: dict) -> Coded:
    """faiss ScalarQuantizer, a range a dimension, on leading or PCA dimensions."""
    dims, bits, dim = settings["dims"], settings["bits"], job.rows.shape[1]
    start = time.process_time()
    whole = settings["directions"] == "leading" or dims == dim
    columns = np.eye(dim, dims, dtype=np.float32) if whole else leading(job.train, dims)
    made = faiss.ScalarQuantizer(dims, KINDS[bits])
    made.train(np.ascontiguousarray(job.train @ columns))
    fitted = time.process_time()
    codes = made.compute_codes(np.ascontiguousarray(job.rows @ columns))
    coded = time.process_time()
    state = 4 * dims + (0 if whole else 2 * dim * dims)
    index = faiss.IndexScalarQuantizer(dims, KINDS[bits], faiss.METRIC_INNER_PRODUCT)
    index.sq, index.is_trained, index.ntotal = made, True, len(codes)
    faiss.copy_array_to_vector(np.ascontiguousarray(codes).ravel(), index.codes)
    decoded = made.decode(codes) @ columns.T
    return Coded(codes.shape[1], state, decoded, scan=lambda query: index.search(query @ columns, 100), fit_s=fitted - start, encode_s=coded - fitted)


def lloyd_max(bits: int) -> F32:
    """The 2^bits reproduction values of a unit Gaussian with the least squared error, rising (Lloyd, 1957; Max, 1960)."""
    grid = np.linspace(-6, 6, 24_001)
    mass = np.exp(-(grid**2) / 2)
    total, moment = np.concatenate([[0], np.cumsum(mass)]), np.concatenate([[0], np.cumsum(mass * grid)])
    values = np.quantile(np.random.default_rng(0).normal(size=100_000), (np.arange(1 << bits) + 0.5) / (1 << bits))
    for _ in range(LLOYD_ROUNDS):
        cut = np.concatenate([[0], np.searchsorted(grid, (values[1:] + values[:-1]) / 2), [grid.size]])
        values = np.diff(moment[cut]) / np.diff(total[cut])
    return values.astype(np.float32)


def eden(job: Job, settings: dict) -> Coded:
    """EDEN from its paper: a random rotation, the Lloyd-Max values of a Gaussian, one scale a row.

    Nothing is spent on the scale: rows of one length are made that long again, and the norm byte of other rows holds it.
    """
    dims, bits, dim = settings["dims"], settings["bits"], job.rows.shape[1]
    start = time.process_time()
    columns = turned(dim, job.seed) if dims == dim else leading(job.train, dims) @ turned(dims, job.seed)
    table = lloyd_max(bits)
    fitted = time.process_time()
    inside = job.rows @ columns
    inside *= (np.sqrt(dims) / np.maximum(row_norms(inside), 1e-20))[:, None]
    codes = np.searchsorted((table[1:] + table[:-1]) / 2, inside).astype(np.uint8)
    coded = time.process_time()
    values = table[codes]
    decoded = (values / np.maximum(row_norms(values), 1e-20)[:, None]) @ columns.T
    # A rotation of all dimensions is given by its seed.
    state = 8 if dims == dim else 2 * dim * dims
    return Coded(dims * bits / 8, state, decoded, fit_s=fitted - start, encode_s=coded - fitted)


def packaged(job: Job, settings: dict) -> Coded:
    """EDEN or RaBitQ as faiss packages them, by index_factory string."""
    dim, dims = job.rows.shape[1], settings["dims"]
    start = time.process_time()
    columns = turned(dim, job.seed) if dims == dim else leading(job.train, dims) @ turned(dims, job.seed)
    index = faiss.index_factory(dims, settings["factory"], faiss.METRIC_INNER_PRODUCT)
    index.train(np.ascontiguousarray(job.train @ columns))
    fitted = time.process_time()
    index.add(np.ascontiguousarray(job.rows @ columns))
    coded = time.process_time()
    state = 8 if dims == dim else 2 * dim * dims

    def found(queries: F32, k: int) -> np.ndarray:
        return index.search(np.ascontiguousarray(queries @ columns), k)[1]

    def scan(query: F32) -> object:
        return index.search(np.ascontiguousarray(query @ columns), 100)

    return Coded(index.sa_code_size(), state, None, found, scan, fitted - start, coded - fitted)


def _ranged(bits: int, directions: str) -> object:
    def plan(dim: int, nbytes: int) -> dict | None:
        dims = min(dim, 8 * nbytes // bits)
        return {"dims": dims, "bits": bits, "directions": directions} if dims * bits >= 0.8 * 8 * nbytes else None

    return plan


def _eden(bits: int) -> object:
    def plan(dim: int, nbytes: int) -> dict | None:
        dims = min(dim, 8 * nbytes // bits)
        return {"dims": dims, "bits": bits} if dims * bits >= 0.7 * 8 * nbytes else None

    return plan


def _packaged(kind: str, bits: int, overhead: int) -> object:
    def plan(dim: int, nbytes: int) -> dict | None:
        dims = min(dim, 8 * (nbytes - overhead) // bits // 8 * 8)
        spent = dims * bits / 8 + overhead
        factory = f"{kind}{bits}" if kind == "EDEN" or bits > 1 else kind
        return {"dims": dims, "factory": factory} if dims >= 8 and spent >= 0.7 * nbytes else None

    return plan


for bits in (4, 6, 8):
    peer(f"PCA dims int{bits}", _ranged(bits, "pca"))(ranged)
for bits in (4, 8):
    peer(f"leading dims int{bits}", _ranged(bits, "leading"))(ranged)
for bits in (1, 2, 3, 4):
    peer(f"EDEN {bits} bit (paper)", _eden(bits), raw=False)(eden)
for bits in (1, 2, 4):
    peer(f"faiss EDEN {bits} bit", _packaged("EDEN", bits, FACTORS_BYTES), decodes=False)(packaged)
peer("faiss RaBitQ", _packaged("RaBitQ", 1, 8), decodes=False)(packaged)
for bits in (2, 4):
    peer(f"faiss RaBitQ {bits} bit", _packaged("RaBitQ", bits, 20), decodes=False)(packaged)

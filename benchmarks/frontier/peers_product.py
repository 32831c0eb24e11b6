"""Product quantizers of faiss: PQ (Jegou et al., 2011) and OPQ (Ge et al., 2013), with 8-bit and with small codebooks."""

import time

import faiss
import numpy as np

from rankfold.arrays import F32

from .coded import MIDDLING, Coded, Job, peer

ALL_ROWS = 1 << 20
OPQ_ROUNDS = 50
FULL_SHARE = 0.8


def groups_at(dim: int, nbytes: int, bits: int) -> int | None:
    """Groups of `bits` bits that spend at most nbytes and divide dim; None when they would leave more than a fifth of the bytes unspent."""
    fitting = [groups for groups in range(1, dim + 1) if dim % groups == 0 and groups * bits <= 8 * nbytes]
    most = max(fitting, default=0)
    return most if most * bits >= FULL_SHARE * 8 * nbytes else None


def quantizer(dim: int, groups: int, bits: int, seed: int) -> faiss.ProductQuantizer:
    """A quantizer that trains on every row it is given."""
    made = faiss.ProductQuantizer(dim, groups, bits)
    made.cp.max_points_per_centroid, made.cp.min_points_per_centroid, made.cp.seed = ALL_ROWS, 1, seed + 1
    return made


def product(job: Job, settings: dict) -> Coded:
    """PQ, behind an OPQ rotation when the settings say how many rounds; `dims` below the rows' own lets OPQ reduce them first."""
    train = np.ascontiguousarray(job.train[np.random.default_rng(job.seed).permutation(len(job.train))])
    dim, groups, bits = job.rows.shape[1], settings["groups"], settings["bits"]
    dims = settings.get("dims", dim)
    start = time.process_time()
    chain = None
    if settings.get("rounds"):
        chain = faiss.OPQMatrix(dim, groups, dims)
        chain.niter, chain.max_train_points = settings["rounds"], ALL_ROWS
        chain.pq = quantizer(dims, groups, bits, job.seed)
        chain.train(train)
        train = chain.apply(train)
    pq = quantizer(dims, groups, bits, job.seed)
    pq.cp.niter = settings["niter"]
    pq.train(train)
    fitted = time.process_time()
    turned = job.rows if chain is None else chain.apply(np.ascontiguousarray(job.rows))
    codes = pq.compute_codes(turned)
    coded = time.process_time()
    decoded = pq.decode(codes)
    if chain is not None:
        decoded = chain.reverse_transform(decoded)
    state = 2 * (dims << bits) + (0 if chain is None else 2 * dim * dims)
    return Coded(groups * bits / 8, state, decoded, scan=_scan(pq, chain, codes), fit_s=fitted - start, encode_s=coded - fitted)


def _scan(pq: faiss.ProductQuantizer, chain: faiss.OPQMatrix | None, codes: np.ndarray) -> object:
    index = faiss.IndexPQ(pq.d, pq.M, pq.nbits, faiss.METRIC_INNER_PRODUCT)
    index.pq, index.is_trained, index.ntotal = pq, True, len(codes)
    faiss.copy_array_to_vector(np.ascontiguousarray(codes).ravel(), index.codes)

    def scan(query: F32) -> object:
        return index.search(query if chain is None else chain.apply(query), 100)

    return scan


def _plan(bits: int, *, rounds: int = 0, share: int = 1) -> object:
    def plan(dim: int, nbytes: int) -> dict | None:
        groups = groups_at(dim // share, nbytes, bits)
        settings = {"groups": groups, "bits": bits, "niter": 25}
        more = ({"rounds": rounds} if rounds else {}) | ({"dims": dim // share} if share > 1 else {})
        return settings | more if groups else None

    return plan


peer("faiss PQ", _plan(8))(product)
peer("faiss PQ 4 bit", _plan(4))(product)
peer("faiss OPQ", _plan(8, rounds=OPQ_ROUNDS), cost=MIDDLING)(product)
for bits in (5, 6, 7):
    peer(f"faiss PQ {bits} bit", _plan(bits), small_books=True)(product)
for bits in (4, 5, 6, 7):
    peer(f"faiss OPQ {bits} bit", _plan(bits, rounds=OPQ_ROUNDS), small_books=True)(product)
    peer(f"faiss OPQ {bits} bit on half the dims", _plan(bits, rounds=OPQ_ROUNDS, share=2), small_books=True)(product)

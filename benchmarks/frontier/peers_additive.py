"""Additive quantizers of faiss: RQ (Chen et al., 2010) with a beam, LSQ (Martinez et al., 2018), and PRQ, residual quantizers side by side."""

import time

import faiss
import numpy as np

from .coded import MIDDLING, SLOW, Coded, Job, peer

BEAM_FIT, BEAM_CODE = 5, 16
# With more levels one fit takes more than a result may.
MOST_LEVELS_TEXT, MOST_LEVELS = 64, 33
MOST_REFINED = 17


def _additive(job: Job, settings: dict, made: object, width: int) -> Coded:
    start = time.process_time()
    train = np.ascontiguousarray(job.train[np.random.default_rng(job.seed).permutation(len(job.train))][: settings.get("rows", len(job.train))])
    made.train(train)
    for part in parts_of(made):
        if isinstance(part, faiss.ResidualQuantizer):
            # The beam through tables of products between codebooks: the same codes, five times faster.
            part.max_beam_size, part.use_beam_LUT = BEAM_CODE, 1
            part.compute_codebook_tables()
    fitted = time.process_time()
    codes = np.concatenate([made.compute_codes(np.ascontiguousarray(job.rows[first : first + 8_192])) for first in range(0, len(job.rows), 8_192)])
    coded = time.process_time()
    levels, bits = settings["levels"], settings["bits"]
    state = 2 * levels * (width << bits)
    return Coded(settings.get("splits", 1) * levels * bits / 8, state, made.decode(codes), fit_s=fitted - start, encode_s=coded - fitted)


def parts_of(made: object) -> list:
    """The quantizers side by side in a product of them, or the one itself."""
    if not isinstance(made, faiss.ProductResidualQuantizer):
        return [made]
    return [faiss.downcast_Quantizer(made.subquantizer(number)) for number in range(made.nsplits)]


def _tune(part: object, settings: dict, seed: int) -> None:
    part.max_beam_size = BEAM_FIT
    part.cp.seed = seed + 1
    # Level by level, then all codebooks refitted together to the codes: better than faiss's default of growing dimensions wherever both were tried.
    part.train_type = faiss.ResidualQuantizer.Train_refine_codebook if settings["refined"] else faiss.ResidualQuantizer.Train_default


def residual(job: Job, settings: dict) -> Coded:
    """RQ: fitted with a beam of 5, coded with one of 16."""
    made = faiss.ResidualQuantizer(job.rows.shape[1], settings["levels"], settings["bits"])
    _tune(made, settings, job.seed)
    return _additive(job, settings, made, job.rows.shape[1])


def split_residual(job: Job, settings: dict) -> Coded:
    """PRQ: `splits` residual quantizers side by side, each of `levels` levels over its share of the dimensions."""
    dim = job.rows.shape[1]
    made = faiss.ProductResidualQuantizer(dim, settings["splits"], settings["levels"], settings["bits"])
    for part in parts_of(made):
        _tune(part, settings, job.seed)
    return _additive(job, settings, made, dim)


def local_search(job: Job, settings: dict) -> Coded:
    """LSQ with faiss's own iterations."""
    made = faiss.LocalSearchQuantizer(job.rows.shape[1], settings["levels"], settings["bits"])
    made.random_seed = job.seed + 1
    made.train_iters, made.train_ils_iters, made.encode_ils_iters = settings["iterations"], settings["searches"], settings["code_searches"]
    return _additive(job, settings, made, job.rows.shape[1])


def _levels(dim: int, nbytes: int) -> dict | None:
    most = MOST_LEVELS_TEXT if dim > 256 else MOST_LEVELS
    # Refitting all books is a least squares of levels * 256 unknowns: on text, and beyond 17 levels, it alone would take longer than a fit may.
    return {"levels": nbytes, "bits": 8, "beam": [BEAM_FIT, BEAM_CODE], "refined": dim <= 256 and nbytes <= MOST_REFINED} if nbytes <= most else None


def _splits(levels: int, bits: int) -> object:
    def plan(dim: int, nbytes: int) -> dict | None:
        splits, rest = divmod(8 * nbytes, levels * bits)
        if rest >= 8 or splits < 2 or dim % splits:
            return None
        return {"splits": splits, "levels": levels, "bits": bits, "beam": [BEAM_FIT, BEAM_CODE], "refined": dim <= 256 or levels <= 4}

    return plan


def _searched(dim: int, nbytes: int) -> dict | None:
    fits = nbytes <= 17
    return {"levels": nbytes, "bits": 8, "iterations": 25, "searches": 8, "code_searches": 16} if fits else None


peer("faiss RQ", _levels, cost=MIDDLING, limit_s=900)(residual)
for levels in (4, 8):
    peer(f"faiss PRQ {levels} levels", _splits(levels, 8), cost=MIDDLING)(split_residual)
for levels in (2, 4, 8):
    peer(f"faiss PRQ {levels} levels 4 bit", _splits(levels, 4), small_books=True)(split_residual)
peer("faiss LSQ", _searched, cost=SLOW, limit_s=300)(local_search)

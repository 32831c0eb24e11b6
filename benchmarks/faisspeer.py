"""faiss's optimized product quantizer, trained its own way on one thread: the peer of the quality figures."""

import faiss
import numpy as np

from rankfold.arrays import F32, row_norms, unit_rows
from rankfold.fitting import logbyte

DEFAULT_ROUNDS = 50
MOST_ROWS = 1 << 20


def opq(train: F32, x: F32, groups: int, *, rounds: int = DEFAULT_ROUNDS, seed: int = 0) -> tuple[F32, int]:
    """Fit OPQ with 8-bit groups on the rows `train`, code the rows x (n, d) -> decoded rows (n, d) and the bytes of its books and rotation (float32)."""
    faiss.omp_set_num_threads(1)
    dim = x.shape[1]
    train = np.ascontiguousarray(train[np.random.default_rng(seed).permutation(len(train))])
    turn = faiss.OPQMatrix(dim, groups)
    turn.niter, turn.max_train_points = rounds, MOST_ROWS
    turn.pq = _quantizer(dim, groups)
    turn.train(train)
    quantizer = _quantizer(dim, groups)
    quantizer.train(turn.apply(train))
    decoded = turn.reverse_transform(quantizer.decode(quantizer.compute_codes(turn.apply(np.ascontiguousarray(x)))))
    return decoded, 4 * dim * dim + 4 * 256 * dim


def _quantizer(dim: int, groups: int) -> faiss.ProductQuantizer:
    quantizer = faiss.ProductQuantizer(dim, groups, 8)
    # All rows count, and small tables need no warning.
    quantizer.cp.max_points_per_centroid, quantizer.cp.min_points_per_centroid = MOST_ROWS, 1
    return quantizer


def opq_with_norms(x: F32, groups: int, *, seed: int = 0) -> tuple[F32, int]:
    """The same on unit directions, with our one-byte length beside it: what faiss would do if it kept norms apart."""
    decoded, state_bytes = opq(unit_rows(x), unit_rows(x), groups, seed=seed)
    norms = row_norms(x)
    grid = logbyte.fit_logbyte(norms)
    ratio = norms / np.maximum(row_norms(decoded), 1e-20)
    return decoded * logbyte.decode(grid, logbyte.encode(grid, ratio))[:, None], state_bytes

"""Fewer dimensions before a peer's code: the leading directions of the uncentred second moment, so that dot products and cosines stay what they are."""

import numpy as np

from rankfold.arrays import F32


def leading(train: F32, dims: int) -> F32:
    """Orthonormal columns (d, dims) that keep most of the squared length of train (t, d)."""
    values, vectors = np.linalg.eigh(train.T.astype(np.float64) @ train)
    return np.ascontiguousarray(vectors[:, ::-1][:, :dims], dtype=np.float32)


def turned(dims: int, seed: int) -> F32:
    """A random rotation (dims, dims), given by its seed."""
    gauss = np.random.default_rng(seed).normal(size=(dims, dims))
    q, r = np.linalg.qr(gauss)
    return (q * np.sign(np.diag(r))).astype(np.float32)

"""Rotations: a random one made of sign flips and Hadamard transforms, the principal axes, and the best fit between two sets of rows.

The random one follows Ailon and Chazelle, "The fast Johnson-Lindenstrauss transform", 2009: rounds of random signs and a Walsh-Hadamard transform.
It needs additions only, row by row, so that its results are the same bits on every machine and for every batch.
"""

from collections.abc import Callable

import numpy as np

from ..arrays import F32, blocks

CACHE_VALUES = 1 << 16


def random_signs(dim: int, rng: np.random.Generator) -> np.ndarray:
    """The random rotation of `dim` coordinates, as signs int8 (rounds, dim) of -1 and 1.

    Three rounds when dim is a power of two; else five, so that every coordinate meets every other one.
    """
    return (rng.integers(0, 2, (len(_mixers(dim)), dim)) * 2 - 1).astype(np.int8)


def rotate(signs: np.ndarray, x: F32) -> F32:
    """Rows (n, d) turned by the rotation `signs` (rounds, d); lengths and dot products stay as they are."""
    return _turned(signs, x, inverse=False)


def unrotate(signs: np.ndarray, y: F32) -> F32:
    """What `rotate` made of rows, turned back: (n, d) -> (n, d)."""
    return _turned(signs, y, inverse=True)


def _turned(signs: np.ndarray, x: F32, *, inverse: bool) -> F32:
    out = np.empty(x.shape, np.float32)
    rounds = list(zip(signs.astype(np.float32)[:, :, None], _mixers(signs.shape[1]), strict=True))
    for start, stop in blocks(x.shape[0], max(16, CACHE_VALUES // x.shape[1])):
        # Coordinates come first while turning: then every step adds long runs of memory.
        part = np.array(x[start:stop].T, np.float32, order="C")
        # Every step undoes itself, so the inverse is the same steps backwards.
        for line, mixer in reversed(rounds) if inverse else rounds:
            if inverse:
                mixer(part)
                part *= line
            else:
                part *= line
                mixer(part)
        out[start:stop] = part.T
    return out


def _mixers(dim: int) -> list[Callable[[F32], None]]:
    """The steps that follow each line of signs: Hadamard transforms of the largest power of two, at the front and at the back, and a blend of both halves."""
    size = 1 << (dim.bit_length() - 1)

    def front(x: F32) -> None:
        _hadamard(x[:size])

    def back(x: F32) -> None:
        _hadamard(x[dim - size :])

    return [front] * 3 if size == dim else [front, back, _blend_halves, front, back]


def _hadamard(x: F32) -> None:
    """Orthonormal Walsh-Hadamard transform of columns (p, n), p a power of two, in place."""
    size, count = x.shape
    width = 1
    while width < size:
        pairs = x.reshape(size // (2 * width), 2, width, count)
        difference = pairs[:, 0] - pairs[:, 1]
        pairs[:, 0] += pairs[:, 1]
        pairs[:, 1] = difference
        width *= 2
    x *= np.float32(1 / np.sqrt(size))


def _blend_halves(x: F32) -> None:
    """Of columns (d, n), coordinate i of the first half and of the last half become their sum and difference over the root of 2, in place.

    An odd one in the middle stays.
    """
    half = x.shape[0] // 2
    first, last = x[:half], x[x.shape[0] - half :]
    root = np.float32(np.sqrt(0.5))
    difference = (first - last) * root
    first += last
    first *= root
    last[:] = difference


def pca(x: F32, weight: F32, *, centre: bool) -> tuple[F32, F32]:
    """Principal axes of weighted rows (n, d), (n,) -> mean float32 (d,), zeros unless `centre`; axes float32 (d, d), one a line, the strongest first.

    Each axis has its largest component positive, so that the result does not depend on the eigenvalue routine's choice of sign.
    """
    share = weight.astype(np.float64) / weight.sum(dtype=np.float64)
    mean = np.zeros(x.shape[1])
    moment = np.zeros((x.shape[1], x.shape[1]))
    if centre:
        mean = share @ x
    for start, stop in blocks(x.shape[0], 8_192):
        part = x[start:stop].astype(np.float64) - mean
        moment += (part * share[start:stop, None]).T @ part
    axes = np.linalg.eigh((moment + moment.T) / 2)[1].T[::-1]
    peak = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return mean.astype(np.float32), np.ascontiguousarray(axes * np.where(peak < 0, -1, 1), dtype=np.float32)


def procrustes(a: F32, b: F32, weight: F32 | None = None) -> F32:
    """The orthogonal matrix r, float32 (d, d), that brings the rows a @ r closest to the rows b, both (n, d), in weighted squared distance.

    Schoenemann, "A generalized solution of the orthogonal Procrustes problem", 1966.
    """
    left = a.astype(np.float64)
    if weight is not None:
        left = left * weight[:, None]
    u, _, v = np.linalg.svd(left.T @ b.astype(np.float64))
    return np.ascontiguousarray(u @ v, dtype=np.float32)

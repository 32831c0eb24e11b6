"""Additive codebooks: a row is a sum of one codeword a level. Search for the codewords, and the best codebooks for given codewords.

Search: beam search by tables of dot products, Babenko and Lempitsky, "Additive quantization for extreme vector compression", 2014. Codebooks: greedy
k-means on what is left over (Chen, Guan and Wang, "Approximate nearest neighbor search by residual vector quantization", 2010), then all levels at
once by least squares, each level shrunk as a Gaussian prior with that level's own variance asks for (ridge regression, Hoerl and Kennard 1970;
variances estimated from the codebooks: empirical Bayes, Morris 1983). Without the shrinkage the codebooks remember the rows they were fitted to.
"""

import numpy as np

from .. import kernels
from ..arrays import F32, blocks
from .kmeans import assign, half_norms, kmeans, sums
from .remembered import Remembered

SEARCH_ROWS = 4_096
ROUNDS = 4  # of k-means: the turns after it do better
RELAXATION = 1.6
LEAST_RIDGE = 1e-3
LEAST_SPREAD = 1e-20
SWEEPS = 3
DENSE = 1  # rows a codeword from which on products of co-occurrences are faster than passes over the rows

# The search tables of the codebooks used last, for several tables at once: they take longer to make than a block of rows takes to search.
_latest = Remembered()


class Tables:
    """What the beam search reads of codebooks (L, K, d): all codewords, their half squared lengths, and the dot products between levels."""

    def __init__(self, books: F32):
        levels, size, dim = books.shape
        self.flat = np.ascontiguousarray(books.reshape(levels * size, dim), np.float32)
        self.half_norms = half_norms(self.flat).reshape(levels, size)
        parts = [(self.flat[: level * size] @ self.flat[level * size : (level + 1) * size].T).ravel() for level in range(1, levels)]
        self.cross = np.concatenate(parts) if parts else np.empty(0, np.float32)

    def search(self, x: F32, width: int, levels: int | None = None) -> np.ndarray:
        """Rows (n, d) -> uint8 codes (n, levels), one codeword a level, found with `width` hypotheses in the first `levels` levels, all when None."""
        levels = len(self.half_norms) if levels is None else levels
        size = self.half_norms.shape[1]
        flat, halves = self.flat[: levels * size], self.half_norms[:levels]
        cross = self.cross[: levels * (levels - 1) // 2 * size * size]
        codes = np.empty((len(x), levels), np.uint8)
        cost = np.empty(len(x), np.float32)
        for start, stop in blocks(len(x), SEARCH_ROWS):
            dots = np.ascontiguousarray(x[start:stop] @ flat.T)
            kernels.beam(dots, cross, halves, codes[start:stop], cost[start:stop], width)
        return codes

    def lengths(self, codes: np.ndarray) -> np.ndarray:
        """Length of the sum of codewords that each of codes (n, L) stands for, float64 (n,), without summing them up: one look-up a pair of levels."""
        size = self.half_norms.shape[1]
        half = self.half_norms[np.arange(codes.shape[1]), codes].sum(axis=1, dtype=np.float64)
        columns = [column.astype(np.intp) for column in codes.T]
        first = 0
        for level, column in enumerate(columns):
            for other in range(level):
                half += self.cross[first : first + size * size].take(columns[other] * size + column)
                first += size * size
        return np.sqrt(np.maximum(2 * half, 0))


def search_tables(books: np.ndarray) -> Tables:
    """The search tables of books (L, K, d), kept until several other books have been asked for or these are gone."""
    return _latest.of((books,), lambda: Tables(books.astype(np.float32)))


def summed(books: F32, codes: np.ndarray) -> F32:
    """The rows that codes (n, L) stand for: float32 (n, d)."""
    out = books[0][codes[:, 0]]
    for book, column in zip(books[1:], codes.T[1:]):
        out += book[column]
    return out


def fit_books(x: F32, weight: F32, levels: int, size: int, rng: np.random.Generator, *, beam: int, refits: int) -> F32:
    """Books float32 (L, K, d) for rows (n, d) with weights (n,): greedy ones, then `refits` times a beam search and a ridge regression of all levels.

    All turns but the last go RELAXATION times as far as the regression says: half as many turns do, as in k-means.
    """
    centre = np.average(x, axis=0, weights=weight).astype(np.float32)
    rows = x - centre
    books, codes = greedy_books(rows, weight, levels, size, rng, rounds=ROUNDS)
    for turn in range(refits):
        if turn:
            codes = Tables(books).search(rows, beam)
        fitted = refit(rows, weight, codes, books)
        books = fitted if turn == refits - 1 else books + np.float32(RELAXATION) * (fitted - books)
    books[0] += centre
    return books


def greedy_books(x: F32, weight: F32, levels: int, size: int, rng: np.random.Generator, *, rounds: int) -> tuple[F32, np.ndarray]:
    """Level by level, k-means on what the levels before left of rows (n, d) -> books float32 (L, K, d) and the codes uint8 (n, L) met on the way."""
    books = np.empty((levels, size, x.shape[1]), np.float32)
    codes = np.empty((len(x), levels), np.uint8)
    left = x.copy()
    for level in range(levels):
        books[level] = kmeans(left, weight, size, rng, rounds=rounds)
        codes[:, level] = assign(left, books[level])[0]
        left -= books[level][codes[:, level]]
    return books, codes


def refit(x: F32, weight: F32, codes: np.ndarray, books: F32) -> F32:
    """New books (L, K, d) for rows (n, d), weights (n,) and their codes (n, L): the ridge regression that the present books call for.

    The ridge of a level is (mean squared error) / (variance of that level's codewords), both summed over dimensions. Solved level by level in SWEEPS turns
    (block Gauss-Seidel) from the present books on. What the other levels hold of a codeword's rows is summed row by row where rows are few, else by how often
    codewords occur together, of which only one level's counts are in memory.
    """
    levels, size, dim = books.shape
    weight = weight * np.float32(len(weight) / weight.sum(dtype=np.float64))
    error = _mean_square(x - summed(books, codes), weight)
    columns = [codes[:, level].astype(np.intp) for level in range(levels)]
    right = [sums(x, weight, column, size) for column in columns]
    shrunk = [mass + _ridge(books[level], mass, error) for level, (_, mass) in enumerate(right)]
    books = books.copy()
    decoded = summed(books, codes) if len(x) < DENSE * levels * size else None
    for _ in range(SWEEPS):
        for level, (total, _) in enumerate(right):
            if decoded is None:
                pull = _together(columns, level, weight, size) @ books.reshape(levels * size, dim)
            else:
                decoded -= books[level][columns[level]]
                pull = sums(decoded, weight, columns[level], size)[0]
            books[level] = (total - pull) / shrunk[level].astype(np.float32)[:, None]
            if decoded is not None:
                decoded += books[level][columns[level]]
    return books


def _together(columns: list[np.ndarray], level: int, weight: F32, size: int) -> F32:
    """Weight of the rows that hold a codeword of `level` and one of any other level, float32 (K, L * K); zeros within the level."""
    counts = np.zeros((size, len(columns) * size), np.float32)
    for other, column in enumerate(columns):
        if other != level:
            pairs = np.bincount(columns[level] * size + column, weights=weight, minlength=size * size)
            counts[:, other * size : (other + 1) * size] = pairs.reshape(size, size)
    return counts


def _ridge(book: F32, mass: np.ndarray, error: float) -> float:
    """Mean squared error over the variance of a level's codewords (K, d), which hold the weights `mass` (K,)."""
    mean = (mass @ book / mass.sum()).astype(np.float32)
    spread = float(mass @ np.square(book - mean).sum(axis=1) / mass.sum())
    return max(error / max(spread, LEAST_SPREAD), LEAST_RIDGE)


def _mean_square(x: F32, weight: F32) -> float:
    return float(np.einsum("nd,nd,n->", x, x, weight, dtype=np.float64, optimize=False) / weight.sum(dtype=np.float64))

"""Product quantization: a row is cut into groups of coordinates, and each group is one codeword of the group's own codebook.

Method: Jegou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011. rotation="learned" turns the rows first so that the groups
lose as little as possible: Ge, He, Ke and Sun, "Optimized product quantization", 2013 (eigenvalue allocation, then codewords and rotation in turns).
A query's products with all codewords are rounded to bytes; the scan returns what that rounding can do to a score. Codebooks and rotation are float16.
Bytes a row: groups * bits / 8.
"""

from collections.abc import Iterator

import numpy as np

from .. import kernels
from ..arrays import F32, blocks
from ..codec import check_choice, check_range, codec
from ..codes import Codes
from ..errors import SpecError
from ..fitting.kmeans import assign, kmeans, lloyd_round, sums
from ..fitting.rotation import pca, procrustes
from ..fitting.tables import quantize_tables, table_sums

ROUNDS = 32
TURNS = 40  # of codewords and rotation
TURN_ROWS = 128  # rows a codeword that a turn looks at
STRIDE = np.float32(1.6)  # further than to the means, as in `fitting.kmeans`
SETTLING = 6  # rounds on all rows once the rotation stands
ROTATE_ROWS = 8_192


@codec("pq", version=1, slack=0.02, shrinks=True)
class PQ:
    groups: int = 16
    bits: int = 8
    rotation: str = "none"

    def __post_init__(self):
        check_range("groups", self.groups, 1, 4096)
        check_choice("rotation", self.rotation, ("none", "learned"))
        if self.bits not in (4, 8) or (self.bits == 4 and self.groups % 2):
            raise SpecError(f"bits: got {self.bits!r} for {self.groups} groups; expected 8, or 4 with an even number of groups.")

    def fit(self, x, weight, rng):
        self.row_bytes(x.shape[1])
        scale = power_of_two(x)
        padded = self._padded(x) * np.float32(1 / scale)
        state = {"scale": np.array([scale], np.float32), "dim": np.array([x.shape[1]], np.int32)}
        if self.rotation == "learned":
            rotation, books = self._learn_rotation(padded, weight, rng)
            rotation = rotation.astype(np.float16)
            state["rotation"] = np.ascontiguousarray(rotation[: x.shape[1]])
            parts = self._cut(rotated(padded, rotation.astype(np.float32)))
            books = [settled(part, weight, book) for part, book in zip(parts, books)]
        else:
            books = [kmeans(part, weight, 1 << self.bits, rng, rounds=ROUNDS) for part in self._cut(padded)]
        state["books"] = np.stack(books).astype(np.float16)
        return state

    def encode(self, state, x):
        turned = self._turn(state, x) * (1 / state["scale"])
        labels = [assign(part, book.astype(np.float32))[0] for part, book in zip(self._cut(turned), state["books"])]
        codes = np.stack(labels, axis=1).astype(np.uint8)
        return {"codes": codes if self.bits == 8 else codes[:, ::2] | (codes[:, 1::2] << np.uint8(4))}

    def decode(self, state, codes):
        columns = self._labels(codes)
        books = state["books"].astype(np.float32, copy=False)
        rows = np.concatenate([book[column] for book, column in zip(books, columns.T)], axis=1)
        if self.rotation == "learned":
            rows = rows @ state["rotation"].astype(np.float32, copy=False).T
        return np.ascontiguousarray(rows[:, : int(state["dim"][0])]) * state["scale"]

    def pull(self, state, codes, gradient):
        # The rotation stays: encoding needs it orthogonal.
        parts = self._cut(np.ascontiguousarray(self._turn(state, gradient)) * state["scale"])
        ones = np.ones(len(gradient), np.float32)
        columns = self._labels(codes).T
        return {"books": np.stack([sums(part, ones, column, 1 << self.bits)[0] for part, column in zip(parts, columns)])}

    def prepare(self, state, queries):
        turned = self._turn(state, queries) * state["scale"]
        parts = turned.reshape(len(turned), self.groups, -1)
        tables = np.ascontiguousarray(np.einsum("qgs,gks->qgk", parts, state["books"].astype(np.float32, copy=False), optimize=True))
        return {"exact": tables} | quantize_tables(tables)

    def pack(self, state, codes):
        return {"blocks": kernels.interleave(np.ascontiguousarray(codes["codes"]))}

    def scan(self, prepared, packed, out):
        scan = kernels.lut8 if self.bits == 8 else kernels.lut4
        scan(prepared["tables"], packed["blocks"], prepared["step"], prepared["offset"], out)
        return prepared["bound"]

    def scan_top(self, prepared, packed, scale, first, top_scores, top_rows):
        rank = kernels.lut8_top if self.bits == 8 else kernels.lut4_top
        rank(prepared["tables"], packed["blocks"], prepared["step"], prepared["offset"], scale, first, top_scores, top_rows)
        return prepared["bound"] * scale.max(initial=0.0)

    def score(self, state, prepared, numbers, codes):
        return table_sums(prepared["exact"], numbers, self._labels(codes))

    def row_bytes(self, dim):
        if self.groups > dim:
            raise SpecError(f"groups: got {self.groups} for {dim} dimensions; expected at most {dim}.")
        return self.groups * self.bits // 8

    @classmethod
    def ladder(cls, dim):
        for groups in (8, 16, 32, 64):
            if groups <= dim:
                yield cls(groups=groups)
                yield cls(groups=groups, rotation="learned")

    def _labels(self, codes: Codes) -> np.ndarray:
        """One codeword number a group, uint8 (n, groups)."""
        columns = codes["codes"]
        return columns if self.bits == 8 else np.stack([columns & 15, columns >> 4], axis=2).reshape(len(columns), self.groups)

    def _padded(self, x: F32) -> F32:
        """Rows (n, d) with zeros behind them, to a whole number of coordinates a group."""
        spare = -x.shape[1] % self.groups
        return np.pad(x, ((0, 0), (0, spare))) if spare else x

    def _cut(self, x: F32) -> Iterator[F32]:
        """Padded rows (n, D) -> one contiguous (n, D / groups) a group, one at a time."""
        return (np.ascontiguousarray(part) for part in np.split(x, self.groups, axis=1))

    def _turn(self, state, x: F32) -> F32:
        if self.rotation == "learned":
            return x @ state["rotation"].astype(np.float32, copy=False)
        return self._padded(x)

    def _learn_rotation(self, x: F32, weight: F32, rng: np.random.Generator) -> tuple[F32, list[F32]]:
        """Padded rows (n, D) -> orthogonal (D, D), and a book a group for what is cut from rows @ it, both learned on a sample."""
        size = 1 << self.bits
        wanted = min(len(x), TURN_ROWS * size)
        which = np.sort(rng.choice(len(x), wanted, replace=False))
        x, weight = np.ascontiguousarray(x[which]), weight[which]
        rotation = balanced_axes(x, weight, self.groups)
        books = [kmeans(part, weight, size, rng, rounds=8) for part in self._cut(rotated(x, rotation))]
        for _ in range(TURNS):
            parts = list(self._cut(rotated(x, rotation)))
            books = [book + STRIDE * (lloyd_round(part, weight, book) - book) for part, book in zip(parts, books)]
            decoded = np.concatenate([book[assign(part, book)[0]] for part, book in zip(parts, books)], axis=1)
            rotation = procrustes(x, decoded, weight)
        return rotation, books


def settled(x: F32, weight: F32, book: F32) -> F32:
    """The book (K, s) after SETTLING rounds of k-means on all rows (n, s)."""
    for _ in range(SETTLING):
        book = lloyd_round(x, weight, book)
    return book


def power_of_two(x: F32) -> float:
    """The power of two next above the largest value, 1 for zeros: rows divided by it suit float16."""
    peak = float(np.abs(x).max(initial=0.0))
    return float(2.0 ** np.ceil(np.log2(peak))) if peak > 0 else 1.0


def rotated(x: F32, rotation: F32) -> F32:
    """x @ rotation, block by block."""
    out = np.empty((len(x), rotation.shape[1]), np.float32)
    for start, stop in blocks(len(x), ROTATE_ROWS):
        np.matmul(x[start:stop], rotation, out=out[start:stop])
    return out


def balanced_axes(x: F32, weight: F32, groups: int) -> F32:
    """Principal axes dealt to the groups, (D, D): each in turn, the strongest first, goes to the group with the smallest product of variances so far."""
    _, axes = pca(x, weight, centre=True)
    variance = np.var(x @ axes.T, axis=0, dtype=np.float64)
    logs = np.log(np.maximum(variance, variance.max() * 1e-9) + np.finfo(np.float64).tiny)
    logs -= logs.min()
    room = len(axes) // groups
    load = np.zeros(groups)
    held: list[list[int]] = [[] for _ in range(groups)]
    for axis in range(len(axes)):
        group = min((g for g in range(groups) if len(held[g]) < room), key=lambda g: (load[g], g))
        held[group].append(axis)
        load[group] += logs[axis]
    return np.ascontiguousarray(axes[[axis for group in held for axis in group]].T)

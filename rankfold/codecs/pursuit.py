"""Pursuit codes: the sum of a few signed atoms of a dictionary that comes nearest to the row. The coarse level of `layered` where rows are many.

Atoms, their search and their order are those of `sparse` (orthogonal matching pursuit: Pati, Rezaiifar and Krishnaprasad, 1993). `sparse` spends a byte to
bring rows back to their length; here the magnitudes themselves are named by one byte, from a book of 256 that least squared error was left by. Rows come
nearer for a byte less, and too short: what is left is for a finer level, or for `unit` and `normed` around the codec, to repair. Any first atoms of a row
decode (`decode_levels`). `dictionary` is the number of atoms, at most; each takes 2 bytes a dimension in the state. `passes`: how many times the rows are coded
while it is learned (`benchmarks/coarse.py` compares).
Bytes a row: ceil(nonzeros * (index bits + 1) / 8) + 1, where the index bits count the atoms of the dictionary. Slack 0.001.
"""

import numpy as np

from .. import kernels
from ..arrays import row_norms
from ..codec import check_range, codec
from ..fitting.bitpack import pack_bits, packed_bytes, unpack_bits
from ..fitting.dictionary import learn_dictionary, summed_atoms
from ..fitting.kmeans import assign, kmeans, sums
from ..fitting.profiles import ROUNDS, SIZE, fall
from ..fitting.remembered import Remembered
from ..fitting.sparsecoding import omp_codes
from ..fitting.tables import FLOAT_SLOP
from ..kernels.sparse import MAX_NONZEROS
from ..kernels.whole_sparse import whole_products, whole_values
from .pq import power_of_two

MOST_MAGNITUDE = 60_000.0  # what float16 holds: atoms that nearly depend on each other may have huge values
VALUES_ROWS = 20_000  # books of 256 learn nothing from more

_known = Remembered()


@codec("pursuit", version=1, shrinks=True)
class Pursuit:
    nonzeros: int = 8
    dictionary: int = 4_096
    passes: int = 12

    def __post_init__(self):
        check_range("dictionary", self.dictionary, 2, 32_768)
        check_range("nonzeros", self.nonzeros, 1, min(MAX_NONZEROS, self.dictionary))
        check_range("passes", self.passes, 1, 100)

    def fit(self, x, weight, rng):
        scale = np.array([power_of_two(x)], np.float32)
        sized = x * (1 / scale)
        atoms = learn_dictionary(sized, weight, self.dictionary, self.nonzeros, rng, passes=self.passes).astype(np.float16)
        which = np.sort(rng.permutation(len(x))[:VALUES_ROWS])
        value = fall(*omp_codes(atoms, sized[which], self.nonzeros))[1]
        return {"atoms": atoms, "magnitudes": _learn_magnitudes(value, weight[which], rng), "scale": scale}

    def encode(self, state, x):
        index, value = fall(*omp_codes(state["atoms"], x * (1 / state["scale"]), self.nonzeros))
        numbers = index.astype(np.uint16) | ((value < 0).astype(np.uint16) << self._index_bits())
        return {"atoms": pack_bits(numbers, self._index_bits() + 1), "magnitude": _nearest_magnitudes(state["magnitudes"], value)}

    def chosen(self, state, codes):
        """index (n, k) int32 and value (n, k) float32 of the atoms of each row, the largest first, before the scale of the state."""
        numbers = unpack_bits(codes["atoms"], self._index_bits() + 1, self.nonzeros)
        index = np.minimum((numbers & ((1 << self._index_bits()) - 1)).astype(np.int32), len(state["atoms"]) - 1)
        size = state["magnitudes"].astype(np.float32, copy=False)[codes["magnitude"]]
        return index, np.where(numbers >> self._index_bits() > 0, -size, size)

    def decode(self, state, codes):
        return self.decode_levels(state, codes, self.nonzeros)

    def depth(self):
        """How many levels a row has: its atoms, the strongest first."""
        return self.nonzeros

    def decode_levels(self, state, codes, levels):
        """What the first atoms of codes say of the rows, float32 (n, d)."""
        index, value = self.chosen(state, codes)
        return summed_atoms(state["atoms"].astype(np.float32, copy=False), index[:, :levels], value[:, :levels] * state["scale"])

    def pull(self, state, codes, gradient):
        index, value = self.chosen(state, codes)
        slopes, ones = np.zeros(state["atoms"].shape, np.float32), np.ones(len(gradient), np.float32)
        for place, factor in zip(index.T, value.T * state["scale"], strict=True):
            slopes += sums(gradient * factor[:, None], ones, place, len(slopes))[0]
        return {"atoms": slopes}

    def prepare(self, state, queries):
        sized = queries * state["scale"]
        products = sized @ state["atoms"].astype(np.float32, copy=False).T
        whole, step, bound = whole_products(products, self._whole(state))
        most = float(self._whole(state).most.sum())
        return {"products": products, "whole": whole, "step": step, "bound": bound + FLOAT_SLOP * np.float32(most) * row_norms(sized)}

    def _whole(self, state):
        """The book of magnitudes as whole numbers."""
        book = state["magnitudes"]
        return _known.of((book,), lambda: whole_values(book, self.nonzeros))

    def pack(self, state, codes):
        columns = {"index": codes["atoms"], "profile": codes["magnitude"], "profiles": self._whole(state).whole}
        return {name: np.ascontiguousarray(array) for name, array in columns.items()} | {"scale": np.zeros(codes.count, np.uint8)}

    def scan(self, prepared, packed, out):
        none, one = np.empty(0, np.uint8), np.ones(SIZE, np.float32)
        values = {"codes": np.empty((len(packed["index"]), 0), np.uint8), "levels": np.empty(0, np.int16), "scales": one, "fine": none, "fines": one}
        kernels.sparse_scan(prepared["whole"], index_bits=self._index_bits(), **packed, **values, step=prepared["step"], out=out)  # type: ignore[arg-type]
        return prepared["bound"]

    def score(self, state, prepared, numbers, codes):
        index, value = self.chosen(state, codes)
        return np.einsum("nk,nk->n", prepared["products"][numbers[:, None], index], value)

    def row_bytes(self, dim):
        return packed_bytes(self.nonzeros, self._index_bits() + 1) + 1

    @classmethod
    def ladder(cls, dim):
        for nonzeros in (4, 8, 16):
            if nonzeros <= dim:
                yield cls(nonzeros=nonzeros)

    def _index_bits(self):
        return (self.dictionary - 1).bit_length()


def _learn_magnitudes(value, weight, rng):
    """A book float16 (SIZE, k) of magnitudes for values (n, k) in falling order with weights (n,). The first are zeros, for rows that are."""
    told = value.any(axis=1) & (weight > 0)
    book = np.zeros((SIZE, value.shape[1]), np.float32)
    if told.any():
        book[1:] = kmeans(np.minimum(np.abs(value[told]), np.float32(MOST_MAGNITUDE)), np.ascontiguousarray(weight[told]), SIZE - 1, rng, rounds=ROUNDS)
    return book.astype(np.float16)


def _nearest_magnitudes(book, value):
    """The number of the entry that the magnitudes of each row of values (n, k) are nearest to, uint8 (n,)."""
    return assign(np.minimum(np.abs(value), np.float32(MOST_MAGNITUDE)), book.astype(np.float32))[0].astype(np.uint8)

"""Residual quantization: each level's codeword codes what the levels before left over; a row is the sum of one codeword a level.

Method: Chen, Guan and Wang, "Approximate nearest neighbor search by residual vector quantization", 2010, with the beam search and the joint codebooks of
Babenko and Lempitsky, "Additive quantization for extreme vector compression", 2014, and a ridge that makes them suit rows not seen before (see
`fitting/additive.py`). Query products with all codewords are rounded to bytes, as in `pq`; the scan returns what that rounding can do to a score.
Codebooks are float16. A state that holds more levels serves as well: only the first `levels` of them are read, so rows of several lengths share one state.
Bytes a row: levels.
"""

from dataclasses import replace

import numpy as np

from .. import kernels
from ..codec import check_range, codec
from ..codes import Codes
from ..fitting.additive import fit_books, search_tables, summed
from ..fitting.kmeans import sums
from ..fitting.tables import quantize_tables, table_sums
from .pq import power_of_two

SIZE = 256
FIT_BEAM = 4  # wider searches while fitting cost time and gave no better books


@codec("residual", version=1, slack=0.02, shrinks=True)
class Residual:
    levels: int = 16
    beam: int = 8
    refits: int = 8

    def __post_init__(self):
        check_range("levels", self.levels, 1, kernels.MAX_BEAM_LEVELS)
        check_range("beam", self.beam, 1, kernels.MAX_BEAM)
        check_range("refits", self.refits, 0, 100)

    def fit(self, x, weight, rng):
        scale = np.array([power_of_two(x)], np.float32)
        books = fit_books(x * (1 / scale), weight, self.levels, SIZE, rng, beam=min(self.beam, FIT_BEAM), refits=self.refits)
        return {"books": books.astype(np.float16), "scale": scale}

    def encode(self, state, x):
        return {"codes": search_tables(state["books"]).search(x * (1 / state["scale"]), self.beam, self.levels)}

    def decode(self, state, codes):
        return summed(state["books"].astype(np.float32, copy=False), codes["codes"]) * state["scale"]

    def lengths(self, state, codes):
        """Length of every decoded row, float64 (n,), without decoding it."""
        return search_tables(state["books"]).lengths(codes["codes"]) * state["scale"].astype(np.float64)

    def pull(self, state, codes, gradient):
        step = gradient * state["scale"]
        books = np.zeros(state["books"].shape, np.float32)
        ones = np.ones(len(step), np.float32)
        for book, column in zip(books, codes["codes"].T):
            book += sums(step, ones, column, SIZE)[0]
        return {"books": books}

    def depth(self):
        """How many levels a row has."""
        return self.levels

    def decode_levels(self, state, codes, levels):
        """What the first levels of codes say of the rows, float32 (n, d)."""
        return self.decode(state, Codes({"codes": codes["codes"][:, :levels]}))

    def prepare(self, state, queries):
        books = state["books"][: self.levels]
        levels, size, dim = books.shape
        products = (queries * state["scale"]) @ books.astype(np.float32, copy=False).reshape(levels * size, dim).T
        tables = products.reshape(len(queries), levels, size)
        return {"exact": tables} | quantize_tables(tables)

    def pack(self, state, codes):
        return {"blocks": kernels.interleave(np.ascontiguousarray(codes["codes"]))}

    def scan(self, prepared, packed, out):
        kernels.lut8(prepared["tables"], packed["blocks"], prepared["step"], prepared["offset"], out)
        return prepared["bound"]

    def scan_top(self, prepared, packed, scale, first, top_scores, top_rows):
        kernels.lut8_top(prepared["tables"], packed["blocks"], prepared["step"], prepared["offset"], scale, first, top_scores, top_rows)
        return prepared["bound"] * scale.max(initial=0.0)

    def score(self, state, prepared, numbers, codes):
        return table_sums(prepared["exact"], numbers, codes["codes"])

    def row_bytes(self, dim):
        return self.levels

    def shorter(self):
        """The codecs of fewer levels that read this codec's state."""
        return [replace(self, levels=levels) for levels in range(1, self.levels)]

    @classmethod
    def ladder(cls, dim):
        for levels in (4, 8, 16, 32):
            yield cls(levels=levels)

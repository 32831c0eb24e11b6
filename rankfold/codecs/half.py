"""Sixteen-bit floats: half the bytes, nearly nothing lost. The baseline others must beat.

A row x is stored as float16(x / scale) with one power of two `scale` for the whole table, so that neither large nor tiny values leave float16's range.
Bytes a row: 2 * dim.
"""

import numpy as np

from ..codec import codec

LARGEST = 1024.0


@codec("half", version=1, any_norm=True)
class Half:
    def fit(self, x, weight, rng):
        peak = float(np.abs(x).max(initial=0.0))
        exponent = np.ceil(np.log2(peak / LARGEST)) if peak > 0 else 0.0
        return {"scale": np.array([2.0**exponent], np.float32)}

    def encode(self, state, x):
        limit = np.finfo(np.float16).max
        return {"values": np.clip(x / state["scale"], -limit, limit).astype(np.float16)}

    def decode(self, state, codes):
        return codes["values"].astype(np.float32) * state["scale"]

    def prepare(self, state, queries):
        return {"queries": queries * state["scale"]}

    def pack(self, codes):
        return {"values": codes["values"]}

    def scan(self, prepared, packed, out):
        rows = packed["values"].astype(np.float32)
        np.matmul(prepared["queries"], rows.T, out=out)
        lengths = np.sqrt(np.einsum("qd,qd->q", prepared["queries"], prepared["queries"]))
        longest = np.sqrt(np.einsum("nd,nd->n", rows, rows).max(initial=0.0))
        return np.float32(1e-6) * lengths * longest

    def row_bytes(self, dim):
        return 2 * dim

    @classmethod
    def ladder(cls, dim):
        yield cls()

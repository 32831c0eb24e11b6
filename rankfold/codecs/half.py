"""Sixteen-bit floats: half the bytes, nearly nothing lost. The baseline others must beat.

A row x is stored as float16(x / scale) with one power of two `scale` for the whole table, so that neither large nor tiny values leave float16's range.
Bytes a row: 2 * dim. Slack 0.001.
"""

import numpy as np

from ..arrays import row_norms
from ..codec import codec
from ..fitting.tables import FLOAT_SLOP

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

    def pack(self, state, codes):
        return {"values": codes["values"]}

    def scan(self, prepared, packed, out):
        rows = packed["values"].astype(np.float32)
        np.matmul(prepared["queries"], rows.T, out=out)
        return FLOAT_SLOP * row_norms(prepared["queries"]) * row_norms(rows).max(initial=0.0)

    def score(self, state, prepared, numbers, codes):
        return np.einsum("nd,nd->n", codes["values"].astype(np.float32), prepared["queries"][numbers])

    def row_bytes(self, dim):
        return 2 * dim

    @classmethod
    def ladder(cls, dim):
        yield cls()

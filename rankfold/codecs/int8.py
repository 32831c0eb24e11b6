"""Eight-bit numbers: a byte a coordinate and one scale a row. The second baseline: nearly lossless at a quarter of float32.

A row x is stored as round(127 * x / scale), where scale is the row's largest magnitude, rounded up to a one-byte logarithm so that nothing is cut off.
The query of a scan has 16 bits. Bytes a row: dim + 1. Slack 0.001.
"""

import numpy as np

from .. import kernels
from ..arrays import row_norms
from ..codec import codec
from ..fitting import logbyte
from ..fitting.tables import FLOAT_SLOP


@codec("int8", version=1, any_norm=True)
class Int8:
    def fit(self, x, weight, rng):
        return {"grid": logbyte.fit_logbyte(np.abs(x).max(axis=1))}

    def encode(self, state, x):
        scale = logbyte.encode(state["grid"], np.abs(x).max(axis=1), round_up=True)
        largest = logbyte.decode(state["grid"], scale)[:, None]
        share = np.clip(x, -largest, largest) / np.where(largest > 0, largest, 1).astype(np.float32)
        return {"values": np.rint(share * np.float32(127)).astype(np.int8), "scale": scale}

    def decode(self, state, codes):
        scale = logbyte.decode(state["grid"], codes["scale"]) / np.float32(127)
        return codes["values"] * scale[:, None]

    def prepare(self, state, queries):
        # Whole numbers small enough that no sum of products leaves 32 bits.
        top = min(32_767, (2**31 - 1) // (128 * queries.shape[1]))
        step = np.abs(queries).max(axis=1) / np.float32(top)
        wide = np.where(step > 0, step, 1).astype(np.float32)[:, None]
        rounded = np.clip(np.rint(queries / wide), -top, top).astype(np.int16)
        error = row_norms(queries - rounded * step[:, None]) + FLOAT_SLOP * row_norms(queries)
        return {"exact": queries, "queries": rounded, "step": step, "error": error, "row_scale": logbyte.query_tables(state["grid"], len(queries))}

    def pack(self, state, codes):
        return {"values": np.ascontiguousarray(codes["values"]), "scale": codes["scale"], "length": row_norms(codes["values"].astype(np.float32))}

    def scan(self, prepared, packed, out):
        scale = prepared["row_scale"][0][packed["scale"]] / np.float32(127)
        sums = np.empty(out.shape, np.int32)
        kernels.dot8(prepared["queries"], packed["values"], sums)
        out[:] = sums  # a product of int32 and float32 would go through float64
        out *= prepared["step"][:, None]
        out *= scale
        # Cauchy-Schwarz: rounding the query moves a score by at most the length of the rounding times the length of the row.
        return prepared["error"] * (packed["length"] * scale).max(initial=0.0)

    def scan_top(self, prepared, packed, scale, first, top_scores, top_rows):
        scale = prepared["row_scale"][0][packed["scale"]] / np.float32(127) * scale
        length, nothing = packed["length"], np.zeros(len(top_scores), np.float32)
        kernels.dot8_top(prepared["queries"], packed["values"], prepared["step"], nothing, scale, length.max(initial=0.0), first, top_scores, top_rows)
        return prepared["error"] * (length * scale).max(initial=0.0)

    def score(self, state, prepared, numbers, codes):
        return np.einsum("nd,nd->n", self.decode(state, codes), prepared["exact"][numbers])

    def row_bytes(self, dim):
        return dim + 1

    @classmethod
    def ladder(cls, dim):
        yield cls()

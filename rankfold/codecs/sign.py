"""Sign codes: one bit a coordinate after a random rotation, and a correction factor a row in a byte.

Row x, rotated to u, is stored as the signs of u and the factor |u|^2 / |u|_1, which makes the score of a row with itself exact and the error of any other
score an unbiased one over rotations: Vargaftik et al., "DRIVE", 2021, and "EDEN", 2022; Gao and Long, "RaBitQ", 2024.
query_bits=0 keeps the query in floats (byte tables), query_bits=8 rounds it to signed bytes that are scanned bit by bit.
Bytes a row: ceil(dim / 8) + 1. Slack 0.01.
"""

import numpy as np

from .. import kernels
from ..arrays import row_norms
from ..codec import codec
from ..errors import SpecError
from ..fitting import logbyte
from ..fitting.bitpack import pack_bits, packed_bytes, unpack_bits
from ..fitting.rotation import random_signs, rotate, unrotate
from ..fitting.tables import FLOAT_SLOP, code_tables, quantize_tables

LEVELS = np.array([-1, 1], np.float32)


@codec("sign", version=1, slack=0.01, any_norm=True)
class Sign:
    query_bits: int = 0

    def __post_init__(self):
        if self.query_bits not in (0, 8):
            raise SpecError(f"query_bits: got {self.query_bits!r}; expected 0 (floats) or 8 (signed bytes).")

    def fit(self, x, weight, rng):
        signs = random_signs(x.shape[1], rng)
        return {"signs": signs, "grid": logbyte.fit_logbyte(_factors(rotate(signs, x)))}

    def encode(self, state, x):
        u = rotate(state["signs"], x)
        return {"codes": pack_bits(u >= 0, 1), "scale": logbyte.encode(state["grid"], _factors(u))}

    def decode(self, state, codes):
        values = LEVELS[unpack_bits(codes["codes"], 1, state["signs"].shape[1])]
        return unrotate(state["signs"], values * logbyte.decode(state["grid"], codes["scale"])[:, None])

    def prepare(self, state, queries):
        turned = rotate(state["signs"], queries)
        tables = _planes(turned) if self.query_bits else quantize_tables(code_tables(turned, LEVELS, 1))
        return tables | {"queries": turned, "row_scale": logbyte.query_tables(state["grid"], len(queries))}

    def pack(self, state, codes):
        packed = _words(codes["codes"]) if self.query_bits else kernels.interleave(np.ascontiguousarray(codes["codes"]))
        return {"codes": packed, "scale": codes["scale"]}

    def scan(self, prepared, packed, out):
        scale = prepared["row_scale"][0][packed["scale"]]
        if self.query_bits:
            kernels.bits(prepared["planes"], packed["codes"], prepared["step"], prepared["offset"], out)
        else:
            kernels.lut8(prepared["tables"], packed["codes"], prepared["step"], prepared["offset"], out)
        out *= scale
        return prepared["bound"] * scale.max(initial=0.0)

    def score(self, state, prepared, numbers, codes):
        values = LEVELS[unpack_bits(codes["codes"], 1, state["signs"].shape[1])]
        return np.einsum("nd,nd->n", values, prepared["queries"][numbers]) * logbyte.decode(state["grid"], codes["scale"])

    def row_bytes(self, dim):
        return packed_bytes(dim, 1) + 1

    @classmethod
    def ladder(cls, dim):
        yield cls()
        yield cls(8)


def _factors(u):
    """|u|^2 / |u|_1 of every row, float32 (n,); 0 for rows of zeros."""
    lengths = row_norms(u).astype(np.float64)
    total = np.abs(u).sum(axis=1, dtype=np.float64)
    return (lengths * (lengths / np.where(total > 0, total, 1))).astype(np.float32)


def _words(codes):
    """Bits in bytes (n, b) -> the same bits in 64-bit words, uint64 (n, ceil(b / 8))."""
    wide = np.zeros((codes.shape[0], -(-codes.shape[1] // 8) * 8), np.uint8)
    wide[:, : codes.shape[1]] = codes
    return wide.view(np.uint64)


def _planes(queries):
    """Queries (q, d) as signed bytes in bit planes; a row's signs add what their set bits hold and take away the rest."""
    step = np.abs(queries).max(axis=1) / np.float32(127)
    whole = np.rint(queries / np.where(step > 0, step, 1).astype(np.float32)[:, None]).astype(np.int8)
    # Cauchy-Schwarz: a row of signs has the length root of d.
    error = row_norms(queries - whole * step[:, None]) + FLOAT_SLOP * row_norms(queries)
    planes = [_words(pack_bits((whole.view(np.uint8) >> plane) & 1, 1)) for plane in range(8)]
    return {
        "planes": np.stack(planes, axis=1),
        "step": 2 * step,
        "offset": -step * whole.sum(axis=1, dtype=np.int32).astype(np.float32),
        "bound": error * np.float32(queries.shape[1] ** 0.5),
    }

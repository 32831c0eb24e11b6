"""Scalar codes: 1 to 8 bits a coordinate after a random rotation, and one scale a row in a byte.

The rotation makes the coordinates of every row nearly Gaussian, so that one set of levels serves all of them. The levels are those of least squared
error (Lloyd-Max) on the sample's own coordinates. Row x, rotated to u, is stored as the nearest levels l and the scale |u|^2 / <u, l>.
That scale makes the score of a row with itself exact; Vargaftik et al., "EDEN", 2022, and Gao and Long, "RaBitQ", 2024, use it for one bit. Against the
scale of least error, <u, l> / <l, l>, and the one that keeps lengths, it found as much or more of the exact top 10 and 100 on sentence vectors (384
dimensions: .725 and .720 against .702 and .711, and .717 and .719, at one bit; within .005 from 2 bits on) and on ALS factors (128 dimensions: all three
within .006). Coordinates are rounded again once the scale has become a byte, which takes back what rounding the scale lost.
Bytes a row: ceil(dim * bits / 8) + 1. Scans of 1, 2, 4 and 8 bits go through byte tables, the other widths are unpacked. Slack 0.02.
"""

import numpy as np

from .. import kernels
from ..arrays import blocks, row_norms
from ..codec import check_range, codec
from ..fitting import logbyte
from ..fitting.bitpack import pack_bits, packed_bytes, unpack_bits
from ..fitting.grid import lloyd_max, nearest
from ..fitting.rotation import random_signs, rotate, unrotate
from ..fitting.tables import FLOAT_SLOP, code_tables, quantize_tables

FIT_VALUES = 1 << 20
SCAN_ROWS = 1_024
TABLE_BITS = (1, 2, 4, 8)


@codec("scalar", version=1, slack=0.02, any_norm=True)
class Scalar:
    bits: int = 4

    def __post_init__(self):
        check_range("bits", self.bits, 1, 8)

    def fit(self, x, weight, rng):
        signs = random_signs(x.shape[1], rng)
        y, lengths = _standard(rotate(signs, x))
        levels = _levels(y[lengths > 0], weight[lengths > 0], 2**self.bits, rng)
        return {"signs": signs, "levels": levels, "grid": logbyte.fit_logbyte(_scales(y, lengths, levels))}

    def encode(self, state, x):
        y, lengths = _standard(rotate(state["signs"], x))
        wanted = _scales(y, lengths, state["levels"])
        scale = logbyte.encode(state["grid"], wanted)
        stored = logbyte.decode(state["grid"], scale)
        share = np.clip(wanted / np.where(stored > 0, stored, 1).astype(np.float32), 0.5, 2)
        return {"codes": pack_bits(nearest(state["levels"].astype(np.float32, copy=False), y * share[:, None]), self.bits), "scale": scale}

    def decode(self, state, codes):
        values = state["levels"].astype(np.float32, copy=False)[unpack_bits(codes["codes"], self.bits, state["signs"].shape[1])]
        return unrotate(state["signs"], values * logbyte.decode(state["grid"], codes["scale"])[:, None])

    def prepare(self, state, queries):
        turned = rotate(state["signs"], queries)
        levels = state["levels"].astype(np.float32, copy=False)
        prepared = {"row_scale": logbyte.query_tables(state["grid"], len(queries))}
        if self.bits in TABLE_BITS:
            return prepared | _tables(turned, levels, self.bits)
        return prepared | {"queries": turned, "levels": np.broadcast_to(levels, (len(queries), levels.size)), "length": row_norms(queries)}

    def pack(self, codes):
        packed = kernels.interleave(np.ascontiguousarray(codes["codes"])) if self.bits in TABLE_BITS else codes["codes"]
        return {"codes": packed, "scale": codes["scale"]}

    def scan(self, prepared, packed, out):
        scale = prepared["row_scale"][0][packed["scale"]]
        if self.bits not in TABLE_BITS:
            return self._scan_unpacked(prepared, packed, scale, out)
        scan = kernels.lut4 if self.bits == 4 else kernels.lut8
        scan(prepared["tables"], packed["codes"], prepared["step"], prepared["offset"], out)
        out *= scale
        return prepared["bound"] * scale.max(initial=0.0)

    def _scan_unpacked(self, prepared, packed, scale, out):
        queries, levels = prepared["queries"], prepared["levels"][0]
        for start, stop in blocks(out.shape[1], SCAN_ROWS):
            values = levels[unpack_bits(packed["codes"][start:stop], self.bits, queries.shape[1])]
            out[:, start:stop] = queries @ values.T
        out *= scale
        longest = np.abs(levels).max() * np.float32(queries.shape[1] ** 0.5) * scale.max(initial=0.0)
        return FLOAT_SLOP * prepared["length"] * longest

    def row_bytes(self, dim):
        return packed_bytes(dim, self.bits) + 1

    @classmethod
    def ladder(cls, dim):
        for bits in (1, 2, 3, 4, 6):
            yield cls(bits)


def _standard(u):
    """Rows (n, d) stretched to the length of the root of d, zeros for rows of zeros; and the lengths that they had, (n,)."""
    lengths = row_norms(u)
    return u / np.where(lengths > 0, lengths, 1).astype(np.float32)[:, None] * np.float32(u.shape[1] ** 0.5), lengths


def _levels(y, weight, count, rng):
    """Levels float16 (count,) for the coordinates of rows (n, d); symmetric, as a rotation may turn any row into its opposite."""
    if y.shape[0] == 0:
        y, weight = np.array([[-1, 1]], np.float32), np.ones(1, np.float32)
    most = max(1, FIT_VALUES // y.shape[1])
    if y.shape[0] > most:
        some = rng.choice(y.shape[0], most, replace=False)
        y, weight = y[some], weight[some]
    each = np.repeat(weight, y.shape[1]) if weight.any() and (weight != weight[0]).any() else None
    both = None if each is None else np.concatenate([each, each])
    levels = lloyd_max(np.concatenate([y.ravel(), -y.ravel()]), both, count)
    return ((levels - levels[::-1]) / 2).astype(np.float16)


def _scales(y, lengths, levels):
    """The scale of every row, float32 (n,): |u|^2 / <u, l> for u = y * length / root of d; at most 8 times what a coordinate is on average."""
    levels = levels.astype(np.float32)
    dim = y.shape[1]
    dots = np.einsum("nd,nd->n", y, levels[nearest(levels, y)], dtype=np.float64)
    return (lengths * (dim**0.5 / np.maximum(dots, dim / 8))).astype(np.float32)


def _tables(queries, levels, bits):
    if bits != 4:
        return quantize_tables(code_tables(queries, levels, bits))
    even = np.zeros((queries.shape[0], queries.shape[1] + queries.shape[1] % 2), np.float32)
    even[:, : queries.shape[1]] = queries
    return quantize_tables(even[:, :, None] * levels)

"""Scalar codes: 1 to 8 bits a coordinate after a random rotation, and one scale a row in a byte.

The rotation makes the coordinates of every row nearly Gaussian, so that one set of levels serves all of them. The levels are those of least squared
error (Lloyd-Max) on the sample's own coordinates. Row x, rotated to u, is stored as the nearest levels l and the scale |u|^2 / <u, l>.
That scale makes the score of a row with itself exact; Vargaftik et al., "EDEN", 2022, and Gao and Long, "RaBitQ", 2024, use it for one bit. Against the
scale of least error, <u, l> / <l, l>, and the one that keeps lengths, it found as much or more of the exact top 10 and 100 on sentence vectors (384
dimensions: .725 and .720 against .702 and .711, and .717 and .719, at one bit; within .005 from 2 bits on) and on ALS factors (128 dimensions: all three
within .006). Coordinates are rounded again once the scale has become a byte, which takes back what rounding the scale lost.
Bytes a row: ceil(dim * bits / 8) + 1. Scans go through byte tables, of two bytes an entry from 3 bits on: rounding to one would drown what so exact a
code tells apart. A scan layout holds 3 bits in 4 and 5 to 7 bits in 8. Slack 0.01.
"""

import numpy as np

from .. import kernels
from ..arrays import blocks, row_norms
from ..codec import check_range, codec
from ..fitting import logbyte
from ..fitting.bitpack import pack_bits, packed_bytes, unpack_bits
from ..fitting.grid import lloyd_max, nearest
from ..fitting.rotation import random_signs, rotate, unrotate
from ..fitting.tables import code_tables, quantize_tables, quantize_tables_finely

FIT_VALUES = 1 << 20
# Bits a coordinate has in the scan layout: the next width for which there are look-up tables.
SCAN_BITS = {1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 8: 8}
TABLE_QUERIES = 8


@codec("scalar", version=1, slack=0.01, any_norm=True)
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
        levels = state["levels"].astype(np.float32, copy=False)
        # Levels that were taught may have passed each other.
        order = np.argsort(levels, kind="stable").astype(np.uint8)
        return {"codes": pack_bits(order[nearest(levels[order], y * share[:, None])], self.bits), "scale": scale}

    def decode(self, state, codes):
        values = state["levels"].astype(np.float32, copy=False)[unpack_bits(codes["codes"], self.bits, state["signs"].shape[1])]
        return unrotate(state["signs"], values * logbyte.decode(state["grid"], codes["scale"])[:, None])

    def pull(self, state, codes, gradient):
        # The grid stays: rows that are added later get their own lengths by it.
        turned = rotate(state["signs"], gradient) * logbyte.decode(state["grid"], codes["scale"])[:, None]
        levels = unpack_bits(codes["codes"], self.bits, state["signs"].shape[1])
        return {"levels": np.bincount(levels.ravel(), turned.ravel(), 2**self.bits).astype(np.float32)}

    def prepare(self, state, queries):
        turned = np.zeros((len(queries), _coded(packed_bytes(queries.shape[1], self.bits), self.bits)), np.float32)
        turned[:, : queries.shape[1]] = rotate(state["signs"], queries)
        levels = np.zeros(2 ** SCAN_BITS[self.bits], np.float32)
        levels[: 2**self.bits] = state["levels"]
        return _tables(turned, levels, SCAN_BITS[self.bits]) | {"queries": turned, "row_scale": logbyte.query_tables(state["grid"], len(queries))}

    def pack(self, state, codes):
        packed = codes["codes"]
        if SCAN_BITS[self.bits] != self.bits:
            packed = pack_bits(unpack_bits(packed, self.bits, _coded(packed.shape[1], self.bits)), SCAN_BITS[self.bits])
        return {"codes": kernels.interleave(np.ascontiguousarray(packed)), "scale": codes["scale"]}

    def scan(self, prepared, packed, out):
        look_up = kernels.lut4 if SCAN_BITS[self.bits] == 4 else kernels.lut8
        step, offset = prepared["step"], prepared["offset"]
        if "fine" in prepared:
            look_up(prepared["tables"], packed["codes"], 256 * step, offset, out)
            rest = np.empty_like(out)
            look_up(prepared["fine"], packed["codes"], step, np.zeros_like(offset), rest)
            out += rest
        else:
            look_up(prepared["tables"], packed["codes"], step, offset, out)
        scale = prepared["row_scale"][0][packed["scale"]]
        out *= scale
        return prepared["bound"] * scale.max(initial=0.0)

    def score(self, state, prepared, numbers, codes):
        dim = state["signs"].shape[1]
        values = state["levels"].astype(np.float32, copy=False)[unpack_bits(codes["codes"], self.bits, dim)]
        return np.einsum("nd,nd->n", values, prepared["queries"][numbers, :dim]) * logbyte.decode(state["grid"], codes["scale"])

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
    levels = np.sort(levels.astype(np.float32))
    dim = y.shape[1]
    dots = np.einsum("nd,nd->n", y, levels[nearest(levels, y)], dtype=np.float64)
    return (lengths * (dim**0.5 / np.maximum(dots, dim / 8))).astype(np.float32)


def _coded(row_bytes, bits):
    """How many coordinates those bytes of a row hold: all of them, and up to seven that are always 0 and count nothing."""
    return row_bytes * 8 // bits


def _tables(queries, levels, bits):
    """Tables for queries (q, c) and levels (2^bits,); a few queries at a time, as the float tables are large."""
    if bits < 4:
        return quantize_tables(code_tables(queries, levels, bits))
    even = np.zeros((queries.shape[0], queries.shape[1] + (bits == 4) * queries.shape[1] % 2), np.float32)
    even[:, : queries.shape[1]] = queries
    parts = [quantize_tables_finely(even[start:stop, :, None] * levels) for start, stop in blocks(len(even), TABLE_QUERIES)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

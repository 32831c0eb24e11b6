"""The largest coordinates of every row: magnitude pruning with a floor.

Every row keeps the same number of coordinates, its own largest ones. One threshold for the whole table would empty the rows of small values, which are
the rarely seen items; here none falls below `keep`. Positions take one byte up to 256 dimensions, 12 bits up to 4,096 and 16 bits beyond; values are
8-bit with one scale a row, as in `int8`. Bytes a row: ceil(keep * position bits / 8) + keep + 1. Slack 0.001. Scans are plain NumPy.
"""

import numpy as np

from ..arrays import row_norms
from ..codec import check_range, codec
from ..fitting import logbyte
from ..fitting.bitpack import pack_bits, packed_bytes, unpack_bits
from ..fitting.tables import FLOAT_SLOP


@codec("largest", version=1, any_norm=True, shrinks=True)
class Largest:
    keep: int

    def __post_init__(self):
        check_range("keep", self.keep, 1, 65_536)

    def fit(self, x, weight, rng):
        self.row_bytes(x.shape[1])
        return {"grid": logbyte.fit_logbyte(np.abs(x).max(axis=1)), "dim": np.array([x.shape[1]], np.int32)}

    def encode(self, state, x):
        order = np.argsort(-np.abs(x), axis=1, kind="stable")[:, : self.keep]
        positions = np.sort(order, axis=1)
        kept = np.take_along_axis(x, positions, axis=1)
        scale = logbyte.encode(state["grid"], np.abs(kept).max(axis=1), round_up=True)
        largest = logbyte.decode(state["grid"], scale)[:, None]
        share = np.clip(kept, -largest, largest) / np.where(largest > 0, largest, 1).astype(np.float32)
        return {
            "positions": pack_bits(positions, _position_bits(x.shape[1])),
            "values": np.rint(share * np.float32(127)).astype(np.int8),
            "scale": scale,
        }

    def decode(self, state, codes):
        dim = int(state["dim"][0])
        out = np.zeros((codes.count, dim), np.float32)
        scale = logbyte.decode(state["grid"], codes["scale"]) / np.float32(127)
        np.put_along_axis(out, _positions(codes["positions"], self.keep, dim), codes["values"] * scale[:, None], axis=1)
        return out

    def prepare(self, state, queries):
        return {"queries": queries, "length": row_norms(queries), "row_scale": logbyte.query_tables(state["grid"], len(queries))}

    def pack(self, state, codes):
        bits = {1: 8, 2: 16}.get(codes["positions"].shape[1] / self.keep, 12)
        return {"positions": unpack_bits(codes["positions"], bits, self.keep), "values": codes["values"], "scale": codes["scale"]}

    def scan(self, prepared, packed, out):
        queries = prepared["queries"]
        scale = prepared["row_scale"][0][packed["scale"]] / np.float32(127)
        values = packed["values"] * scale[:, None]
        positions = np.minimum(packed["positions"], queries.shape[1] - 1).astype(np.intp)
        for query, scores in zip(queries, out):
            np.einsum("nk,nk->n", query[positions], values, out=scores)
        return FLOAT_SLOP * prepared["length"] * row_norms(values).max(initial=0.0)

    def score(self, state, prepared, numbers, codes):
        queries = prepared["queries"][numbers]
        values = codes["values"] * (logbyte.decode(state["grid"], codes["scale"]) / np.float32(127))[:, None]
        places = _positions(codes["positions"], self.keep, queries.shape[1])
        return np.einsum("nk,nk->n", np.take_along_axis(queries, places, axis=1), values)

    def row_bytes(self, dim):
        check_range("keep", self.keep, 1, dim)
        return packed_bytes(self.keep, _position_bits(dim)) + self.keep + 1

    @classmethod
    def ladder(cls, dim):
        for share in (16, 8, 4):
            if dim >= 2 * share:
                yield cls(dim // share)


def _position_bits(dim):
    return 8 if dim <= 256 else 12 if dim <= 4_096 else 16


def _positions(packed, keep, dim):
    """Positions (n, keep) as whole numbers below dim."""
    return np.minimum(unpack_bits(packed, _position_bits(dim), keep), dim - 1).astype(np.intp)

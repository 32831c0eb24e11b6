"""Direction and length apart: an inner codec for the direction of a row, and one byte for its length.

Row x is stored as the inner code of x / |x|, which decodes to v, and the ratio |x| / |v| on a logarithmic scale: the decoded row has the length of x up to the
rounding of a byte, whatever the inner code lost. Norms carry popularity in factor models; a codebook fitted to raw norms spends itself on the longest rows.
The ladder has no entry of its own: `compress` puts `normed` around any codec that needs it. Bytes a row: the inner codec's + 1. Slack: the inner codec's.
"""

import numpy as np

from ..arrays import row_norms, unit_rows
from ..codec import Codec, codec, fit_codec, glance_inside, pulled, ranked, settled
from ..codes import Codes, inside, nested
from ..fitting import logbyte
from .scalar import Scalar


@codec("normed", version=1, slack=0.02, any_norm=True, shrinks=False, sees_queries=True)
class Normed:
    inner: Codec = Scalar(4)  # type: ignore[assignment]

    def settle(self, x, weight, rng, queries=None):
        return type(self)(settled(self.inner, unit_rows(x), weight, rng, queries))

    def fit(self, x, weight, rng, queries=None):
        return {"grid": logbyte.fit_logbyte(row_norms(x))} | nested(fit_codec(self.inner, unit_rows(x), weight, rng, queries))

    def encode(self, state, x):
        columns = self.inner.encode(inside(state), unit_rows(x))
        decoded = row_norms(self.inner.decode(inside(state), Codes(columns))).astype(np.float64)
        ratio = np.where(decoded > 0, row_norms(x) / np.where(decoded > 0, decoded, 1), 0)
        return {"scale": logbyte.encode(state["grid"], ratio)} | nested(columns)

    def decode(self, state, codes):
        directions = self.inner.decode(inside(state), Codes(inside(codes.columns)))
        return directions * logbyte.decode(state["grid"], codes["scale"])[:, None]

    def pull(self, state, codes, gradient):
        # Lengths stay in their bytes: only directions move.
        scale = logbyte.decode(state["grid"], codes["scale"])[:, None]
        return nested(pulled(self.inner, inside(state), Codes(inside(codes.columns)), gradient * scale))

    def prepare(self, state, queries):
        return {"row_scale": logbyte.query_tables(state["grid"], len(queries))} | nested(self.inner.prepare(inside(state), queries))

    def pack(self, state, codes):
        return {"scale": codes["scale"]} | nested(self.inner.pack(inside(state), Codes(inside(codes.columns))))

    def scan(self, prepared, packed, out):
        bound = self.inner.scan(inside(prepared), inside(packed), out)
        scale = prepared["row_scale"][0][packed["scale"]]
        out *= scale
        return bound * scale.max(initial=0.0)

    def scan_top(self, prepared, packed, scale, first, top_scores, top_rows):
        scale = prepared["row_scale"][0][packed["scale"]] * scale
        return ranked(self.inner, inside(prepared), inside(packed), scale, first, top_scores, top_rows)

    def score(self, state, prepared, numbers, codes):
        scores = self.inner.score(inside(state), inside(prepared), numbers, Codes(inside(codes.columns)))
        return scores * logbyte.decode(state["grid"], codes["scale"])

    def glance(self, state, codes):
        """The coarse level of the inner codec in this wrapper, or None where the inner codec has none."""
        return glance_inside(self, state, codes)

    def row_bytes(self, dim):
        return self.inner.row_bytes(dim) + 1

    @classmethod
    def ladder(cls, dim):
        return iter(())

"""A rotation in front of an inner codec: random, or onto the principal axes.

kind="random" spreads every row's energy over all coordinates (signs and Hadamard transforms, see `fitting/rotation.py`); kind="pca" lines the coordinates
up with the sample's principal axes, strongest first (axes in 16 bits). Bytes a row: the inner codec's. Slack: the inner codec's.
"""

from dataclasses import replace

from ..codec import Codec, check_choice, codec, fit_codec, pulled, settled
from ..codes import Codes, inside, nested
from ..fitting.rotation import pca, random_signs, rotate, unrotate
from .int8 import Int8
from .largest import Largest

KINDS = ("random", "pca")
INT8: Codec = Int8()  # type: ignore[assignment]


@codec("rotated", version=1, slack=0.02, sees_queries=True)
class Rotated:
    kind: str = "random"
    inner: Codec = INT8

    def __post_init__(self):
        check_choice("kind", self.kind, KINDS)

    def fit(self, x, weight, rng, queries=None):
        if self.kind == "random":
            state = {"signs": random_signs(x.shape[1], rng)}
        else:
            state = {"axes": pca(x, weight, centre=False)[1].astype("float16")}
        return state | nested(fit_codec(self.inner, _turned(state, x), weight, rng, _turned_queries(state, queries)))

    def settle(self, x, weight, rng, queries=None):
        state = replace(self, inner=INT8).fit(x, weight, rng)
        return replace(self, inner=settled(self.inner, _turned(state, x), weight, rng, _turned_queries(state, queries)))

    def encode(self, state, x):
        return nested(self.inner.encode(inside(state), _turned(state, x)))

    def decode(self, state, codes):
        y = self.inner.decode(inside(state), Codes(inside(codes.columns)))
        return unrotate(state["signs"], y) if self.kind == "random" else y @ state["axes"].astype("float32")

    def pull(self, state, codes, gradient):
        return nested(pulled(self.inner, inside(state), Codes(inside(codes.columns)), _turned(state, gradient)))

    def prepare(self, state, queries):
        return self.inner.prepare(inside(state), _turned(state, queries))

    def pack(self, state, codes):
        return self.inner.pack(inside(state), Codes(inside(codes.columns)))

    def scan(self, prepared, packed, out):
        return self.inner.scan(prepared, packed, out)

    def score(self, state, prepared, numbers, codes):
        return self.inner.score(inside(state), prepared, numbers, Codes(inside(codes.columns)))

    def row_bytes(self, dim):
        return self.inner.row_bytes(dim)

    @classmethod
    def ladder(cls, dim):
        yield cls("random", INT8)
        for inner in Largest.ladder(dim):
            yield cls("pca", inner)


def _turned_queries(state, queries):
    return None if queries is None else _turned(state, queries)


def _turned(state, x):
    return rotate(state["signs"], x) if "signs" in state else x @ state["axes"].astype("float32").T

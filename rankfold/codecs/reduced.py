"""Fewer dimensions, then an inner codec: the strongest principal axes of the weighted sample, or simply the leading coordinates.

method="pca" keeps the `dims` axes with the largest second moment, about the mean with centre=True (axes in 16 bits); method="leading" keeps the first
`dims` coordinates, for vectors trained so that those matter most (Kusupati et al., "Matryoshka representation learning", 2022).
A state that holds an `encoder` (dims, d) beside the axes was taught (see `distillation/student.py`): rows go in through it and queries through the axes.
Bytes a row: the inner codec's at `dims`. Slack: the inner codec's.
"""

from dataclasses import replace

import numpy as np

from ..codec import Codec, check_choice, check_range, codec, fit_codec, pulled, settled
from ..codes import Codes, inside, nested
from ..errors import SpecError
from ..fitting.rotation import pca
from ..fitting.tables import FLOAT_SLOP
from .int8 import Int8
from .scalar import Scalar

METHODS = ("pca", "leading")
INT8: Codec = Int8()  # type: ignore[assignment]
FOUR_BITS: Codec = Scalar(4)  # type: ignore[assignment]


@codec("reduced", version=1, slack=0.02, sees_queries=True)
class Reduced:
    dims: int
    method: str = "pca"
    centre: bool = False
    inner: Codec = INT8

    def __post_init__(self):
        check_range("dims", self.dims, 1, 65_536)
        check_choice("method", self.method, METHODS)
        if self.centre and self.method == "leading":
            raise SpecError('centre: got True with method="leading"; expected method="pca", which has a mean to take away.')

    def fit(self, x, weight, rng, queries=None):
        self.row_bytes(x.shape[1])
        state = {"dim": np.array([x.shape[1]], np.int32)}
        if self.method == "pca":
            mean, axes = pca(x, weight, centre=self.centre)
            state["axes"] = axes[: self.dims].astype(np.float16)
            if self.centre:
                state["mean"] = mean
        return state | nested(fit_codec(self.inner, self._fewer(state, x), weight, rng, self._fewer_queries(state, queries)))

    def settle(self, x, weight, rng, queries=None):
        state = replace(self, inner=INT8).fit(x, weight, rng)
        return replace(self, inner=settled(self.inner, self._fewer(state, x), weight, rng, self._fewer_queries(state, queries)))

    def encode(self, state, x):
        return nested(self.inner.encode(inside(state), self._fewer(state, x, "encoder" if "encoder" in state else "axes")))

    def decode(self, state, codes):
        y = self.inner.decode(inside(state), Codes(inside(codes.columns)))
        if self.method == "leading":
            return np.concatenate([y, np.zeros((y.shape[0], int(state["dim"][0]) - self.dims), np.float32)], axis=1)
        x = y @ state["axes"].astype(np.float32, copy=False)
        return x + state["mean"] if self.centre else x

    def pull(self, state, codes, gradient):
        return nested(pulled(self.inner, inside(state), Codes(inside(codes.columns)), self._fewer_queries(state, gradient)))

    def prepare(self, state, queries):
        prepared = nested(self.inner.prepare(inside(state), self._fewer_queries(state, queries)))
        if self.centre:
            prepared["shift"] = queries @ state["mean"]
        return prepared

    def pack(self, state, codes):
        return self.inner.pack(inside(state), Codes(inside(codes.columns)))

    def scan(self, prepared, packed, out):
        bound = self.inner.scan(inside(prepared), packed, out)
        if not self.centre:
            return bound
        out += prepared["shift"][:, None]
        return bound + FLOAT_SLOP * np.abs(prepared["shift"])

    def _fewer(self, state, x, axes="axes"):
        if self.method == "leading":
            return np.ascontiguousarray(x[:, : self.dims])
        return (x - state["mean"] if "mean" in state else x) @ state[axes].astype(np.float32, copy=False).T

    def _fewer_queries(self, state, queries):
        """Queries, or None, at the dimensions of the inner codec: the mean is taken from rows only."""
        return None if queries is None else self._fewer({name: array for name, array in state.items() if name != "mean"}, queries)

    def score(self, state, prepared, numbers, codes):
        scores = self.inner.score(inside(state), inside(prepared), numbers, Codes(inside(codes.columns)))
        return scores + prepared["shift"][numbers] if self.centre else scores

    def row_bytes(self, dim):
        check_range("dims", self.dims, 1, dim)
        return self.inner.row_bytes(self.dims)

    @classmethod
    def ladder(cls, dim):
        for share in (8, 4, 2):
            if dim >= 8 * share:
                yield cls(dim // share, inner=INT8)
                yield cls(dim // share, inner=FOUR_BITS)

"""Rows as their users see them: an inner codec in the metric of the queries' second moment, so that errors go where few queries look.

A row's error e changes the score of query u by u.e; over all queries the mean square of that is e.M.e, M their second moment. Rows are multiplied by A, close
to a power of M, before an inner codec measures plain errors, and by the inverse of A after decoding. With power 1, A is the square root of M and scores have
the least squared error, but lists are kept best by much less, for they also turn on what few queries see. Directions count, not lengths: queries have
length 1 in M. Of M only the `rank` strongest directions are stored, a byte each coordinate, and no more of them than take 4 bytes a fitted row;
the others count alike. Guo et al., "Accelerating large-scale inference with anisotropic vector quantization", 2020 (ScaNN), also weigh errors by what scores
feel: along each row itself, for queries that lie near it. Here all rows share one metric, that of the queries that are known.
Queries come with `compress(..., queries=users)`, from the command line with --users; without them rows are coded as they are. `compress` puts `normed` inside,
where errors are measured; around the codec it keeps lists less well. With `trellis` at 33 bytes a row, overlap@10 of users that were not fitted to rises from
.663 to .676 and from .750 to .772 on two sets of unit rows whose users are sums of rows (anime, debian_deps, 256 dimensions), and stays as it is on three sets
of ALS factors (`benchmarks/viewed.py`): try it against the plain codec. Bytes a row: the inner codec's. Slack: the inner codec's, times what A stretches rows.
"""

from dataclasses import replace

import numpy as np

from ..arrays import F32, blocks, unit_rows
from ..codec import Codec, check_range, codec, fit_codec, glance_inside, pulled, settled
from ..codes import Arrays, Codes, inside, nested
from ..fitting.remembered import Remembered
from ..fitting.rotation import pca
from .scalar import Scalar

FOUR_BITS: Codec = Scalar(4)  # type: ignore[assignment]
# Bytes of stored directions for each row of the fit.
BYTES_A_ROW = 4
# No direction counts more than this against the rest: queries all alike must not cost rows everything else.
MOST_GAIN = 16.0
LEAST_GAIN = 1.001
BLOCK_ROWS = 8_192
_inverses = Remembered()


@codec("viewed", version=1, slack=0.1, sees_queries=True)
class Viewed:
    inner: Codec = FOUR_BITS
    power: float = 0.25
    rank: int = 32

    def __post_init__(self):
        check_range("power", self.power, 0, 1)
        check_range("rank", self.rank, 1, 65_536)

    def fit(self, x, weight, rng, queries=None):
        state = self._view(x, queries)
        return state | nested(fit_codec(self.inner, _stretched(state, x), weight, rng, _asked(state, queries)))

    def settle(self, x, weight, rng, queries=None):
        state = self._view(x, queries)
        return replace(self, inner=settled(self.inner, _stretched(state, x), weight, rng, _asked(state, queries)))

    def _view(self, x, queries):
        """The stored directions: axes int8 (r, d), their steps (r,), and what each counts beyond the others (r,); nothing where none counts more."""
        rank = min(self.rank, x.shape[1] - 1, BYTES_A_ROW * len(x) // x.shape[1])
        seen = None if queries is None else unit_rows(queries[queries.any(axis=1)])
        if seen is None or not len(seen) or rank < 1:
            return {}
        axes = pca(seen, np.ones(len(seen), np.float32), centre=False)[1]
        moment = sum(np.square(seen[start:stop] @ axes.T, dtype=np.float64).sum(axis=0) for start, stop in blocks(len(seen), BLOCK_ROWS)) / len(seen)
        counts = moment ** (self.power / 2)
        rest = max(float(np.sqrt(np.square(counts[rank:]).mean())), float(counts.max()) / MOST_GAIN)
        gain = counts[:rank] / rest
        axes, gain = axes[:rank][gain > LEAST_GAIN], gain[gain > LEAST_GAIN]
        if not len(gain):
            return {}
        whole = np.round(axes / np.abs(axes).max(axis=1, keepdims=True) * 127).astype(np.int8)
        step = 1 / np.sqrt(np.square(whole, dtype=np.float64).sum(axis=1))
        return {"axes": whole, "step": step.astype(np.float32), "gain": (gain - 1).astype(np.float32)}

    def metric(self, state):
        """A, float64 (d, d): rows are multiplied by it before the inner codec measures errors. The identity is (0, 0)-shaped: no direction counts more."""
        if "axes" not in state:
            return np.zeros((0, 0))
        axes = _axes(state).astype(np.float64)
        return np.eye(axes.shape[1]) + axes.T @ (axes * state["gain"][:, None])

    def encode(self, state, x):
        return nested(self.inner.encode(inside(state), _stretched(state, x)))

    def decode(self, state, codes):
        return _shrunk(state, self.inner.decode(inside(state), Codes(inside(codes.columns))))

    def pull(self, state, codes, gradient):
        return nested(pulled(self.inner, inside(state), Codes(inside(codes.columns)), _shrunk(state, gradient)))

    def prepare(self, state, queries):
        return self.inner.prepare(inside(state), _shrunk(state, queries))

    def pack(self, state, codes):
        return self.inner.pack(inside(state), Codes(inside(codes.columns)))

    def scan(self, prepared, packed, out):
        return self.inner.scan(prepared, packed, out)

    def score(self, state, prepared, numbers, codes):
        return self.inner.score(inside(state), prepared, numbers, Codes(inside(codes.columns)))

    def glance(self, state, codes):
        """The coarse level of the inner codec in this wrapper, or None where the inner codec has none."""
        return glance_inside(self, state, codes)

    def row_bytes(self, dim):
        return self.inner.row_bytes(dim)

    @classmethod
    def ladder(cls, dim):
        return iter(())


def _axes(state: Arrays) -> F32:
    return state["axes"] * state["step"][:, None]


def _stretched(state: Arrays, x: F32) -> F32:
    """Rows (n, d) times A, which is the identity and `gain` times each axis with itself."""
    if "axes" not in state:
        return x
    axes = _axes(state)
    return x + ((x @ axes.T) * state["gain"]) @ axes


def _shrunk(state: Arrays, y: F32) -> F32:
    """Rows (n, d) times the inverse of A, of the axes as they are stored: rounded, no longer quite orthogonal (Woodbury's identity)."""
    if "axes" not in state:
        return y
    axes, middle = _inverses.of((state["axes"], state["step"], state["gain"]), lambda: _inverse(state))
    return y - ((y @ axes.T) @ middle) @ axes


def _inverse(state: Arrays) -> tuple[F32, F32]:
    axes, gain = _axes(state), state["gain"].astype(np.float64)
    wide = axes.astype(np.float64)
    return axes, np.linalg.inv(np.diag(1 / gain) + wide @ wide.T).astype(np.float32)


def _asked(state: Arrays, queries: F32 | None) -> F32 | None:
    return None if queries is None else _shrunk(state, queries)

"""Trellis codes: a row is a ring of bits, and each of its coordinates is looked up with the few bits from its place on.

Trellis-coded quantization: Marcellin and Fischer, 1990; the trellis of a shifted bit string with tables: Tseng, Sun, Hou and De Sa, "QTIP", NeurIPS 2024. The
string of a row is found by a Viterbi search over all its coordinates. Before that the rows are centred and turned onto the sample's weighted principal axes,
directions get whole bits from 0 to 6 by how much each takes away (reverse water-filling), and those with equally many bits are mixed by a random rotation.
Where axes found on half of the rows gain less than 3 per cent on the other half, a random rotation of all directions with even bits takes their place
(rotation="auto"): it stores next to nothing, while axes take 2 bytes for each coded coordinate and dimension. `window` is how many bits a coordinate
is looked up with: tables of 2^window bytes, one for each number of bits a coordinate. Wider ones lose less (12 instead of 8: .2 dB at 1 bit, .6 dB at 4) and
take ten times as long to code; only 8 is scanned in registers. Queries have 16 bits in scans. Bytes a row: bytes. Slack 0.001.
"""

import numpy as np

from .. import kernels
from ..arrays import F32, blocks
from ..codec import check_choice, check_range, codec
from ..errors import SpecError
from ..fitting.rotation import pca, random_signs, rotate, unrotate
from ..fitting.tables import FLOAT_SLOP
from ..fitting.trellis import decode, encode, fit_trellis, slopes
from ..fitting.waterfilling import MOST_BITS, WINDOWS, allocate, left_over, spread_evenly
from ..kernels.whole_queries import whole_queries
from .pq import power_of_two

ROTATIONS = ("auto", "pca", "random")
WORTH = 0.97  # principal axes are stored only if they leave less than this share of the error that a random rotation leaves
BLOCK_ROWS = 2_048
RANKED_QUERIES = 8  # fewer gain nothing from a kernel that keeps the best: decoding is their work
SCALES = (2.0**-100, 2.0**126)  # these and what they divide fit float32


@codec("trellis", version=1, slack=0.001, shrinks=True)
class Trellis:
    bytes: int = 32
    window: int = 8
    rotation: str = "auto"

    def __post_init__(self):
        check_range("window", self.window, *WINDOWS)
        check_range("bytes", self.bytes, -(-self.window // 8), 49_152)
        check_choice("rotation", self.rotation, ROTATIONS)

    def fit(self, x, weight, rng):
        self.row_bytes(x.shape[1])
        scale = np.array([np.clip(power_of_two(x), *SCALES)], np.float32)
        x = x * (1 / scale)
        centre = np.average(x, axis=0, weights=weight.astype(np.float64)).astype(np.float32)
        turn, bits = self._choose_turn(x, weight, rng)
        state = {"scale": scale, "centre": centre} | turn
        y = np.concatenate([_turned(state | {"advance": bits}, x[start:stop] - centre) for start, stop in blocks(len(x), BLOCK_ROWS)])
        return state | fit_trellis(y, weight, bits, self.window, rng)

    def _choose_turn(self, x, weight, rng):
        dim, bits = x.shape[1], 8 * self.bytes
        order = rng.permutation(len(x))
        even = spread_evenly(dim, bits)
        if self.rotation == "pca" or (self.rotation == "auto" and self._axes_pay(x, weight, order, even)):
            mean, axes = pca(x, weight, centre=True)
            given = allocate(_variances(x, weight, mean, axes), bits, self.window)
            used = np.argsort(-given.astype(np.int64), kind="stable")[: np.count_nonzero(given)]
            axes, given = axes[used], given[used]
            for rate in np.unique(given):
                mine = given == rate
                axes[mine] = rotate(random_signs(int(mine.sum()), rng), np.ascontiguousarray(axes[mine].T)).T
            return {"axes": axes.astype(np.float16)}, given
        return {"signs": random_signs(dim, rng)}, even[even > 0]

    def _axes_pay(self, x, weight, order, even):
        """Whether principal axes of half of the rows leave enough less error on the other half than a random rotation does."""
        first, second = np.sort(order[: len(x) // 2]), np.sort(order[len(x) // 2 :])
        if not weight[first].any() or not weight[second].any():
            return False
        mean, axes = pca(x[first], weight[first], centre=True)
        given = allocate(_variances(x[first], weight[first], mean, axes), 8 * self.bytes, self.window)
        variance = _variances(x[second], weight[second], mean, axes)
        return left_over(variance, given, self.window) < WORTH * left_over(np.full(len(variance), variance.mean()), even, self.window)

    def encode(self, state, x):
        return {"codes": encode(state, _turned(state, x * (1 / state["scale"]) - state["centre"]))}

    def decode(self, state, codes):
        return (_unturned(state, decode(state, codes["codes"])) + state["centre"]) * state["scale"]

    def pull(self, state, codes, gradient):
        # Axes stay: encoding needs them orthogonal.
        sized = gradient * state["scale"]
        return {"centre": sized.sum(axis=0)} | slopes(state, codes["codes"], _turned(state, sized))

    def turn(self, state, x):
        """Rows (n, d) in the coordinates that are coded, float32 (n, m), not centred and not scaled."""
        return _turned(state, x)

    def coordinates(self, state, codes):
        """Decoded rows in those coordinates, float32 (n, m), before `scale` and `centre`."""
        return decode(state, codes["codes"])

    def prepare(self, state, queries):
        sized = queries * state["scale"]
        turned = _turned(state, sized)
        whole, step, bound = whole_queries(turned * state["reach"], state["which"], state["tables"])
        shift = sized @ state["centre"]
        return {"exact": turned, "queries": whole, "step": step, "shift": shift, "bound": bound + FLOAT_SLOP * (np.abs(shift) + _most(state, turned))}

    def pack(self, state, codes):
        return {"codes": np.ascontiguousarray(codes["codes"])} | {name: state[name] for name in ("advance", "which", "tables")}

    def scan(self, prepared, packed, out):
        windows = (packed["codes"], packed["advance"], packed["which"], packed["tables"])
        kernels.trellis_scan(prepared["queries"], *windows, prepared["step"], prepared["shift"], out)
        return prepared["bound"]

    def scan_top(self, prepared, packed, scale, first, top_scores, top_rows):
        if len(top_scores) < RANKED_QUERIES:
            return None
        windows = (packed["codes"], packed["advance"], packed["which"], packed["tables"])
        kernels.trellis_top(prepared["queries"], *windows, prepared["step"], prepared["shift"], scale, first, top_scores, top_rows)
        return prepared["bound"] * scale.max(initial=0.0)

    def score(self, state, prepared, numbers, codes):
        return self.score_coordinates(prepared, numbers, decode(state, codes["codes"]))

    def score_coordinates(self, prepared, numbers, rows):
        """Scores (n,) of queries of these numbers (n,) with rows given by their decoded coordinates (n, m)."""
        return np.einsum("nd,nd->n", rows, prepared["exact"][numbers]) + prepared["shift"][numbers]

    def row_bytes(self, dim):
        if 8 * self.bytes > MOST_BITS * dim:
            raise SpecError(f"bytes: got {self.bytes} for {dim} dimensions; expected at most {MOST_BITS * dim // 8}, which is {MOST_BITS} bits each.")
        return self.bytes

    @classmethod
    def ladder(cls, dim):
        for size in (8, 16, 24, 32, 48, 64, 96, 128):
            if dim <= 64 * size <= 32 * dim:
                yield cls(bytes=size)


def _variances(x: F32, weight: F32, mean: F32, axes: F32) -> np.ndarray:
    share = weight.astype(np.float64) / weight.sum(dtype=np.float64)
    return sum(share[start:stop] @ np.square((x[start:stop] - mean) @ axes.T, dtype=np.float64) for start, stop in blocks(len(x), BLOCK_ROWS))


def _most(state, queries: F32) -> F32:
    """The largest that the products of queries (q, m) with any decoded row can sum up to in size, float32 (q,)."""
    return np.abs(queries) @ (state["reach"] * np.abs(state["tables"].astype(np.float32)).max(axis=1)[state["which"]])


def _turned(state, x: F32) -> F32:
    if "axes" in state:
        return x @ state["axes"].astype(np.float32).T
    return np.ascontiguousarray(rotate(state["signs"], x)[:, : len(state["advance"])])


def _unturned(state, y: F32) -> F32:
    if "axes" in state:
        return y @ state["axes"].astype(np.float32)
    whole = np.zeros((len(y), state["signs"].shape[1]), np.float32)
    whole[:, : y.shape[1]] = y
    return unrotate(state["signs"], whole)

"""Tables of a trellis code: what the windows of a row's bit string stand for, and at what scale each coordinate reads them.

A coordinate's value is looked up with the last few bits of a string to which each coordinate adds some; the search for the string looks over the whole row
(trellis-coded quantization: Marcellin and Fischer 1990; windows of a shifted bit string: Tseng, Sun, Hou and De Sa, "QTIP", NeurIPS 2024).
A table starts from the quantiles of a Gaussian, placed so that the windows that may follow one string of bits lie far apart, and so do the windows that one
string may follow (Ungerboeck's rule, 1982, for shifted windows): 0.1 dB better at 1 bit and 0.8 dB at 4 than in random order. Then it takes turns with the
search: each entry moves to the mean of what was coded by it, and further.
"""

from statistics import NormalDist

import numpy as np

from .. import kernels
from ..arrays import F32, blocks

ROUNDS = 8
STRIDE = np.float32(1.6)  # further than to the means, in all rounds but the last
FIT_VALUES = 1 << 19
PRIOR = 4.0  # values that an entry's present place counts for, so that entries met seldom stay
MOST_DEVIATIONS = 5.0
WHOLE = 127
ENCODE_ROWS = 4_096

Parts = dict[str, np.ndarray]


def fit_trellis(y: F32, weight: F32, advance: np.ndarray, window: int, rng: np.random.Generator, *, rounds: int = ROUNDS) -> Parts:
    """What trellis kernels read, for centred rows (n, m) with weights (n,) and bits a coordinate uint8 (m,), none 0.

    Returns reach float32 (m,), advance uint8 (m,), which uint8 (m,) and tables int8 (T, 2**window): one table a number of bits.
    """
    rates, which = np.unique(advance, return_inverse=True)
    share = weight.astype(np.float64) / weight.sum(dtype=np.float64)
    deviation = np.sqrt(sum(share[start:stop] @ np.square(y[start:stop], dtype=np.float64) for start, stop in blocks(len(y), ENCODE_ROWS)))
    tables = np.stack([gaussian_table(window, int(rate), rng) for rate in rates])
    most = max(1, FIT_VALUES // len(advance))
    if len(y) > most:
        some = np.sort(rng.choice(len(y), most, replace=False))
        y, weight = np.ascontiguousarray(y[some]), weight[some]
    mass = weight * np.float32(len(weight) / max(weight.sum(dtype=np.float64), 1e-30))
    for number in range(rounds):
        parts = in_bytes(tables, deviation, advance, which)
        means = _centroids(tables, windows(parts, encode(parts, y)), y, mass, deviation, which)
        tables = np.clip(tables + (STRIDE if number + 1 < rounds else 1) * (means - tables), -MOST_DEVIATIONS, MOST_DEVIATIONS)
    return in_bytes(tables, deviation, advance, which)


def gaussian_table(window: int, rate: int, rng: np.random.Generator) -> F32:
    """A start for coordinates of `rate` bits: 2**window quantiles of a Gaussian that stand for equal shares of it, float32.

    The line is cut into 2**rate cells; windows with the same first window - rate bits have one value in each, those with the same last ones spread over all.
    """
    # From the Gaussian itself, as in random coding, to its third root in density where a window holds one value alone (Panter and Dite 1951).
    normal = NormalDist(sigma=1 + (3**0.5 - 1) * (rate / window) ** 2)
    count, fine = 1 << window, 1 << (window - rate)
    quantiles = np.array([normal.inv_cdf((number + 0.5) / count) for number in range(count)], np.float32)
    older, newer = np.arange(count) % fine, np.arange(count) // fine
    backwards = np.array([int(f"{number:0{rate}b}"[::-1], 2) for number in range(1 << rate)])
    return quantiles[(backwards[newer] ^ older % (1 << rate)) * fine + rng.permutation(fine)[older]]


def in_bytes(tables: F32, deviation: np.ndarray, advance: np.ndarray, which: np.ndarray) -> Parts:
    """Tables (T, 2**window) of values in deviations, each stretched to the whole range of int8, and the reach that brings coordinates back to their size."""
    peak = np.maximum(np.abs(tables).max(axis=1), 1e-3)
    whole = np.rint(tables * (WHOLE / peak)[:, None]).astype(np.int8)
    reach = (deviation * peak[which] / WHOLE).astype(np.float32)
    return {"reach": reach, "advance": advance.astype(np.uint8), "which": which.astype(np.uint8), "tables": whole}


def encode(parts: Parts, y: F32) -> np.ndarray:
    """Rows (n, m) -> their bit strings uint8 (n, bytes)."""
    out = np.empty((len(y), int(parts["advance"].sum(dtype=np.int64)) // 8), np.uint8)
    # Blocks end in equal rows where few rows are padded to a whole one: those are searched once.
    differs = np.flatnonzero((y != y[-1:]).any(axis=1))
    count = min(len(y), int(differs[-1]) + 2 if differs.size else 1)
    cost = np.empty(count, np.float32)
    kernels.trellis_encode(np.ascontiguousarray(y[:count]), parts["reach"], parts["advance"], parts["which"], parts["tables"], out[:count], cost)
    out[count:] = out[count - 1 : count]
    return out


def decode(parts: Parts, codes: np.ndarray) -> F32:
    """Bit strings uint8 (n, bytes) -> rows (n, m). Tables that are being taught, float32, are looked up without a kernel."""
    if parts["tables"].dtype != np.int8:
        return parts["reach"] * parts["tables"][parts["which"], windows(parts, codes)]
    out = np.empty((len(codes), len(parts["reach"])), np.float32)
    kernels.trellis_decode(np.ascontiguousarray(codes), parts["reach"], parts["advance"], parts["which"], parts["tables"], out)
    return out


def slopes(parts: Parts, codes: np.ndarray, gradient: F32) -> Parts:
    """How a quantity moves with reach and tables when it moves with the rows (n, m) that codes decode to as `gradient` (n, m) says; float32."""
    tables, which, read = parts["tables"], parts["which"].astype(np.int64), windows(parts, codes)
    reach = np.einsum("nm,nm->m", gradient, tables[which, read].astype(np.float32, copy=False))
    places = (which * tables.shape[1] + read).ravel()
    moved = np.bincount(places, (gradient * parts["reach"]).ravel(), tables.size).reshape(tables.shape)
    return {"reach": reach, "tables": moved.astype(np.float32)}


def windows(parts: Parts, codes: np.ndarray) -> np.ndarray:
    """The window that each coordinate of bit strings (n, bytes) reads, int32 (n, m)."""
    advance, window = parts["advance"], parts["tables"].shape[1].bit_length() - 1
    ring = np.unpackbits(codes, axis=1, bitorder="little")
    first = np.cumsum(advance, dtype=np.int64) - advance
    found = np.zeros((len(codes), len(advance)), np.int32)
    for place in range(window):
        found |= ring[:, (first + place) % ring.shape[1]].astype(np.int32) << place
    return found


def _centroids(tables: F32, read: np.ndarray, y: F32, mass: F32, deviation: np.ndarray, which: np.ndarray) -> F32:
    """The tables of least squared error for rows (n, m) that read these windows (n, m); an entry's present place counts as PRIOR values."""
    out = np.empty_like(tables)
    for table in range(len(tables)):
        mine = np.flatnonzero((which == table) & (deviation > 0))
        if mine.size == 0:
            out[table] = tables[table]
            continue
        power = np.square(deviation[mine])
        each = (mass[:, None] * (power / power.mean())).ravel()
        entries, values = read[:, mine].ravel(), (y[:, mine] / deviation[mine]).ravel()
        count = np.bincount(entries, each, tables.shape[1])
        total = np.bincount(entries, each * values, tables.shape[1])
        out[table] = (total + PRIOR * tables[table]) / (count + PRIOR)
    return out

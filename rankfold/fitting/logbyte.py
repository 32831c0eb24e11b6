"""One positive number in one byte, in equal steps of its logarithm: the row scales and lengths of the codecs.

Byte 0 is exactly zero; byte b from 1 to 255 is exp(log_low + step * (b - 1)). A sample whose values are all equal gives steps of 1.1 %.
"""

import numpy as np

from ..arrays import F32

HEADROOM = 4.0
# A value this far below the sample's lowest percentile may be coded as if it were larger: it would cost all others their precision.
NEGLIGIBLE = 1024.0
LOWEST, HIGHEST = 1e-37, 3e38


def fit_logbyte(values: F32, headroom: float = HEADROOM) -> F32:
    """Values (n,) -> grid float32 (2,): log of the lowest value, and the step.

    The grid spans the positive values with a factor of `headroom` to spare on both sides. Without any positive value it is laid around 1.
    """
    positive = values[values > 0].astype(np.float64)
    if positive.size == 0:
        positive = np.ones(1)
    low = max(float(positive.min()), float(np.quantile(positive, 0.01)) / NEGLIGIBLE)
    low, high = np.log(np.clip([low / headroom, float(positive.max()) * headroom], LOWEST, HIGHEST))
    return np.array([low, (high - low) / 254], np.float32)


def byte_values(grid: F32) -> F32:
    """The value of every byte, float32 (256,), rising."""
    low, step = grid.astype(np.float64)
    values = np.zeros(256, np.float32)
    values[1:] = np.exp(np.minimum(low + step * np.arange(255), np.log(HIGHEST)))
    return values


def encode(grid: F32, values: F32, *, round_up: bool = False) -> np.ndarray:
    """Values (n,), at least 0 -> bytes uint8 (n,): the nearest in the logarithm, or with `round_up` the next that is not smaller.

    Only zero gets byte 0; values outside the grid go to its ends.
    """
    steps = byte_values(grid)[1:].astype(np.float64)
    borders = steps[:-1] if round_up else np.sqrt(steps[:-1] * steps[1:])
    found = np.searchsorted(borders, values.astype(np.float64), side="left") + 1
    return np.where(values > 0, found, 0).astype(np.uint8)


def decode(grid: F32, codes: np.ndarray) -> F32:
    """Bytes uint8 (n,) -> values float32 (n,)."""
    return byte_values(grid)[codes]


def query_tables(grid: F32, count: int) -> F32:
    """The value of every byte once a query, float32 (count, 256) without copies: prepared tables hold one line a query."""
    return np.broadcast_to(byte_values(grid), (count, 256))

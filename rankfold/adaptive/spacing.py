"""Spacing: how far a row is from its neighbours, the length against which its coding error counts."""

import numpy as np

from ..arrays import F32, unit_rows
from ..vectors import Vectors

SAMPLE_ROWS = 2_048
BLOCK_ROWS = 8_192
# The nearest row of a sample may be the row itself or its twin; the second one tells.
NEIGHBOUR = 2
LEAST = 1e-3


def spacing(vectors: Vectors, *, unit: bool = False, seed: int = 0) -> F32:
    """Distance of each row to its second nearest among 2,048 random rows, float32 (n,); above 0: at least a thousandth of the median.

    unit: rows are normalised first. Rows that all coincide have the spacing 1. Memory: one block and the sample; time: 2,048 products of rows for each row.
    """
    _, some = vectors.sample(min(SAMPLE_ROWS, vectors.count), np.random.default_rng(seed))
    some = _prepared(some, unit)
    # By the largest value: squares of extreme lengths must stay within float32.
    top = np.float32(np.abs(some).max(initial=0.0) or 1.0)
    some = some / top
    squares = np.einsum("sd,sd->s", some, some)
    out = np.empty(vectors.count, np.float64)
    place = min(NEIGHBOUR, len(some)) - 1
    for first, x in vectors.blocks(BLOCK_ROWS):
        x = _prepared(x, unit) / top
        distance = np.einsum("nd,nd->n", x, x)[:, None] + squares - 2 * (x @ some.T)
        out[first : first + len(x)] = np.sqrt(np.maximum(np.partition(distance, place, axis=1)[:, place], 0))
    middle = float(np.median(out))
    if middle == 0:
        middle = float(out.max()) or 1.0
    return (top * np.maximum(out, LEAST * middle)).astype(np.float32) if out.any() else np.ones(vectors.count, np.float32)


def _prepared(x: F32, unit: bool) -> F32:
    return unit_rows(x) if unit else x

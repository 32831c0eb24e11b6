"""Look-up tables in eight bits: float tables of query times codeword become bytes, with a bound on what rounding can do to a score.

Asymmetric distance computation: Jegou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011; bytes instead of floats as in
Andre, Kermarrec and Le Scouarnec, "Cache locality is not enough", 2015.
"""

import numpy as np

from ..arrays import F32

# Sums of float32 products differ from the exact ones by less than this share of the largest terms.
FLOAT_SLOP = 2e-6


def quantize_tables(tables: F32) -> dict[str, np.ndarray]:
    """Tables (q, g, K) float32 -> the same in bytes: table[q, g, k] is about minimum[q, g] + step[q] * byte.

    One step serves all groups of a query (the widest group range / 255), so that a scan sums bytes; the minima of the groups are summed into one offset.

    Returns tables uint8 (q, g, K), step float32 (q,), offset float32 (q,), and bound float32 (q,): the most that
    offset + step * (sum of one byte a group) can differ from the exact sum of one entry a group.
    """
    low = tables.min(axis=2, keepdims=True)
    step = (tables.max(axis=2) - low[:, :, 0]).max(axis=1).astype(np.float32) / np.float32(255)
    divisor = np.where(step > 0, step, 1).astype(np.float32)[:, None, None]
    small = np.clip(np.rint((tables - low) / divisor), 0, 255).astype(np.uint8)
    error = np.abs(tables - (low + step[:, None, None] * small)).max(axis=2)
    largest = np.abs(tables).max(axis=2)
    bound = error.sum(axis=1, dtype=np.float64) + FLOAT_SLOP * largest.sum(axis=1, dtype=np.float64)
    return {
        "tables": small,
        "step": step,
        "offset": low[:, :, 0].sum(axis=1, dtype=np.float64).astype(np.float32),
        "bound": bound.astype(np.float32),
    }

"""Look-up tables in eight bits: float tables of query times codeword become bytes, with a bound on what rounding can do to a score.

Asymmetric distance computation: Jegou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011; bytes instead of floats as in
Andre, Kermarrec and Le Scouarnec, "Cache locality is not enough", 2015.
"""

import numpy as np

from ..arrays import F32

# Dot products in float32 differ from the exact ones by less than this share of both lengths (of the largest terms, for sums of table entries).
FLOAT_SLOP = np.float32(4e-6)


def quantize_tables(tables: F32) -> dict[str, np.ndarray]:
    """Tables (q, g, K) float32 -> the same in bytes: table[q, g, k] is about minimum[q, g] + step[q] * byte.

    One step serves all groups of a query (the widest group range / 255), so that a scan sums bytes; the minima of the groups are summed into one offset.

    Returns tables uint8 (q, g, K), step float32 (q,), offset float32 (q,), and bound float32 (q,): the most that
    offset + step * (sum of one byte a group) can differ from the exact sum of one entry a group.
    """
    made = _rounded(tables, 255)
    return made | {"tables": made["tables"].astype(np.uint8, order="C")}


def quantize_tables_finely(tables: F32) -> dict[str, np.ndarray]:
    """As `quantize_tables` with steps 257 times smaller: an entry is 256 * tables + fine, two bytes that take two scans.

    For codes so exact that rounding to one byte would drown what they tell apart. Adds fine uint8 (q, g, K).
    """
    made = _rounded(tables, 65_535)
    whole = made["tables"].astype(np.uint16, order="C")
    return made | {"tables": (whole >> 8).astype(np.uint8), "fine": (whole & 255).astype(np.uint8)}


def _rounded(tables: F32, top: int) -> dict[str, np.ndarray]:
    low = tables.min(axis=2, keepdims=True)
    step = (tables.max(axis=2) - low[:, :, 0]).max(axis=1).astype(np.float32) / np.float32(top)
    divisor = np.where(step > 0, step, 1).astype(np.float32)[:, None, None]
    whole = np.clip(np.rint((tables - low) / divisor), 0, top)
    error = np.abs(tables - (low + step[:, None, None] * whole)).max(axis=2)
    largest = np.abs(tables).max(axis=2)
    bound = error.sum(axis=1, dtype=np.float64) + float(FLOAT_SLOP) * largest.sum(axis=1, dtype=np.float64)
    return {
        "tables": whole,
        "step": step,
        "offset": low[:, :, 0].sum(axis=1, dtype=np.float64).astype(np.float32),
        "bound": bound.astype(np.float32),
    }


def table_sums(tables: F32, numbers: np.ndarray, labels: np.ndarray) -> F32:
    """Sum of one entry a group for each row: tables float32 (q, g, K), query numbers (n,), labels uint8 (n, g) -> float32 (n,), each row summed alone."""
    return tables[numbers[:, None], np.arange(tables.shape[1]), labels].sum(axis=1, dtype=np.float64).astype(np.float32)


def code_tables(queries: F32, levels: F32, bits: int) -> F32:
    """Tables (q, g, 256) float32 for numbers of 1, 2, 4 or 8 bits packed as `bitpack.pack_bits` does.

    Entry [i, j, b] is what the levels that byte b names contribute to queries (q, d) times row, over the 8 / bits coordinates of byte j.
    levels: float32 (2^bits,). Coordinates beyond d count nothing.
    """
    per_byte = 8 // bits
    groups = -(-queries.shape[1] // per_byte)
    padded = np.zeros((queries.shape[0], groups * per_byte), np.float32)
    padded[:, : queries.shape[1]] = queries
    named = (np.arange(256) >> (bits * np.arange(per_byte)[:, None])) & (2**bits - 1)
    return padded.reshape(-1, groups, per_byte) @ levels[named].astype(np.float32)

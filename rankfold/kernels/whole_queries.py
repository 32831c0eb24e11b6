"""Queries as whole numbers, for scans whose sums are whole numbers."""

import numpy as np

MOST = 32_000  # of int16
MOST_SUM = 2**24 - 1  # of all |whole|: times 128 it stays inside int32


def whole_queries(queries: np.ndarray, which: np.ndarray, tables: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `trellis_scan` reads: whole int16 (q, m), step float32 (q,) and bound float32 (q,).

    queries float32 (q, m), finite, already multiplied by the reach of each coordinate; which uint8 (m,), tables int8 (T, 2**L).
    For every row: |step * sum of whole * decoded - sum of queries * decoded| <= bound, the float32 rounding of the scan included.
    """
    exact = queries.astype(np.float64)
    size = np.abs(exact)
    largest = np.abs(tables.astype(np.float64)).max(axis=1, initial=0)[which]
    room = MOST_SUM - queries.shape[1]
    least = np.maximum(size.max(axis=1, initial=0) / MOST, size.sum(axis=1) / room)
    step = np.maximum(np.nextafter(least.astype(np.float32), np.float32(np.inf)), np.finfo(np.float32).tiny)
    whole = np.rint(exact / step[:, None])
    rounding = np.abs(exact - whole * step[:, None].astype(np.float64)) @ largest
    with np.errstate(over="ignore"):
        bound = (rounding + 2.0**-22 * (size @ largest) + 2.0**-140).astype(np.float32)
    return whole.astype(np.int16), step, np.nextafter(bound, np.float32(np.inf))

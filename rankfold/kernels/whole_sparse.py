"""Values of sparse codes and products of queries with atoms as whole numbers, for `sparse_scan`, and how far scores may be off for it."""

from typing import NamedTuple

import numpy as np

MOST_VALUE = 16_383  # the sum of two books fits int16
MOST_PRODUCT = 32_000
MOST_SUM = 2**31 - 2**20


class WholeValues(NamedTuple):
    """Values in whole numbers: a value is `step` times the whole one, off by at most `off[j]` at nonzero j.

    levels int16 (2**c,) and books int16 (p, 256, k), as `sparse_scan` reads them. most (k,): the largest size of a value, off (k,): both float64.
    """

    levels: np.ndarray
    books: np.ndarray
    step: float
    most: np.ndarray
    off: np.ndarray


def whole_values(levels: np.ndarray, books: np.ndarray) -> WholeValues:
    """levels float (2**c,) and books float (p, 256, k), as in `sparse_scan`; all finite."""
    parts = books.astype(np.float64) if len(books) else levels.astype(np.float64)
    step = max(float(np.abs(parts).max(initial=0)) / (MOST_VALUE // max(1, len(books))), 2.0**-120)
    whole = np.rint(parts / step)
    off = np.abs(parts - whole * step)
    if len(books):
        most = np.abs(parts).max(axis=1).sum(axis=0)
        return WholeValues(np.array([1, -1], np.int16), whole.astype(np.int16), step, most, off.max(axis=1).sum(axis=0))
    nonzeros = books.shape[2]
    return WholeValues(
        whole.astype(np.int16), np.empty((0, 256, nonzeros), np.int16), step, np.full(nonzeros, np.abs(parts).max()), np.full(nonzeros, off.max())
    )


def whole_products(products: np.ndarray, values: WholeValues) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `sparse_scan` reads of queries: whole int16 (q, h), step float32 (q,) and bound float32 (q,).

    products float32 (q, h), finite: those of the queries with the atoms. For every row of scale 1: |step * whole sum - sum of values * products| <= bound; for
    others bound times their scale, the float32 rounding of the scan included.
    """
    largest = np.abs(products).max(axis=1, initial=0).astype(np.float64)
    whole_sum = float((values.most / values.step + 1).sum())
    step = np.maximum(largest / MOST_PRODUCT, largest * whole_sum / MOST_SUM)
    step = np.maximum(np.nextafter(step.astype(np.float32), np.float32(np.inf)), np.float32(2.0**-120)).astype(np.float64)
    whole = np.rint(products / step[:, None])
    both = (step * values.step).astype(np.float32)
    with np.errstate(over="ignore"):
        most = float((values.most + values.off).sum())
        bound = largest * values.off.sum() + step / 2 * most + 2.0**-21 * largest * most + 2.0**-140
        bound = bound.astype(np.float32)
    return whole.astype(np.int16), both, np.nextafter(bound, np.float32(np.inf))

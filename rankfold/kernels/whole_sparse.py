"""Values of sparse codes and products of queries with atoms as whole numbers, for `sparse_scan`, and how far scores may be off for it."""

from typing import NamedTuple

import numpy as np

MOST_VALUE = 16_383
MOST_PRODUCT = 32_000
MOST_SUM = 2**31 - 2**20
LEAST_STEP = 2.0**-120
NOTHING_ADDED = np.zeros((0, 1), np.float32)


class WholeValues(NamedTuple):
    """Values as whole numbers: nonzero j of a row has `step` times the whole one, off by at most `off[j]`.

    whole int16, in the shape of the values; added int16, in the shape of what is added to them. most, off: (k,) float64, the largest size of a value and the
    largest error at each nonzero.
    """

    whole: np.ndarray
    added: np.ndarray
    step: float
    most: np.ndarray
    off: np.ndarray


def whole_values(values: np.ndarray, nonzeros: int, added: np.ndarray = NOTHING_ADDED) -> WholeValues:
    """values: profiles (256, k), to which one of the details (256, k) in `added` may be added; or levels (2**c,) that serve any of the k = `nonzeros` places;
    finite floats."""
    books = [book.astype(np.float64) for book in (values, added)]
    step = max(sum(float(np.abs(book).max(initial=0)) for book in books) / MOST_VALUE, LEAST_STEP)
    wholes = [np.rint(book / step) for book in books]
    most = sum(np.abs(book).max(axis=0, initial=0) for book in books)
    off = sum(np.abs(book - whole * step).max(axis=0, initial=0) for book, whole in zip(books, wholes, strict=True))
    whole, more = (one.astype(np.int16) for one in wholes)
    return WholeValues(whole, more, step, np.broadcast_to(most, nonzeros), np.broadcast_to(off, nonzeros))


def whole_products(products: np.ndarray, values: WholeValues) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What `sparse_scan` reads of queries: whole int16 (q, h), step float32 (q,) and bound float32 (q,).

    products float32 (q, h), finite: those of the queries with the atoms. For every row of scale 1: |step * whole sum - sum of values * products| <= bound; for
    others bound times their scale, the float32 rounding of the scan included.
    """
    largest = np.abs(products).max(axis=1, initial=0).astype(np.float64)
    whole_sum = float((values.most / values.step + 1).sum())
    step = np.maximum(np.maximum(largest / MOST_PRODUCT, largest * whole_sum / MOST_SUM), LEAST_STEP)
    whole = np.rint(products / step[:, None])
    both = (step * values.step).astype(np.float32)
    most = float((values.most + values.off).sum())
    # A product of tiny steps is below float32's smallest normal number: then its own rounding counts too.
    rounding = np.abs(step * values.step - both) * MOST_SUM
    with np.errstate(over="ignore"):
        bound = (largest * values.off.sum() + step / 2 * most + 2.0**-21 * largest * most + rounding + 2.0**-140).astype(np.float32)
    return whole.astype(np.int16), both, np.nextafter(bound, np.float32(np.inf))

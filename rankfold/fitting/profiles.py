"""Magnitudes of sparse codes: in falling order they look alike from row to row, so a book of whole profiles names all of a row's magnitudes in one byte.

Sorted magnitudes as the gains of a gain-shape vector quantizer: Sabin and Gray, "Product code vector quantizers for waveform and voice coding", 1984; that
the order of the atoms in a row can carry the order of the magnitudes is ours. Or each value apart, by levels of least squared error.
"""

import numpy as np

from ..arrays import F32, unit_rows
from .grid import lloyd_max, nearest
from .kmeans import assign, kmeans

SIZE = 256
ROUNDS = 12


def fall(index: np.ndarray, value: F32) -> tuple[np.ndarray, F32]:
    """Codes (n, k), (n, k) with the places of each row in the order of falling magnitude, those of equal magnitude as they were."""
    order = np.argsort(-np.abs(value), axis=1, kind="stable")
    return np.take_along_axis(index, order, axis=1), np.take_along_axis(value, order, axis=1)


def learn_profiles(value: F32, weight: F32, rng: np.random.Generator) -> np.ndarray:
    """A book of SIZE profiles float16 (SIZE, k), each of length one, for values (n, k) of falling magnitude with weights (n,).

    The first profile is a single atom, for rows that are one. Rows without values do not count.
    """
    told = value.any(axis=1) & (weight > 0)
    book = np.zeros((SIZE, value.shape[1]), np.float32)
    book[:, 0] = 1
    if told.any():
        shapes = unit_rows(np.abs(value[told]))
        book[1:] = unit_rows(kmeans(shapes, np.ascontiguousarray(weight[told], np.float32), SIZE - 1, rng, rounds=ROUNDS))
    return book.astype(np.float16)


def nearest_profiles(book: np.ndarray, value: F32) -> np.ndarray:
    """The number of the profile that each row of values (n, k) is nearest to in shape, uint8 (n,)."""
    return assign(np.ascontiguousarray(unit_rows(np.abs(value))), book.astype(np.float32))[0].astype(np.uint8)


def learn_details(book: np.ndarray, value: F32, weight: F32, rng: np.random.Generator) -> np.ndarray:
    """A second book float16 (SIZE, k) of what the profiles of `book` (SIZE, k) leave of the shapes of values (n, k) with weights (n,); the first is zeros."""
    told = value.any(axis=1) & (weight > 0)
    details = np.zeros((SIZE, value.shape[1]), np.float32)
    if told.any():
        left = unit_rows(np.abs(value[told])) - book.astype(np.float32)[nearest_profiles(book, value[told])]
        details[1:] = kmeans(left, np.ascontiguousarray(weight[told], np.float32), SIZE - 1, rng, rounds=ROUNDS)
    return details.astype(np.float16)


def nearest_details(details: np.ndarray, book: np.ndarray, profile: np.ndarray, value: F32) -> np.ndarray:
    """The number of the detail that brings the profile (n,) of each row of values (n, k) nearest to its shape, uint8 (n,)."""
    left = unit_rows(np.abs(value)) - book.astype(np.float32)[profile]
    return assign(np.ascontiguousarray(left), details.astype(np.float32))[0].astype(np.uint8)


def learn_levels(value: F32, weight: F32, bits: int) -> F32:
    """2^bits levels float32, rising, for values (n, k) of falling magnitude divided by the first of their row, with weights (n,)."""
    told = value.any(axis=1) & (weight > 0)
    if not told.any():
        return np.linspace(-1, 1, 1 << bits).astype(np.float32)
    return lloyd_max(shares(value[told]).ravel(), np.repeat(weight[told], value.shape[1]), 1 << bits)


def nearest_levels(levels: F32, value: F32) -> np.ndarray:
    """The nearest level of every value (n, k) of falling magnitude divided by the first of its row, uint8 (n, k)."""
    return nearest(levels, shares(value))


def shares(value: F32) -> F32:
    """Values (n, k) of falling magnitude divided by the first magnitude of their row; rows of zeros stay zeros."""
    first = np.abs(value[:, :1])
    return value / np.where(first > 0, first, 1).astype(np.float32)

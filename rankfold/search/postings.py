"""Postings: the rows of a segment by latent, in windows of rows whose scores stay in the processor's caches while a query's lists are added up.

Windows: SINDI, Li et al., "Sparse inverted non-redundant distance index" (2025); here values have both signs, and what a byte cannot hold of them is bounded.
"""

from dataclasses import dataclass

import numpy as np

from .. import kernels
from ..arrays import F32, blocks
from ..codec import describe, latents
from ..errors import InputError
from ..table import Segment

WINDOW_ROWS = 16_384
MOST_VALUE = 127
MOST_POSTINGS = 2**32 - 1
# Rows that no query may get as bytes (n,) or (0,), and the rows that each may not get, as starts (q + 1,) and rising rows.
Masks = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """Rows first, first + 1, ... of a table by latent: starts, local, value and step are what `kernels.inverted_top` reads. Three bytes a nonzero.

    coarsest: (h,) the largest step of each latent. row_error: the largest length of what the bytes of one row leave of its values.
    """

    first: int
    rows: int
    starts: np.ndarray
    local: np.ndarray
    value: np.ndarray
    step: F32
    coarsest: F32
    row_error: float

    @property
    def windows(self) -> int:
        """How many windows of WINDOW_ROWS rows, the last one shorter."""
        return self.step.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in (self.starts, self.local, self.value, self.step, self.coarsest))

    def bound(self, latent: np.ndarray, weight: F32) -> F32:
        """How far the score of any row may be from the exact one, for queries of these latents (q, m) and weights (q, m): float32 (q,)."""
        size = np.abs(weight, dtype=np.float64)
        most = np.einsum("qm,qm->q", size, self.coarsest[latent], dtype=np.float64)
        rounded = np.minimum(most / 2, np.sqrt(np.einsum("qm,qm->q", size, size)) * self.row_error)
        return np.nextafter((rounded + (weight.shape[1] + 4) * 2.0**-23 * MOST_VALUE * most).astype(np.float32), np.float32(np.inf))


def postings_of(segment: Segment) -> Postings:
    """The postings of a segment. Raises InputError where its codec does not sum atoms of a dictionary, or there are 2^32 nonzeros or more."""
    told = latents(segment.codec, segment.state, segment.codes.rows(slice(0, 1)))
    if told is None:
        raise InputError(f"table: {describe(segment.codec)} has no latents to search by; expected a table of the codec sparse. Search it with Searcher.")
    count = told.atoms.shape[0]
    spans = list(blocks(segment.count, WINDOW_ROWS))
    step, lengths = np.zeros((count, len(spans)), np.float32), np.zeros((count, len(spans)), np.int64)
    parts, row_error = [], 0.0
    for number, (start, stop) in enumerate(spans):
        index, values = segment.codec.latents(segment.state, segment.codes.rows(slice(start, stop)))  # type: ignore[attr-defined]
        latent, local, exact = _by_latent(index, values)
        np.maximum.at(step[:, number], latent, np.abs(exact))
        step[:, number] = np.nextafter(step[:, number] / np.float32(MOST_VALUE), np.float32(np.inf))
        unit = step[latent, number]
        value = np.clip(np.rint(exact / unit), -MOST_VALUE, MOST_VALUE).astype(np.int8)
        left = np.bincount(local, np.square(exact - value * unit.astype(np.float64)), minlength=1)
        row_error = max(row_error, float(np.sqrt(left.max())))
        lengths[:, number] = np.bincount(latent, minlength=count)
        parts.append((local, value))
    if lengths.sum() > MOST_POSTINGS:
        raise InputError(f"table: got {lengths.sum()} nonzeros in a segment; expected at most {MOST_POSTINGS}. Split it into tables of fewer rows.")
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.uint32)
    local, value = _joined(parts, lengths, starts)
    coarsest = np.where(lengths.any(axis=1), step.max(axis=1), 0).astype(np.float32)
    return Postings(segment.first, segment.count, starts, local, value, step, coarsest, row_error * (1 + 2.0**-20))


def _by_latent(index: np.ndarray, values: F32) -> tuple[np.ndarray, np.ndarray, F32]:
    """Latent, row and value of every nonzero of rows (n, k), by latent and then row; a latent that a row has twice is one, with the sum of its values."""
    row = np.broadcast_to(np.arange(index.shape[0], dtype=np.uint64)[:, None], index.shape)
    real = np.ascontiguousarray(values, np.float32)
    keys = (index.astype(np.uint64) << np.uint64(48)) | (row << np.uint64(32)) | real.view(np.uint32)
    keys = np.sort(keys[real != 0])
    place, value = keys >> np.uint64(32), (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32).view(np.float32)
    fresh = np.ones(place.size, np.bool_)
    fresh[1:] = place[1:] != place[:-1]
    if not fresh.all():
        place, value = place[fresh], np.add.reduceat(value, np.flatnonzero(fresh))
    return (place >> np.uint64(16)).astype(np.int64), (place & np.uint64(0xFFFF)).astype(np.uint16), value


def _joined(parts: list[tuple[np.ndarray, np.ndarray]], lengths: np.ndarray, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lists of all windows, each latent's together: local and value."""
    total = int(lengths.sum())
    local, value = np.empty(total, np.uint16), np.empty(total, np.int8)
    begins = starts[:-1].reshape(lengths.shape).astype(np.int64)
    for number, (rows, values) in enumerate(parts):
        mine = lengths[:, number]
        place = np.arange(rows.size) + np.repeat(begins[:, number] - (np.cumsum(mine) - mine), mine)
        local[place], value[place] = rows, values
    return local, value


def search_postings(part: Postings, begin: int, end: int, asked: tuple[np.ndarray, ...], scores: F32, rows: np.ndarray) -> None:
    """Merge windows begin to end - 1 into the running top k (q, k) of every query; asked: latents (q, m), their weights, and masks."""
    latent, weight, hidden, barred_starts, barred = asked
    mine = hidden[part.first : part.first + part.rows] if hidden.size else hidden
    lists = (part.starts, part.local, part.value, part.step, part.first, part.rows, WINDOW_ROWS, begin, end)
    kernels.inverted_top(*lists, latent, weight, mine, barred_starts, barred, scores, rows)

"""Popularity buckets: head, mid and tail rows hold 50, 30 and 20 % of the training events, so that no mean hides what happens to rare items."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError

NAMES = ("head", "mid", "tail")
# Share of all events held by the rows before a bucket begins.
BEGINS = (0.0, 0.5, 0.8)


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Which bucket each row is in.

    number: (n,) int8, a place in `names`. rows: (buckets,) how many rows each has. share: (buckets,) its share of all events, float64.
    """

    names: tuple[str, ...]
    number: np.ndarray
    rows: np.ndarray
    share: np.ndarray


def as_popularity(popularity: object, count: int | None = None) -> np.ndarray:
    """`popularity` as float64 (n,): training events per row, at least 0, not all 0. Raises InputError otherwise."""
    array = np.asarray(popularity)
    if array.dtype.kind not in "iuf" or array.ndim != 1 or (count is not None and array.size != count):
        raise InputError(
            f"popularity: got dtype {array.dtype} of shape {array.shape}; expected numbers of shape ({'n' if count is None else count},), one a row."
        )
    out = array.astype(np.float64)
    if not np.isfinite(out).all() or (out < 0).any() or not out.any():
        raise InputError("popularity: expected finite numbers of events of at least 0, not all 0.")
    return out


def popularity_buckets(popularity: object) -> Buckets:
    """Cut rows into head, mid and tail by training events (n,).

    Rows are taken from the most popular down (equals by row number); a row belongs to the head while the rows before it hold less than half of all events,
    to the mid until 80 %, else to the tail. Rows without events are tail. Raises InputError for anything but numbers of at least 0, not all 0.
    """
    events = as_popularity(popularity)
    order = np.argsort(-events, kind="stable")
    sorted_events = events[order]
    before = np.concatenate([[0.0], np.cumsum(sorted_events)[:-1]]) / events.sum()
    # A hair of slack keeps sums such as 0.1 + 0.2 + 0.2 from falling short of one half.
    place = np.searchsorted(BEGINS, before + 1e-12, side="right") - 1
    place[sorted_events == 0] = len(NAMES) - 1
    number = np.empty(events.size, np.int8)
    number[order] = place
    share = np.bincount(number, events, minlength=len(NAMES)) / events.sum()
    return Buckets(NAMES, number, np.bincount(number, minlength=len(NAMES)), share)

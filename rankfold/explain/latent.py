"""One latent: in which items it is strongest, how often it is used, how large, and with which sign."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..evaluate.buckets import popularity_buckets
from .reading import Reading, Strong


@dataclass(frozen=True, slots=True)
class LatentReading:
    """A latent and its items.

    rows, share: how many items have it, and their share of all; by_bucket: their share of the head, mid and tail items by popularity, None where that is
    not known. mean_size: mean of |value| over the items that have it; positive: their share with a value above 0; both 0 where no item has it.
    highest, lowest: items with the largest values, and with the values furthest below 0.
    """

    latent: int
    rows: int
    share: float
    by_bucket: dict[str, float] | None
    mean_size: float
    positive: float
    highest: tuple[Strong, ...]
    lowest: tuple[Strong, ...]


def read_latent_items(reading: Reading, which: Sequence[int], *, items: int = 5, popularity: np.ndarray | None = None) -> list[LatentReading]:
    """These latents, each with up to `items` items at both ends. popularity: (n,) events of each row, for the shares by bucket.

    Raises InputError for a latent that is not there, and a popularity that is not numbers of at least 0, not all 0, one a row.
    """
    for latent in which:
        if isinstance(latent, bool) or not 0 <= latent < reading.size:
            raise InputError(f"latent: got {latent}; expected a whole number from 0 to {reading.size - 1}, the latents of this dictionary.")
    if popularity is not None and np.shape(popularity) != (reading.count,):
        raise InputError(f"popularity: got shape {np.shape(popularity)}; expected ({reading.count},), one number a row.")
    buckets = None if popularity is None else popularity_buckets(popularity)
    ends = reading.strongest(which, items)
    found = []
    for latent in which:
        rows, places = np.nonzero((reading.latents.index == latent) & (reading.latents.value != 0))
        value = reading.latents.value[rows, places].astype(np.float64)
        shares = None
        if buckets is not None:
            counts = np.bincount(buckets.number[rows], minlength=len(buckets.names))
            shares = {name: int(counts[at]) / int(buckets.rows[at]) for at, name in enumerate(buckets.names) if buckets.rows[at]}
        size, positive = (float(np.abs(value).mean()), float((value > 0).mean())) if rows.size else (0.0, 0.0)
        found.append(LatentReading(int(latent), rows.size, rows.size / reading.count, shares, size, positive, *ends[int(latent)]))
    return found

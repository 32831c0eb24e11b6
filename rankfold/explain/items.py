"""One item: which latents it is made of, and in which other items these are strongest."""

from dataclasses import dataclass

import numpy as np

from .reading import Item, Reading, Strong


@dataclass(frozen=True, slots=True)
class Active:
    """A latent of an item.

    value: how much of its atom the item takes; below 0: of the atom's opposite. part: its share of the item's squared length; the parts of an item sum to 1.
    rows, share: how many items have this latent, and their share of all. like: other items where it is strongest with the same sign.
    """

    latent: int
    value: float
    part: float
    rows: int
    share: float
    like: tuple[Strong, ...]


@dataclass(frozen=True, slots=True)
class ItemReading:
    """An item and its latents, the largest value first. length: of the decoded row."""

    item: Item
    length: float
    latents: tuple[Active, ...]


def read_item(reading: Reading, row: int, *, items: int = 5) -> ItemReading:
    """What a row is made of, with up to `items` other items for each of its latents. A row of zeros has no latents."""
    index, value = reading.support(row)
    pulls = value * (products(reading, index, index) @ value)
    square = float(pulls.sum())
    own = reading.item(row)
    ends = reading.strongest(index.tolist(), items + 1)
    active = []
    for latent, one, pull in zip(index.tolist(), value.tolist(), pulls.tolist()):
        like = tuple(other for other in ends[latent][one < 0] if other.item.id != own.id)[:items]
        rows = int(reading.counts[latent])
        active.append(Active(latent, one, pull / square if square > 0 else 0.0, rows, rows / reading.count, like))
    return ItemReading(own, max(0.0, square) ** 0.5, tuple(active))


def products(reading: Reading, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Dot products of atoms (m,) with atoms (p,), float64 (m, p)."""
    atoms = reading.latents.atoms
    return atoms[first].astype(np.float64) @ atoms[second].astype(np.float64).T

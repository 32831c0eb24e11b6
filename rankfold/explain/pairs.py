"""Two items: how much of their score comes from latents that both have, and how much from different atoms that point alike.

The score of two decoded rows is the sum over all pairs of their latents i and j of value_i value_j <atom_i, atom_j>. Pairs of one latent with itself are what
the items share; the others are there because a dictionary of more atoms than dimensions cannot have all its atoms at right angles.
"""

import math
from dataclasses import dataclass

import numpy as np

from .items import products
from .reading import Item, Reading, Strong


@dataclass(frozen=True, slots=True)
class Shared:
    """A latent of both items. part: what it adds to the score. like: other items where it is strongest, with the sign that it has in the first item."""

    latent: int
    first_value: float
    second_value: float
    part: float
    like: tuple[Strong, ...]


@dataclass(frozen=True, slots=True)
class Crossed:
    """A latent of the first item and another one of the second. part: what the two add to the score."""

    first_latent: int
    second_latent: int
    part: float


@dataclass(frozen=True, slots=True)
class PairReading:
    """Why two items score as they do.

    score: dot product of the decoded rows, shared_part + crossed_part, in float64. cosine: the score over both lengths, 0 where a row has none.
    shared: latents that both have, the largest part first; their parts sum to shared_part. crossed: the largest parts of the rest.
    """

    first: Item
    second: Item
    score: float
    cosine: float
    shared_part: float
    crossed_part: float
    shared: tuple[Shared, ...]
    crossed: tuple[Crossed, ...]


def read_pair(reading: Reading, first: int, second: int, *, items: int = 5, crossed: int = 5) -> PairReading:
    """Why two rows are near, or far. items: how many for each shared latent; crossed: how many pairs of different latents to name."""
    (left, x), (right, y) = reading.support(first), reading.support(second)
    parts = x[:, None] * products(reading, left, right) * y[None, :]
    same = left[:, None] == right[None, :]
    shared_part, crossed_part = math.fsum(parts[same]), math.fsum(parts[~same])
    lengths = [math.sqrt(max(0.0, value @ products(reading, index, index) @ value)) for index, value in ((left, x), (right, y))]
    score = shared_part + crossed_part
    cosine = max(-1.0, min(1.0, score / (lengths[0] * lengths[1]))) if min(lengths) > 0 else 0.0
    rows, columns = np.nonzero(same)
    own = {reading.item(first).id, reading.item(second).id}
    ends = reading.strongest(left[rows].tolist(), items + 2)
    found = []
    for i, j in zip(rows.tolist(), columns.tolist()):
        like = tuple(one for one in ends[int(left[i])][int(x[i] < 0)] if one.item.id not in own)[:items]
        found.append(Shared(int(left[i]), float(x[i]), float(y[j]), float(parts[i, j]), like))
    found.sort(key=lambda one: -abs(one.part))
    rest = np.where(same, 0, np.abs(parts)).ravel()
    largest = [place for place in np.argsort(-rest, kind="stable")[:crossed].tolist() if rest[place] > 0]
    pairs = [divmod(place, parts.shape[1]) for place in largest]
    others = tuple(Crossed(int(left[i]), int(right[j]), float(parts[i, j])) for i, j in pairs)
    return PairReading(reading.item(first), reading.item(second), score, cosine, shared_part, crossed_part, tuple(found), others)

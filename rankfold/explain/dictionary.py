"""The dictionary as a whole: which latents nobody uses, which everybody uses, how evenly, and which are nearly the same."""

from dataclasses import dataclass

import numpy as np

from ..arrays import blocks, row_norms, unit_rows
from .reading import Reading

TWIN_COSINE = 0.95
BLOCK_ATOMS = 1_024


@dataclass(frozen=True, slots=True)
class Used:
    """A latent and how many items have it. share: of all items; weight: its share of the squared length of all atoms, each as long as rows take it, summed."""

    latent: int
    rows: int
    share: float
    weight: float


@dataclass(frozen=True, slots=True)
class Twins:
    """Two latents whose atoms point the same way, or with a cosine below 0 the opposite way."""

    first: int
    second: int
    cosine: float


@dataclass(frozen=True, slots=True)
class Dictionary:
    """How a dictionary is used by the rows of a table.

    latents, rows: how many. nonzeros: mean number of latents of a row. dead: latents that no row has. most_used: the latents of most rows first.
    heaviest: those of most weight first; they tell more of the rows than the most used ones, which are often small leftovers everywhere.
    entropy_bits: of a latent drawn from all rows, -sum p log2 p; uniform_bits: what it would be if all were used equally, log2 of the latents.
    twin_pairs: pairs of atoms whose |cosine| is above .95; twins: the closest of them.
    """

    latents: int
    rows: int
    nonzeros: float
    dead: tuple[int, ...]
    most_used: tuple[Used, ...]
    heaviest: tuple[Used, ...]
    entropy_bits: float
    uniform_bits: float
    twin_pairs: int
    twins: tuple[Twins, ...]


def read_dictionary(reading: Reading, *, most: int = 10) -> Dictionary:
    """The state of the dictionary, with up to `most` of the most used and heaviest latents and of the closest twins. Takes h x h x d products for h atoms."""
    counts = reading.counts
    value = reading.latents.value.astype(np.float64)
    squares = np.bincount(reading.latents.index.ravel(), np.square(value).ravel(), minlength=reading.size)
    weight = squares * np.square(row_norms(reading.latents.atoms).astype(np.float64))
    weight = weight / max(weight.sum(), np.finfo(np.float64).tiny)
    p = counts[counts > 0] / max(1, counts.sum())
    pairs, twins = _twins(unit_rows(np.asarray(reading.latents.atoms, np.float32)), most)
    return Dictionary(
        latents=reading.size,
        rows=reading.count,
        nonzeros=float(counts.sum() / reading.count),
        dead=tuple(np.flatnonzero(counts == 0).tolist()),
        most_used=_first(counts, counts, weight, reading.count, most),
        heaviest=_first(weight, counts, weight, reading.count, most),
        entropy_bits=abs(float(-(p * np.log2(p)).sum())),
        uniform_bits=float(np.log2(reading.size)),
        twin_pairs=pairs,
        twins=twins,
    )


def _first(order: np.ndarray, counts: np.ndarray, weight: np.ndarray, rows: int, most: int) -> tuple[Used, ...]:
    """The latents of the largest `order` that any row has, largest first."""
    chosen = [one for one in np.argsort(-order, kind="stable")[:most].tolist() if counts[one]]
    return tuple(Used(one, int(counts[one]), int(counts[one]) / rows, float(weight[one])) for one in chosen)


def _twins(atoms: np.ndarray, most: int) -> tuple[int, tuple[Twins, ...]]:
    """How many pairs of rows of length one are twins, and the closest of them."""
    count, found = 0, []
    for start, stop in blocks(len(atoms), BLOCK_ATOMS):
        cosines = atoms[start:stop] @ atoms[start:].T
        first, second = np.nonzero(np.triu(np.abs(cosines) > TWIN_COSINE, 1))
        count += first.size
        value = cosines[first, second]
        best = np.argsort(-np.abs(value), kind="stable")[:most]
        found += [Twins(int(start + first[at]), int(start + second[at]), float(np.clip(value[at], -1, 1))) for at in best]
    return count, tuple(sorted(found, key=lambda one: (-abs(one.cosine), one.first, one.second))[:most])

"""Collisions: rows that share their whole code with another row, so that no query can tell them apart, by popularity bucket and by traffic."""

from dataclasses import dataclass

import numpy as np

from ..arrays import as_mask
from ..errors import InputError
from ..table import Table
from .buckets import Buckets, as_popularity
from .intervals import finite

DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Collisions:
    """Of one set of rows: how many there are, how many share their code with any other row of the table, and what that means in traffic.

    share: shared / rows. traffic: share of the events of these rows that fall on shared ones (NaN without events).
    """

    rows: int
    shared: int
    share: float
    traffic: float

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready."""
        return {"rows": self.rows, "shared": self.shared, "share": finite(self.share), "traffic": finite(self.traffic)}


@dataclass(frozen=True, slots=True)
class CollisionAudit:
    """Collisions of all rows ("all") and of each bucket and group.

    largest: rows of the largest set with one code. p_value: how often buckets drawn by chance differ as much as these do; small means that collisions
    fall on some buckets more than on others.
    """

    parts: dict[str, Collisions]
    largest: int
    p_value: float

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"parts": {name: part.to_dict() for name, part in self.parts.items()}, "largest": self.largest, "p_value": finite(self.p_value)}


def same_code(table: Table) -> np.ndarray:
    """How many living rows of the table have the code of each row, itself included: (n,) int64; 0 for removed rows.

    Codes are compared byte by byte, all columns, within a segment; rows of different segments never count as equal.
    """
    counts = np.zeros(table.count, np.int64)
    for segment in table.segments:
        here = np.arange(segment.first, segment.first + segment.codes.count)
        if table.alive is not None:
            here = here[table.alive[here]]
        if not here.size:
            continue
        columns = [np.ascontiguousarray(column[here - segment.first]).reshape(here.size, -1).view(np.uint8) for column in segment.codes.columns.values()]
        joined = np.ascontiguousarray(np.concatenate(columns, axis=1))
        whole = joined.view(np.dtype((np.void, joined.shape[1]))).ravel()
        _, place, repeats = np.unique(whole, return_inverse=True, return_counts=True)
        counts[here] = repeats[place.ravel()]
    return counts


def collisions(
    table: Table, buckets: Buckets, *, popularity: object = None, groups: dict[str, np.ndarray] | None = None, draws: int = DRAWS, seed: int = 0
) -> CollisionAudit:
    """Audit the codes of a table: by bucket, by group of rows (name -> (n,) bool), weighted by popularity (n,) when given.

    The p-value is of a permutation test: rows keep their codes, buckets are dealt anew; the statistic is the chi-square distance of the buckets' shares.
    Rows that were equal before coding count as collisions as well. Raises InputError.
    """
    if buckets.number.size != table.count:
        raise InputError(f"buckets: got {buckets.number.size} rows; expected {table.count}, those of the table.")
    if draws < 1:
        raise InputError(f"draws: got {draws}; expected at least 1.")
    events = np.zeros(table.count) if popularity is None else as_popularity(popularity, table.count)
    repeats = same_code(table)
    shared, living = repeats > 1, repeats > 0
    masks = {"all": np.ones(table.count, np.bool_)}
    masks |= {name: buckets.number == number for number, name in enumerate(buckets.names)}
    masks |= {name: as_mask(mask, table.count, f"groups[{name!r}]") for name, mask in (groups or {}).items()}
    parts = {name: _of(mask & living, shared, events) for name, mask in masks.items()}
    sizes = np.array([parts[name].rows for name in buckets.names])
    found = np.array([parts[name].shared for name in buckets.names])
    return CollisionAudit(parts, int(repeats.max(initial=0)), _permutation_p(sizes, found, draws, seed))


def _of(mask: np.ndarray, shared: np.ndarray, events: np.ndarray) -> Collisions:
    rows, hit = int(mask.sum()), int((mask & shared).sum())
    total = float(events[mask].sum())
    return Collisions(rows, hit, hit / rows if rows else np.nan, float(events[mask & shared].sum()) / total if total > 0 else np.nan)


def _permutation_p(sizes: np.ndarray, found: np.ndarray, draws: int, seed: int) -> float:
    """Dealing buckets anew over fixed codes makes the shared rows of each bucket multivariate hypergeometric; drawn as such, it is the same test."""
    total = int(found.sum())
    expected = sizes * (total / max(1, int(sizes.sum())))
    known = expected > 0

    def distance(counts: np.ndarray) -> np.ndarray:
        return ((counts[..., known] - expected[known]) ** 2 / expected[known]).sum(axis=-1)

    dealt = np.random.default_rng(seed).multivariate_hypergeometric(sizes, total, size=draws)
    return float((1 + (distance(dealt) >= distance(found) - 1e-9).sum()) / (draws + 1))

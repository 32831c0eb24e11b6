"""Which dimensions matter to the lists: how much of each query's exact top list is lost when one dimension, block or direction is dropped or made coarse.

A dimension may hold much of the variance and move no list, or hold little and decide it: what users multiply it with counts as well.
"""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix, unit_rows
from ..errors import InputError
from ..fitting.rotation import pca
from ..search.rows import Rows
from ..vectors import Vectors
from .exact import ExactSearcher
from .intervals import finite, mean_of

POOL = 300
SAMPLE = 20_000
MAX_BITS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The exact lists that losses are measured on, with the vectors in them.

    queries: (q, d) float32. rows: (u, d) float32, the vectors that are in any list. place: (q, c) int64 places in `rows`, best first, -1 where a list ends.
    scores: (q, c) float32. sample: (s, d) float32, rows drawn from all, for means and levels.
    """

    queries: F32
    rows: F32
    place: np.ndarray
    scores: F32
    sample: F32


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """What each of m parts (dimensions, blocks of them, or directions) is worth to the lists.

    loss: (m,) float64, mean share of the exact top k that is lost without the part; low, high: (m,) its 95 % interval over queries.
    shift: (m,) mean change of a score in units of the spread of the scores in a list, which orders parts of equal loss. variance: (m,) share of the variance.
    """

    loss: np.ndarray
    low: np.ndarray
    high: np.ndarray
    shift: np.ndarray
    variance: np.ndarray
    k: int
    bits: int

    def order(self) -> np.ndarray:
        """Numbers of the parts, the one that matters most first, (m,) int64."""
        return np.lexsort((-self.shift, -self.loss))

    def shares(self) -> np.ndarray:
        """Share of each part in the sum of all losses, (m,) float64; zeros where nothing is lost."""
        total = self.loss.sum()
        return self.loss / total if total > 0 else np.zeros_like(self.loss)

    def to_dict(self) -> dict[str, object]:
        """JSON-ready: k, bits, and a list for each of loss, low, high, share and variance, by part; order as a list of part numbers."""
        columns = {"loss": self.loss, "low": self.low, "high": self.high, "share": self.shares(), "variance": self.variance}
        lists = {name: [finite(value) for value in values] for name, values in columns.items()}
        return {"metric": f"overlap@{self.k}", "bits": self.bits, **lists, "order": self.order().tolist()}


def candidates(vectors: Vectors, queries: F32, *, seen: Rows | None = None, unit: bool = False, pool: int = POOL, seed: int = 0) -> Candidates:
    """Rank `vectors` exactly for queries (q, d) and keep the first `pool` rows of each list. unit: cosine. Raises InputError."""
    queries = as_matrix(queries, "queries", dim=vectors.dim)
    if pool < 2:
        raise InputError(f"pool: got {pool}; expected at least 2 rows a list.")
    ranking = ExactSearcher(vectors, unit=unit).search(queries, min(pool, vectors.count), exclude=seen)
    wanted = np.unique(ranking.rows[ranking.rows >= 0])
    rows = np.empty((wanted.size, vectors.dim), np.float32)
    for first, block in vectors.blocks():
        low, high = np.searchsorted(wanted, [first, first + len(block)])
        rows[low:high] = block[wanted[low:high] - first]
    place = np.where(ranking.rows >= 0, np.searchsorted(wanted, ranking.rows), -1)
    _, sample = vectors.sample(min(SAMPLE, vectors.count), np.random.default_rng(seed))
    return Candidates(queries, unit_rows(rows) if unit else rows, place, ranking.scores, unit_rows(sample) if unit else sample)


def sensitivity(found: Candidates, *, k: int = 10, bits: int = 0, block: int = 1, directions: F32 | None = None) -> Sensitivity:
    """Loss of overlap@k for each part alone.

    bits: 0 drops a part (each of its numbers becomes its mean, which moves no list by itself); b keeps 2^b levels of equal mass. block: so many neighbouring
    dimensions are one part. directions: (d, m) orthonormal columns to look along instead of the dimensions, such as `principal_directions`.
    Each part takes one update of the scores in the lists (a product of two numbers a score and dimension), not a search. Rows beyond the lists stay out:
    for a part that moves more than a list of candidates can show, the loss is a lower bound. Raises InputError.
    """
    queries, rows, sample = found.queries, found.rows, found.sample
    if directions is not None:
        basis = as_matrix(directions, "directions")
        if basis.shape[0] != queries.shape[1]:
            raise InputError(f"directions: got shape {basis.shape}; expected ({queries.shape[1]}, m), a direction in each column.")
        queries, rows, sample = queries @ basis, rows @ basis, sample @ basis
    dims = queries.shape[1]
    lengths = (found.place >= 0).sum(axis=1)
    if not 0 <= bits <= MAX_BITS or not 1 <= block <= dims or not 1 <= k < found.place.shape[1]:
        raise InputError(
            f"bits, block, k: got {bits}, {block} and {k}; expected 0 to {MAX_BITS}, 1 to {dims}, and 1 to less than the {found.place.shape[1]} rows of a list."
        )
    errors = rows - _coarse(rows, sample, bits)
    firsts = np.arange(0, dims, block)
    lost, moved = np.full((len(queries), firsts.size), np.nan), np.zeros((len(queries), firsts.size))
    for number in np.flatnonzero(lengths > k):
        here = found.place[number, : lengths[number]]
        scores = found.scores[number, : lengths[number]].astype(np.float64)
        change = np.add.reduceat(errors[here].astype(np.float64) * queries[number], firsts, axis=1)
        after = scores[:, None] - change
        least = np.partition(after, here.size - k, axis=0)[here.size - k]
        lost[number] = 1 - np.minimum((after[:k] >= least).sum(axis=0), k) / k
        moved[number] = np.abs(change - change.mean(axis=0)).mean(axis=0) / max(float(scores.std()), 1e-30)
    means = [mean_of(column) for column in lost.T]
    spread = np.add.reduceat(sample.astype(np.float64).var(axis=0), firsts)
    total = spread.sum()
    loss, low, high = (np.array([getattr(mean, name) for mean in means]) for name in ("mean", "low", "high"))
    return Sensitivity(loss, low, high, moved.mean(axis=0), spread / total if total > 0 else spread, k, bits)


def principal_directions(sample: F32) -> F32:
    """The principal directions of rows (s, d) as columns (d, d), float32, the one of the largest variance first."""
    x = as_matrix(sample, "sample")
    return np.ascontiguousarray(pca(x, np.ones(x.shape[0], np.float32), centre=True)[1].T)


def _coarse(rows: F32, sample: F32, bits: int) -> F32:
    """Every number as the mean of its cell: 2^bits cells of equal mass of the sample, by dimension."""
    if bits == 0:
        return np.broadcast_to(sample.mean(axis=0, dtype=np.float64).astype(np.float32), rows.shape)
    out = np.empty_like(rows)
    for dim in range(rows.shape[1]):
        ordered = np.sort(sample[:, dim])
        parts = np.array_split(ordered, min(1 << bits, ordered.size))
        levels = np.array([part.mean(dtype=np.float64) for part in parts], np.float32)
        edges = np.array([part[0] for part in parts[1:]])
        out[:, dim] = levels[np.searchsorted(edges, rows[:, dim], side="right")]
    return out

"""What a student is pulled by: terms of a loss over a batch of queries and rows, each with its gradient in closed form.

Every term is worth about as much whatever the lengths of queries and rows are: scores are divided by the spread of the query's own exact list, errors by
the length of the row. Rows that a query has already are left out of its softmax: taught unmasked, codes spend themselves on what is never shown.

lists: Kullback-Leibler divergence of the student's softmax from the teacher's over the rows of the batch (Cao et al., "ListNet", 2007; Hinton et al., 2015).
contrast: InfoNCE with the first rows of the exact list as positives (van den Oord et al., 2018). triplet: hinge of each positive against the student's best
row outside the exact list (Schroff et al., 2015). rows: squared error of the decoded rows. directions: the same, each direction of space weighted by the
energy that the queries have there. neighbours: squared difference of the errors of rows that follow each other in an exact list, the Laplacian of that
graph (Belkin, Niyogi and Sindhwani, 2006): competing rows may move, but together.
"""

from dataclasses import dataclass, fields

import numpy as np

from ..arrays import F32
from ..errors import InputError
from ..fitting.kmeans import sums

TRIPLET_MARGIN = 0.5  # in spreads of the exact list, at temperature 1
MOST_SLOPE = 1e30
NEVER = np.float32(-1e30)  # the score of a row that must not be shown


@dataclass(frozen=True, slots=True)
class Terms:
    """How much each term counts, at least 0; 0 leaves it out. temperature: of the softmaxes, in spreads of a query's exact list.

    Raises InputError for negative or infinite weights, all of them 0, or a temperature that is not above 0.
    """

    lists: float = 1.0
    contrast: float = 0.0
    triplet: float = 0.0
    rows: float = 1.0
    directions: float = 0.0
    neighbours: float = 0.0
    temperature: float = 1.0

    def __post_init__(self) -> None:
        weights = {field.name: getattr(self, field.name) for field in fields(self)}
        bad = [name for name, value in weights.items() if isinstance(value, bool) or not 0 <= value < np.inf]
        if bad or self.temperature == 0 or not any(self.weights().values()):
            raise InputError(f"terms: got {self}; expected finite weights of at least 0, one of them above 0, and a temperature above 0.")

    def weights(self) -> dict[str, float]:
        """Name -> weight of the terms, without the temperature."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "temperature"}


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Queries (b, d) and the rows (r) that they are taught on.

    exact, decoded: (r, d) rows of the teacher and of the student. hidden: (b, r) bool, rows that the query has already. first: (b, p) places among the rows of
    the best rows of each exact list, best first, -1 where there is none. listed: (b, r) bool, rows of the exact list. spread: (b,) of the exact scores.
    weight: (r,) what each row counts in the errors, with mean 1. energy: (d, d) second moment of all queries, with trace d.
    """

    queries: F32
    exact: F32
    decoded: F32
    hidden: np.ndarray
    first: np.ndarray
    listed: np.ndarray
    spread: F32
    weight: F32
    energy: F32


def loss(terms: Terms, batch: Batch) -> tuple[float, F32]:
    """The weighted sum of the terms, and its gradient (r, d) with respect to the decoded rows."""
    value = 0.0
    gradient = np.zeros_like(batch.decoded)
    scale = (batch.spread * np.float32(terms.temperature))[:, None]
    if terms.lists or terms.contrast or terms.triplet:
        student = _scores(batch, batch.decoded, scale)
        mine = _shifted(student)
        moved = np.zeros_like(student)
        if terms.lists:
            value += terms.lists * _add(moved, terms.lists, *_lists(mine, _shifted(_scores(batch, batch.exact, scale))))
        if terms.contrast:
            value += terms.contrast * _add(moved, terms.contrast, *_contrast(mine, batch))
        if terms.triplet:
            value += terms.triplet * _add(moved, terms.triplet, *_triplet(student, batch))
        moved /= scale * np.float32(len(scale))
        gradient += moved.T @ batch.queries
    for weight, term in ((terms.rows, _rows), (terms.directions, _directions), (terms.neighbours, _neighbours)):
        if weight:
            value += weight * _add(gradient, weight, *term(batch))
    return value, gradient


def _scores(batch: Batch, rows: F32, scale: F32) -> F32:
    """(b, r) scores in spreads of each query's list; what the query has already is far below all others."""
    scores = (batch.queries / scale) @ rows.T
    scores[batch.hidden] = NEVER
    return scores


def _add(total: F32, weight: float, value: float, gradient: F32) -> float:
    total += np.float32(weight) * gradient
    return value


def _shifted(scores: F32) -> tuple[F32, F32]:
    """Scores (b, r) as logarithms of their softmax, and the softmax."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    total = powers.sum(axis=1, keepdims=True)
    powers /= total
    shifted -= np.log(total)
    return shifted, powers


def _lists(student: tuple[F32, F32], teacher: tuple[F32, F32]) -> tuple[float, F32]:
    """Mean divergence over the queries, and the gradient of their sum with respect to the student's scores."""
    (mine, share), (theirs, wanted) = student, teacher
    value = float(np.einsum("br,br->", wanted, theirs)) - float(np.einsum("br,br->", wanted, mine))
    return value / len(mine), share - wanted


def _positives(batch: Batch) -> F32:
    """(b, r): 1 / positives at the positives of each query, 0 elsewhere."""
    share = np.zeros(batch.hidden.shape, np.float32)
    query, place = np.nonzero(batch.first >= 0)
    share[query, batch.first[query, place]] = 1
    return share / np.maximum(share.sum(axis=1, keepdims=True), 1)


def _contrast(student: tuple[F32, F32], batch: Batch) -> tuple[float, F32]:
    wanted = _positives(batch)
    value = -float(np.einsum("br,br->", wanted, student[0])) / len(wanted)
    return value, np.where(wanted.any(axis=1, keepdims=True), student[1] - wanted, 0)


def _triplet(student: F32, batch: Batch) -> tuple[float, F32]:
    wanted = _positives(batch)
    rivals = np.where(batch.listed, NEVER, student)
    rival = rivals.argmax(axis=1)
    best = rivals[np.arange(len(rival)), rival]
    # A query without a row outside its list has no rival.
    wanted[best <= NEVER / 2] = 0
    short = np.where(wanted > 0, best[:, None] - np.where(wanted > 0, student, 0) + np.float32(TRIPLET_MARGIN), 0)
    pulled = np.where(short > 0, wanted, 0)
    gradient = -pulled
    gradient[np.arange(len(rival)), rival] += pulled.sum(axis=1)
    return float((pulled * np.maximum(short, 0)).sum(axis=1, dtype=np.float64).mean()), gradient


def _per_square(batch: Batch) -> np.ndarray:
    """(r, 1) float64: weight over squared length of each exact row, over the number of rows; 0 for rows of zeros. Beyond float32 where rows are tiny."""
    square = np.einsum("rd,rd->r", batch.exact, batch.exact, dtype=np.float64)
    return (np.where(square > 0, batch.weight / np.where(square > 0, square, 1), 0) / len(square))[:, None]


def _cut(slopes: np.ndarray, batch: Batch) -> F32:
    """Slopes as the decoded rows are stored, cut where a sum of them would overflow."""
    return np.clip(slopes, -MOST_SLOPE, MOST_SLOPE).astype(batch.decoded.dtype)


def _rows(batch: Batch) -> tuple[float, F32]:
    error = batch.decoded - batch.exact
    weighted = error * _per_square(batch)
    return 0.5 * float(np.einsum("rd,rd->", error, weighted, dtype=np.float64)), _cut(weighted, batch)


def _directions(batch: Batch) -> tuple[float, F32]:
    error = batch.decoded - batch.exact
    weighted = (error @ batch.energy) * _per_square(batch)
    return 0.5 * float(np.einsum("rd,rd->", error, weighted, dtype=np.float64)), _cut(weighted, batch)


def _neighbours(batch: Batch) -> tuple[float, F32]:
    left, right = batch.first[:, :-1].ravel(), batch.first[:, 1:].ravel()
    both = (left >= 0) & (right >= 0)
    left, right = left[both], right[both]
    mean_square = float(np.einsum("rd,rd->", batch.exact, batch.exact, dtype=np.float64)) / len(batch.exact)
    if not left.size or mean_square == 0:
        return 0.0, np.zeros_like(batch.decoded)
    error = batch.decoded - batch.exact
    apart = error[left] - error[right]
    share = 1 / (left.size * mean_square)
    value = 0.5 * share * float(np.einsum("ed,ed->", apart, apart, dtype=np.float64))
    ends, moves = np.concatenate([left, right]), np.concatenate([apart, -apart])
    total = sums(moves, np.ones(ends.size, np.float32), ends, len(error))[0]
    return value, _cut(total.astype(np.float64) * share, batch)

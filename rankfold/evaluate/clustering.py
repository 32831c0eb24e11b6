"""Clusters before and after: do items of one category still lie together, and are the communities that k-means finds still the same?"""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix, unit_rows
from ..errors import InputError
from ..fitting.kmeans import assign, kmeans
from .change import Change, mean_change
from .compare import Loss, losses
from .intervals import Mean, finite, mean_of
from .itemlists import drawn, nearest_items
from .probes import label_numbers

SAMPLE = 2_000
MOST_PAIRS = 4_096
COMMUNITIES = 64
LEAST_ITEMS = 2


@dataclass(frozen=True, slots=True)
class Separability:
    """How far categories lie apart. purity: share of an item's k nearest items that are of its category, paired over items.

    silhouette: by cosine distance (Rousseeuw, 1987), -1 to 1, within a sample. categories: how many. k: neighbours looked at.
    """

    purity: Loss
    silhouette: Change
    categories: int
    k: int

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"purity": self.purity.to_dict(), "silhouette": self.silhouette.to_dict(), "categories": self.categories, "k": self.k}


def separability(original: F32, decoded: F32, labels: np.ndarray, *, k: int = 10, sample: int = SAMPLE, seed: int = 0) -> Separability:
    """Compare categories in two sets of vectors of the same items, original (n, d) and decoded (n, d'). labels: (n,) text, "" where unknown.

    Purity is of at most `sample` items among all that have a category; the silhouette within at most 4,096. Raises InputError.
    """
    before, after = _pair(original, decoded)
    if labels.shape != (len(before),):
        raise InputError(f"labels: got shape {labels.shape}; expected ({len(before)},), one text an item.")
    items, number, names = label_numbers(labels, least=LEAST_ITEMS)
    if names.size < 2 or not 1 <= k < items.size:
        raise InputError(
            f"labels, k: {names.size} categories have at least {LEAST_ITEMS} items, {items.size} in all; expected two, and more than k = {k} items."
        )
    asked = drawn(items.size, sample, seed)
    pure = [(number[nearest_items(x[items], asked, k)] == number[asked][:, None]).mean(axis=1) for x in (before, after)]
    some = drawn(items.size, MOST_PAIRS, seed)
    shape = [silhouettes(x[items[some]], number[some]) for x in (before, after)]
    known = np.isfinite(shape[0])
    silhouette = mean_change(shape[0][known], shape[1][known], some[known])
    return Separability(losses({"purity": pure[0]}, {"purity": pure[1]}, seed=seed)["purity"], silhouette, names.size, k)


def silhouettes(matrix: F32, number: np.ndarray) -> np.ndarray:
    """(b - a) / max(a, b) of each row (n,): a is the mean cosine distance to its own category, b to the nearest other; NaN for one alone in its category."""
    kinds, own = np.unique(number, return_inverse=True)
    own = own.ravel()
    rows = unit_rows(matrix).astype(np.float64)
    size = np.bincount(own)
    sums = np.zeros((kinds.size, rows.shape[1]))
    np.add.at(sums, own, rows)
    # The mean distance to a category is 1 - the row with the mean of its unit rows: no pairs are needed.
    distance = 1 - rows @ (sums / size[:, None]).T
    line = np.arange(len(rows))
    lengths = np.einsum("nd,nd->n", rows, rows)
    with np.errstate(invalid="ignore", divide="ignore"):
        mine = ((distance[line, own] * size[own]) - (1 - lengths)) / (size[own] - 1)
    distance[line, own] = np.inf
    other = distance.min(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        values = (other - mine) / np.maximum(mine, other)
    return np.where((size[own] > 1) & np.isfinite(other), values, np.nan)


@dataclass(frozen=True, slots=True)
class Communities:
    """k-means communities before and after.

    nmi: normalised mutual information of both divisions. again: that of two divisions of the original from other random starts; k-means itself is no steadier
    than this. stayed: share of items that are still nearest to the centre of their own community.
    """

    nmi: float
    again: float
    stayed: Mean
    count: int

    @property
    def kept(self) -> float:
        """nmi over again: 1 where compression moves communities no more than another random start does; NaN where there are none."""
        return self.nmi / self.again if self.again > 0 else np.nan

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"nmi": finite(self.nmi), "again": finite(self.again), "kept": finite(self.kept), "stayed": self.stayed.to_dict(), "count": self.count}


def communities(original: F32, decoded: F32, *, count: int = COMMUNITIES, seed: int = 0) -> Communities:
    """Compare the k-means communities (by cosine) of the same items in two sets of vectors, original (n, d) and decoded (n, d). Raises InputError."""
    before, after = (unit_rows(x) for x in _pair(original, decoded))
    if before.shape != after.shape or not 2 <= count <= len(before) // 2:
        raise InputError(f"count: got {count} communities of {len(before)} items; expected 2 to half of them, and vectors of one dimension.")
    weight = np.ones(len(before), np.float32)
    # An odd and an even stream, so that the second start of the original is not that of the compressed vectors.
    centres = [kmeans(x, weight, count, np.random.default_rng([seed, stream])) for x, stream in ((before, 0), (before, 1), (after, 1))]
    first, second = (assign(before, centre)[0] for centre in centres[:2])
    found = assign(after, centres[2])[0]
    stayed = assign(after, centres[0])[0] == first
    return Communities(mutual_information(first, found), mutual_information(first, second), mean_of(stayed.astype(np.float64)), count)


def mutual_information(a: np.ndarray, b: np.ndarray) -> float:
    """Mutual information of two divisions (n,) over the mean of their entropies (Strehl and Ghosh, 2002): 1 for equal ones, about 0 for independent ones."""
    _, a = np.unique(a, return_inverse=True)
    kinds, b = np.unique(b, return_inverse=True)
    joint = np.bincount(a.ravel() * kinds.size + b.ravel(), minlength=(int(a.max()) + 1) * kinds.size).reshape(-1, kinds.size) / a.size
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    filled = joint > 0
    shared = float((joint[filled] * np.log(joint[filled] / np.outer(rows, columns)[filled])).sum())
    entropy = -float((rows * np.log(rows)).sum() + (columns * np.log(columns)).sum()) / 2
    return shared / entropy if entropy > 0 else 1.0


def _pair(original: F32, decoded: F32) -> tuple[F32, F32]:
    before, after = as_matrix(original, "original"), as_matrix(decoded, "decoded")
    if len(before) != len(after):
        raise InputError(f"decoded: got {len(after)} rows; expected {len(before)}, the same items as original.")
    return before, after

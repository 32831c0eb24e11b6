"""Attribute probes: can a linear map still read an attribute (genre, section, language) off the vectors? What was kept and what was lost, by name."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix
from ..errors import InputError
from .compare import Loss, losses
from .intervals import finite

LEAST_ITEMS = 10
MOST_CLASSES = 256
# Ridge, as a share of the mean variance of a coordinate: enough to be stable, too little to hide a direction.
RIDGE = 1e-3


@dataclass(frozen=True, slots=True)
class Probe:
    """accuracy: share of held-out items whose attribute is read right, before and after, paired over items. chance: share of the commonest value among them.

    classes: values with enough items; left_out: items without one of these.
    """

    accuracy: Loss
    chance: float
    classes: int
    left_out: int

    @property
    def kept(self) -> float:
        """What is left of the accuracy beyond chance; NaN where the original vectors have none."""
        beyond = self.accuracy.before - self.chance
        return (self.accuracy.after - self.chance) / beyond if beyond > 0 else np.nan

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "accuracy": self.accuracy.to_dict(),
            "chance": finite(self.chance),
            "kept": finite(self.kept),
            "classes": self.classes,
            "left_out": self.left_out,
        }


def attribute_probe(original: F32, decoded: F32, labels: np.ndarray, *, seed: int = 0) -> Probe:
    """Fit a ridge classifier (least squares on one-hot values, then the largest) to half of the items and judge it on the other, before and after.

    original (n, d), decoded (n, d'): the same items. labels: (n,) text, "" where unknown. Values with fewer than 10 items are left out, and all but the 256
    commonest. Raises InputError when fewer than two values are left.
    """
    before, after = as_matrix(original, "original"), as_matrix(decoded, "decoded")
    if labels.shape != (len(before),) or len(after) != len(before):
        raise InputError(f"labels: got shape {labels.shape} for {len(before)} and {len(after)} rows; expected one text for each of the same items.")
    items, target, names = label_numbers(labels, least=LEAST_ITEMS, most=MOST_CLASSES)
    if names.size < 2:
        raise InputError(f"labels: {names.size} values have at least {LEAST_ITEMS} items; expected two or more.")
    fitting = np.zeros(items.size, np.bool_)
    fitting[np.random.default_rng(seed).permutation(items.size)[: items.size // 2]] = True
    right = [_right(x[items].astype(np.float64), target, names.size, fitting) for x in (before, after)]
    accuracy = losses({"accuracy": right[0]}, {"accuracy": right[1]}, seed=seed)["accuracy"]
    chance = float(np.bincount(target[~fitting]).max() / (~fitting).sum())
    return Probe(accuracy, chance, names.size, labels.size - items.size)


def label_numbers(labels: np.ndarray, *, least: int, most: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows (m,) whose label has at least `least` rows, the number of the label of each (m,), and the labels by number; "" is no label. `most`: commonest."""
    names, number, count = np.unique(labels, return_inverse=True, return_counts=True)
    number = number.ravel()
    kept = (count >= least) & (names != "")
    if most is not None and kept.sum() > most:
        kept &= count >= np.sort(count[kept])[-most]
    rows = np.flatnonzero(kept[number])
    return rows, (np.cumsum(kept) - 1)[number[rows]], names[kept]


def _right(x: np.ndarray, target: np.ndarray, classes: int, fitting: np.ndarray) -> np.ndarray:
    """1 for each item that was not fitted on and is read right, else 0."""
    centred = x - x[fitting].mean(axis=0)
    onehot = np.eye(classes)[target]
    mean = onehot[fitting].mean(axis=0)
    known = centred[fitting]
    gram = known.T @ known
    gram[np.diag_indices_from(gram)] += RIDGE * max(np.trace(gram) / len(gram), np.finfo(float).tiny)
    slopes = np.linalg.solve(gram, known.T @ (onehot[fitting] - mean))
    return ((centred[~fitting] @ slopes + mean).argmax(axis=1) == target[~fitting]).astype(np.float64)

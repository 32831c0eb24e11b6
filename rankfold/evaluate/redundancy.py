"""Redundancy of modalities: how much of one set of vectors is in another already, by centred kernel alignment."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix
from ..errors import InputError
from .intervals import finite

LEAST_ITEMS = 4


@dataclass(frozen=True, slots=True, eq=False)
class Redundancy:
    """names: the modalities. matrix: (m, m) float64, linear CKA of each pair: 1 for the same up to turn and scale, about 0 for independent ones."""

    names: tuple[str, ...]
    matrix: np.ndarray

    def to_dict(self) -> dict[str, object]:
        """JSON-ready: name -> name -> CKA."""
        return {name: {other: finite(self.matrix[i, j]) for j, other in enumerate(self.names)} for i, name in enumerate(self.names)}


def redundancy(modalities: Mapping[str, F32]) -> Redundancy:
    """Linear CKA (Kornblith et al., 2019) of each pair of modalities, name -> (n, d) vectors of the same n items, dimensions may differ.

    By the unbiased estimate of the dependence (Song et al., 2012), so that few items in many dimensions do not look alike by chance. Raises InputError.
    """
    if len(modalities) < 2:
        raise InputError(f"modalities: got {len(modalities)}; expected at least two.")
    sets = {name: as_matrix(x, f"modalities[{name!r}]").astype(np.float64) for name, x in modalities.items()}
    counts = {name: len(x) for name, x in sets.items()}
    if len(set(counts.values())) > 1 or min(counts.values()) < LEAST_ITEMS:
        raise InputError(f"modalities: have {', '.join(f'{name} {count}' for name, count in counts.items())} rows; expected the same items, at least 4.")
    parts = [_centred(x) for x in sets.values()]
    alone = np.array([_dependence(x, x) for x in parts])
    flat = [name for name, value in zip(sets, alone) if value <= 0]
    if flat:
        raise InputError(f"modalities: {', '.join(flat)} does not vary over the items; expected rows that differ.")
    matrix = np.eye(len(parts))
    for i in range(len(parts)):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = _dependence(parts[i], parts[j]) / np.sqrt(alone[i] * alone[j])
    return Redundancy(tuple(sets), matrix)


def _centred(x: np.ndarray) -> np.ndarray:
    centred = x - x.mean(axis=0)
    return centred / max(float(np.sqrt((centred**2).mean())), np.finfo(float).tiny)


def _dependence(x: np.ndarray, y: np.ndarray) -> float:
    """The unbiased Hilbert-Schmidt independence criterion of two linear kernels, without their n x n matrices."""
    n = len(x)
    own_x, own_y = np.einsum("nd,nd->n", x, x), np.einsum("nd,nd->n", y, y)
    row_x, row_y = x @ x.sum(axis=0) - own_x, y @ y.sum(axis=0) - own_y
    trace = float(((x.T @ y) ** 2).sum() - own_x @ own_y)
    middle = float(row_x.sum() * row_y.sum()) / ((n - 1) * (n - 2))
    return (trace + middle - 2 / (n - 2) * float(row_x @ row_y)) / (n * (n - 3))

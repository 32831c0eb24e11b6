"""A dictionary of atoms of length one, learned for the sparse codes that orthogonal matching pursuit really chooses in it.

Start: rows themselves, drawn by their weights, so that no atom is dead. Then turns of codes for a batch of rows and least squares for all atoms at once
(Engan, Aase and Hakon Husoy, "Method of optimal directions for frame design", 1999), from sums that forget old batches (Mairal, Bach, Ponce and Sapiro,
"Online dictionary learning for sparse coding", 2009). A ridge keeps atoms from remembering the rows that they were fitted to; steps go further than
the regression says, as in k-means. Atoms that nobody uses, and one of two that are nearly equal, become the rows explained worst.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from ..arrays import F32, blocks, row_norms, unit_rows
from .sparsecoding import expect_memory, omp_codes

PASSES = 6  # over the rows: codes of rows not seen before still gain after four
BATCH = 2  # rows an atom
MEMORY = 0.875  # of the sums of earlier batches
RIDGE = 3.0  # rows' worth of nothing that every atom is drawn to
RELAXATION = 1.5
CALM_STEPS = 4  # at the end, in which the steps come down to the plain ones
SWEEPS, GROUP = 2, 512  # of the regression, which goes on in the next step: codes of different atoms hardly depend on each other
TWIN = 0.99
DRAWS = 4  # how many times the atoms wanted are drawn before rows are taken to hold no more different directions
BLOCK_ROWS, BLOCK_ATOMS = 2_048, 1_024
UNUSED = 1e-6


def learn_dictionary(x: F32, weight: F32, latents: int, nonzeros: int, rng: np.random.Generator, *, passes: float = PASSES) -> F32:
    """Atoms float32 (h, d) of length one for codes of `nonzeros` atoms of rows x (n, d) with weights (n,), both float32.

    Only directions of rows count; rows of zeros and rows of no weight do not. h is `latents`, or fewer where rows have fewer different directions, and never
    fewer than `nonzeros`: random directions fill up. passes: how many times all rows are coded. Same rng, same result. Raises InputError where two squares
    of the atoms do not fit into free memory.
    """
    expect_memory(min(latents, len(x)), 2)
    told = x.any(axis=1) & (weight > 0)
    rows = unit_rows(x if told.all() else x[told])
    share = (weight[told] / weight[told].mean() if len(rows) else weight[told]).astype(np.float32)
    atoms = first_atoms(rows, share, latents, rng)
    if len(atoms) < nonzeros:
        others = rng.standard_normal((nonzeros - len(atoms), x.shape[1])).astype(np.float32)
        atoms = np.concatenate([atoms, unit_rows(others)])
    if len(rows) <= len(atoms):
        return atoms
    batch = batch_rows(len(atoms), len(rows))
    steps = max(1, round(passes * len(rows) / batch))
    drawn = ((rows[which], share[which]) for which in _batches(len(rows), batch, rng))
    for moved in improved_atoms(atoms, drawn, steps, nonzeros, len(rows)):
        atoms = moved
    return atoms


def batch_rows(latents: int, count: int) -> int:
    """Rows of a batch that so many atoms learn from at a time, of `count` in all."""
    return min(count, BATCH * latents)


def improved_atoms(atoms: F32, batches: Iterable[tuple[F32, F32]], steps: int, nonzeros: int, count: int, *, trusted: bool = False) -> Iterator[F32]:
    """Atoms float32 (h, d) after each of `steps` batches, each of rows (n, d) of length one and their weights (n,), mean 1 over all `count` rows; n > 0.

    Starts from `atoms`, of length one, which stay as they are. The steps come down at the end, so that the last ones are to be kept. trusted: the atoms are
    good ones already. The ridge then draws each to where it is, not to nothing, steps go no further than the regression says, and no atom gives way to a row.
    """
    sums = _Sums(*atoms.shape)
    for step, (x, weight) in zip(range(steps), batches, strict=False):
        fresh = min(1.0, count / len(x) * (1 - MEMORY))
        if trusted:
            atoms = _adjusted(atoms, x, weight, nonzeros, sums, fresh)
        else:
            further = 1 + (RELAXATION - 1) * min(1.0, (steps - 1 - step) / CALM_STEPS)
            atoms = _improved(atoms, x, weight, nonzeros, sums, fresh, further)
        yield atoms


def _batches(count: int, batch: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Numbers of rows, rising in a batch; all come before one comes again."""
    order = np.empty(0, np.int64)
    while True:
        if len(order) < batch:
            order = np.concatenate([order, rng.permutation(count)])
        which, order = np.sort(order[:batch]), order[batch:]
        yield which


def first_atoms(rows: F32, weight: F32, count: int, rng: np.random.Generator) -> F32:
    """At most `count` of the rows (n, d), all of length one, drawn by weight (n,) without repeats or near repeats; fewer where there are no more."""
    # The smallest of exponential times over weights is a draw without repeats: Efraimidis and Spirakis, 2006.
    order = np.argsort(rng.exponential(size=len(rows)) / weight, kind="stable")[: DRAWS * count]
    atoms = rows[:0]
    for start, stop in blocks(len(order), count):
        more = np.concatenate([atoms, rows[order[start:stop]]])
        atoms = more[~has_earlier_twin(more)][:count]
        if len(atoms) == count:
            break
    return np.ascontiguousarray(atoms)


def has_earlier_twin(atoms: F32) -> np.ndarray:
    """Whether an atom before it points nearly the same way or the opposite way, (h,) bool."""
    found = np.zeros(len(atoms), np.bool_)
    for start, stop in blocks(len(atoms), BLOCK_ATOMS):
        close = np.abs(atoms[start:stop] @ atoms[:stop].T) > TWIN
        found[start:stop] = np.tril(close, start - 1).any(axis=1)
    return found


def summed_atoms(atoms: F32, index: np.ndarray, value: F32) -> F32:
    """Rows value[i] @ atoms[index[i]] of codes (n, k), float32 (n, d)."""
    out = np.zeros((len(index), atoms.shape[1]), np.float32)
    for start, stop in blocks(len(index), BLOCK_ROWS):
        for place, factor in zip(index[start:stop].T, value[start:stop].T, strict=True):
            out[start:stop] += factor[:, None] * atoms[place]
    return out


class _Sums:
    """What least squares reads of codes S and rows X with weights: S' W S, (h, h), and S' W X, (h, d)."""

    def __init__(self, latents: int, dim: int):
        self.pairs = np.zeros((latents, latents), np.float32)
        self.rows = np.zeros((latents, dim), np.float32)

    def forget(self, kept: float) -> None:
        self.pairs *= np.float32(kept)
        self.rows *= np.float32(kept)

    def drop(self, atoms: np.ndarray) -> None:
        """Nothing is known any more of atoms that were replaced."""
        self.pairs[atoms], self.pairs[:, atoms], self.rows[atoms] = 0, 0, 0

    def add(self, x: F32, weight: F32, index: np.ndarray, value: F32) -> None:
        weighted = value * weight[:, None]
        flat, latents = self.pairs.reshape(-1), len(self.pairs)
        for place in range(index.shape[1]):
            one = index[:, place : place + 1].astype(np.intp)
            np.add.at(flat, (one * latents + index).ravel(), (weighted[:, place : place + 1] * value).ravel())
        for start, stop in blocks(len(x), BLOCK_ROWS):
            codes = np.zeros((stop - start, latents), np.float32)
            np.put_along_axis(codes, index[start:stop].astype(np.intp), weighted[start:stop], axis=1)
            self.rows += codes.T @ x[start:stop]

    def solve(self, atoms: F32, ridge: float, *, near: bool = False) -> F32:
        """The atoms of least squares, nearly: from `atoms` on, each group of atoms in turn as is best beside the others. near: the ridge draws to `atoms`."""
        moved = atoms.copy()
        left = self.rows - self.pairs @ moved
        if not near:
            left -= np.float32(ridge) * moved
        for _ in range(SWEEPS):
            for start, stop in blocks(len(moved), GROUP):
                own = self.pairs[start:stop, start:stop] + np.float32(ridge) * np.eye(stop - start, dtype=np.float32)
                step = np.linalg.solve(own, left[start:stop])
                moved[start:stop] += step
                left -= self.pairs[:, start:stop] @ step
                left[start:stop] -= np.float32(ridge) * step
        return moved


def _improved(atoms: F32, x: F32, weight: F32, nonzeros: int, sums: _Sums, fresh: float, further: float) -> F32:
    """One turn on a batch: its codes, then all atoms. fresh: share of its weight that a batch counts, below 1 where few rows come round again and again."""
    index, value = omp_codes(atoms, x, nonzeros)
    sums.forget(MEMORY)
    sums.add(x, weight * np.float32(fresh), index, value)
    solved = sums.solve(atoms, RIDGE)
    lengths = row_norms(solved)
    dead = (sums.pairs.diagonal() < UNUSED) | ~(lengths > UNUSED)
    moved = unit_rows(atoms + np.float32(further) * (unit_rows(np.where(dead[:, None], atoms, solved)) - atoms))
    free = np.flatnonzero(dead | has_earlier_twin(moved))
    if free.size:
        left = weight * np.square(x - summed_atoms(atoms, index, value)).sum(axis=1)
        worst = np.argsort(-left, kind="stable")[: free.size]
        moved[free[: worst.size]] = x[worst]
        sums.drop(free)
    return moved


def _adjusted(atoms: F32, x: F32, weight: F32, nonzeros: int, sums: _Sums, fresh: float) -> F32:
    """One turn on a batch from atoms that are good: its codes, then all atoms near where they are; an atom that would be nothing stays."""
    index, value = omp_codes(atoms, x, nonzeros)
    sums.forget(MEMORY)
    sums.add(x, weight * np.float32(fresh), index, value)
    solved = sums.solve(atoms, RIDGE, near=True)
    return unit_rows(np.where((row_norms(solved) > UNUSED)[:, None], solved, atoms))

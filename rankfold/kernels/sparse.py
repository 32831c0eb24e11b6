"""Kernels that find sparse codes: a few atoms of a dictionary, and their values, for each row."""

import numpy as np

from ..errors import InputError
from .dispatch import expect, run

MAX_NONZEROS = 256
MAX_DIM = 65_536


def omp(start: np.ndarray, gram: np.ndarray, nonzeros: int) -> tuple[np.ndarray, np.ndarray]:
    """Orthogonal matching pursuit: index int32 (n, k) and value float32 (n, k), k = nonzeros, such that each row is nearly sum of value * atoms[index].

    start float32 (n, h): x @ atoms.T; gram float32 (h, h): atoms @ atoms.T, h >= k >= 1, k <= 256. Atoms may have any length. Each step chooses the atom
    with which least squares over all chosen atoms leaves least, the lowest in a tie; places are in the order of choice, and values are those of least squares.
    An atom that lies within 1.8 degrees of the span of those chosen is passed over, and so is one of length 0, or one whose correlation with what is
    left is at most 4e-6 of the row's first one. Where no other is left a row ends; its other places hold value 0 and the lowest atoms not chosen, so that the
    atoms of a row differ. Pati, Rezaiifar, Krishnaprasad (1993); this choice: Chen, Billings, Luo, "Orthogonal least squares methods", 1989; by correlations
    alone: Rubinstein, Zibulevsky, Elad (2008).
    Equal on every level to the last bit. Raises InputError for other dtypes, shapes or layouts.
    """
    expect("start", start, np.float32, "n", "h")
    expect("gram", gram, np.float32, start.shape[1], start.shape[1])
    _expect_nonzeros(nonzeros, start.shape[1])
    index, value = np.empty((len(start), int(nonzeros)), np.int32), np.empty((len(start), int(nonzeros)), np.float32)
    run("omp", start, gram, index, value)
    return index, value


def topk_rows(x: np.ndarray, encoder: np.ndarray, bias: np.ndarray, nonzeros: int) -> tuple[np.ndarray, np.ndarray]:
    """The k = nonzeros largest of |encoder . x + bias| of each row: index int32 (n, k) and value float32 (n, k), the larger |value| first, then the lower atom.

    x float32 (n, d), encoder float32 (h, d), bias float32 (h,), all finite; h >= k >= 1, k <= 256, d <= 65,536.
    Values are float32 products. The support is the best among candidates only: atoms are first ranked by products of 8-bit numbers, a scale a row and
    a scale an atom, and at least 1.25 k + 8 of them (all, where there are fewer) are then multiplied in float32.
    A row without a magnitude above 1e-30 gets the lowest atoms with value 0, whatever the bias.
    Equal on every level to the last bit. Raises InputError for other dtypes, shapes or layouts.
    """
    expect("x", x, np.float32, "n", "d")
    expect("encoder", encoder, np.float32, "h", x.shape[1])
    expect("bias", bias, np.float32, len(encoder))
    if x.shape[1] > MAX_DIM:
        raise InputError(f"x: got {x.shape[1]} dimensions; expected at most {MAX_DIM}.")
    _expect_nonzeros(nonzeros, len(encoder))
    index, value = np.empty((len(x), int(nonzeros)), np.int32), np.empty((len(x), int(nonzeros)), np.float32)
    run("topk_rows", x, encoder, bias, index, value)
    return index, value


def _expect_nonzeros(nonzeros: int, atoms: int) -> None:
    most = min(MAX_NONZEROS, atoms)
    if isinstance(nonzeros, bool) or not isinstance(nonzeros, int | np.integer) or not 1 <= nonzeros <= most:
        raise InputError(f"nonzeros: got {nonzeros!r}; expected a whole number from 1 to {most}.")

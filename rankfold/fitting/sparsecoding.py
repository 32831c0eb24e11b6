"""Sparse codes of rows: a few signed atoms of a dictionary each, searched for or read off an encoder, block by block in bounded memory.

Search: orthogonal matching pursuit, Pati, Rezaiifar, Krishnaprasad (1993), by correlations (Rubinstein, Zibulevsky, Elad, 2008). Encoder: the k largest
magnitudes of one product, as k-sparse autoencoders have it (Makhzani and Frey, 2013), signs kept (Wen and others, "CSR", 2025; Recombee, "CompresSAE", 2025).
"""

import numpy as np

from .. import kernels, runtime
from ..arrays import F32, blocks
from ..errors import InputError
from .remembered import Remembered

SEARCH_ROWS = 256  # correlations of so many rows at a time: always as many, so that a row's code never depends on how many come with it
ENCODE_ROWS = 16_384
ASK_FIRST = 1 << 28  # bytes of products of atoms, from which on it is asked whether they are there

# What the search reads of the fitted dictionaries used last: the Gram matrix takes as long to make as a few thousand rows take to search.
_latest = Remembered()


def omp_codes(atoms: np.ndarray, x: F32, nonzeros: int) -> tuple[np.ndarray, F32]:
    """index int32 (n, k) and value float32 (n, k), k = nonzeros, so that sum of value * atoms[index] is near each row; in the order of choice.

    atoms (h, d): float16 ones are those of a fitted state, which never change, so that what is worked out from them is kept for the next call;
    float32 ones may be changed between calls. x float32 (n, d). Rows of zeros get value 0 throughout; the rest is as `kernels.omp` has it.
    Raises InputError where the products of all atoms with each other, 4 h^2 bytes, do not fit into free memory.
    """
    wide, gram = _latest.of((atoms,), lambda: _search_tables(atoms)) if atoms.dtype == np.float16 else _search_tables(atoms)
    index, value = np.empty((len(x), nonzeros), np.int32), np.zeros((len(x), nonzeros), np.float32)
    index[:] = np.arange(nonzeros, dtype=np.int32)
    padded = np.zeros((SEARCH_ROWS, x.shape[1]), np.float32)
    for start, stop in blocks(len(x), SEARCH_ROWS):
        if not x[start:stop].any():
            continue
        padded[: stop - start], padded[stop - start :] = x[start:stop], 0
        found, values = kernels.omp((padded @ wide.T)[: stop - start], gram, nonzeros)
        index[start:stop], value[start:stop] = found, values
    return index, value


def topk_codes(encoder: np.ndarray, bias: F32, x: F32, nonzeros: int) -> tuple[np.ndarray, F32]:
    """index int32 (n, k) and value float32 (n, k): the k = nonzeros largest of |encoder . x + bias|, the largest first, as `kernels.topk_rows` has it.

    encoder float16 or float32 (h, d), bias float32 (h,), x float32 (n, d). Rows of zeros get value 0 throughout.
    """
    wide = np.ascontiguousarray(encoder, np.float32)
    parts = [kernels.topk_rows(np.ascontiguousarray(x[start:stop]), wide, bias, nonzeros) for start, stop in blocks(max(1, len(x)), ENCODE_ROWS)]
    return np.concatenate([index for index, _ in parts]), np.concatenate([value for _, value in parts])


def _search_tables(atoms: np.ndarray) -> tuple[F32, F32]:
    """The atoms and their Gram matrix, float32."""
    expect_memory(len(atoms), 1)
    wide = np.ascontiguousarray(atoms, np.float32)
    return wide, wide @ wide.T


def expect_memory(atoms: int, squares: int) -> None:
    """Raise InputError unless so many float32 squares of the atoms fit into free memory."""
    needed = 4 * squares * atoms * atoms
    free = runtime.available_memory() if needed >= ASK_FIRST else None
    if free is not None and needed > free:
        raise InputError(
            f"dictionary: got {atoms:,} atoms, whose products with each other take {needed / 1e9:.1f} GB; {free / 1e9:.1f} GB of memory are free. "
            "Take a smaller dictionary, or a machine with more memory."
        )

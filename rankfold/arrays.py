"""Arrays at the door: every check of an array argument, with its message."""

from collections.abc import Iterator

import numpy as np

from .errors import InputError

F32 = np.ndarray
MAX_DIM = 65_536
MAX_ID_BYTES = 1_024


def blocks(count: int, size: int) -> Iterator[tuple[int, int]]:
    """Cut `count` rows into (start, stop) pairs of at most `size` rows."""
    for start in range(0, count, size):
        yield start, min(start + size, count)


def as_matrix(x: object, name: str, *, dim: int | None = None, allow_empty: bool = False) -> F32:
    """`x` as a C-contiguous float32 matrix (n, d); no copy when it is one already.

    Raises InputError for object arrays, other dtypes than float16/32/64, other ranks, another dimension than `dim`,
    no rows, or values that are not finite (the row is named).
    """
    array = as_floats(x, name, allow_empty=allow_empty)
    if dim is not None and array.shape[1] != dim:
        raise InputError(f"{name}: got {array.shape[1]} dimensions (shape {array.shape}); expected {dim}. Are these vectors of the same model?")
    with np.errstate(over="ignore", invalid="ignore"):
        matrix = np.ascontiguousarray(array, dtype=np.float32)
    check_finite(matrix, name)
    return matrix


def as_floats(x: object, name: str, *, allow_empty: bool = False) -> np.ndarray:
    """`x` as a matrix (n, d) of float16, float32 or float64, as it lies; its values are not looked at.

    Raises InputError for what numpy cannot read without guessing, other dtypes, other ranks, no rows, or dimensions out of range.
    """
    try:
        array = np.asarray(x)
    except (ValueError, TypeError, RuntimeError) as error:
        raise InputError(f"{name}: got {type(x).__name__}, which numpy cannot read ({error}); expected a matrix of floats in main memory.") from error
    if array.dtype.kind != "f" or array.dtype.itemsize not in (2, 4, 8):
        advice = "Undo the scaling first, then convert with numpy's astype." if array.dtype.kind in "iu" else "Convert with numpy's astype."
        raise InputError(f"{name}: got dtype {array.dtype}; expected float16, float32 or float64. {advice}")
    if array.ndim != 2:
        raise InputError(f"{name}: got shape {array.shape}; expected two dimensions (rows, dim). One vector v goes in as v[None, :].")
    if not allow_empty and array.shape[0] == 0:
        raise InputError(f"{name}: got no rows (shape {array.shape}); expected at least one.")
    if not 1 <= array.shape[1] <= MAX_DIM:
        raise InputError(f"{name}: got {array.shape[1]} dimensions; expected 1 to {MAX_DIM}.")
    return array


def check_finite(matrix: F32, name: str, *, first_row: int = 0) -> None:
    """Raise InputError naming the first row with a value that is NaN, infinite or too large for float32."""
    # A sum is finite unless a value is not (or the sum overflows): only then are single values looked at.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(matrix.sum(dtype=np.float64)):
            return
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if bad.size:
        column = int(np.flatnonzero(~np.isfinite(matrix[bad[0]]))[0])
        raise InputError(
            f"{name}: row {first_row + int(bad[0])} holds {matrix[bad[0], column]} at position {column} ({bad.size} such rows in this block); "
            "expected finite float32 values. Remove or repair these rows."
        )


def check_no_zero_rows(matrix: F32, name: str, *, first_row: int = 0) -> None:
    """Raise InputError naming the first row that is all zeros: it has no direction to keep."""
    zero = np.flatnonzero(~matrix.any(axis=1))
    if zero.size:
        raise InputError(
            f"{name}: row {first_row + int(zero[0])} is all zeros ({zero.size} such rows in this block); expected a direction in every row. "
            'Remove them, or keep them with zero_rows="keep" (command line: --zero-rows keep): they will score 0 for every query.'
        )


def as_ids(ids: object, count: int, name: str = "ids") -> np.ndarray:
    """`ids` as unique int64 (count,) or fixed-width UTF-8 bytes (count,), C-contiguous.

    Raises InputError for other kinds, another length, duplicates (both rows are named), or text that cannot be stored.
    """
    array = np.asarray(ids)
    if array.shape != (count,):
        raise InputError(f"{name}: got shape {array.shape}; expected ({count},), one id a row.")
    if array.dtype.kind in "iu":
        if array.dtype.kind == "u" and array.size and int(array.max()) > np.iinfo(np.int64).max:
            raise InputError(f"{name}: got {int(array.max())}; expected whole numbers that fit int64.")
        out = array.astype(np.int64)
    elif array.dtype.kind == "U":
        out = _encoded(array, name)
    elif array.dtype.kind == "S":
        out = array
    elif array.dtype.kind in "OT" and all(isinstance(value, str) for value in array):
        out = _encoded(array, name)
    else:
        raise InputError(f"{name}: got dtype {array.dtype}; expected whole numbers or strings.")
    if out.dtype.kind == "S":
        _check_text_ids(out, array, name)
    _check_unique(out, name)
    return np.ascontiguousarray(out)


def _encoded(texts: np.ndarray, name: str) -> np.ndarray:
    encoded = []
    for row in range(texts.size):
        try:
            encoded.append(texts[row].encode())
        except (UnicodeError, ValueError) as error:
            raise InputError(f"{name}: row {row} is not text that UTF-8 can hold ({error}); expected valid text.") from error
    return np.array(encoded, np.bytes_)


def _check_text_ids(out: np.ndarray, given: np.ndarray, name: str) -> None:
    if out.dtype.itemsize > MAX_ID_BYTES:
        raise InputError(f"{name}: the longest id has {out.dtype.itemsize} bytes; expected at most {MAX_ID_BYTES}. Hash longer ids first.")
    lengths = np.char.str_len(out)
    empty = np.flatnonzero(lengths == 0)
    if empty.size:
        raise InputError(f"{name}: row {int(empty[0])} has an empty id; expected text.")
    if given.dtype.kind in "OT":
        for row, value in enumerate(given):
            if value.endswith("\0"):
                raise InputError(f"{name}: row {row} ends in a NUL character, which cannot be stored; expected text without it.")


def _check_unique(ids: np.ndarray, name: str) -> None:
    order = np.argsort(ids, kind="stable")
    same = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if same.size:
        first, second = int(order[same[0]]), int(order[same[0] + 1])
        raise InputError(
            f"{name}: rows {first} and {second} have the same id {as_text(ids[first])!r} ({same.size} duplicates in all); expected unique ids. "
            "Drop all but one."
        )


def as_text(one_id: object) -> str:
    """One id as text, for people."""
    return one_id.decode("utf-8", "replace") if isinstance(one_id, bytes) else str(one_id)


def as_weight(weight: object, count: int, name: str = "weight") -> F32:
    """`weight` as float32 (count,), finite, not negative, not all zero; ones when None. Raises InputError otherwise."""
    if weight is None:
        return np.ones(count, np.float32)
    array = np.asarray(weight)
    if array.dtype.kind not in "iuf" or array.shape != (count,):
        raise InputError(f"{name}: got dtype {array.dtype} of shape {array.shape}; expected numbers of shape ({count},), one a row.")
    out = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(out).all() or (out < 0).any() or not out.any():
        raise InputError(f"{name}: expected finite values of at least 0, not all 0; got values from {out.min()} to {out.max()}.")
    return out


def as_mask(mask: object, count: int, name: str) -> np.ndarray:
    """`mask` as bool (count,). Raises InputError for anything else."""
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape != (count,):
        raise InputError(f"{name}: got dtype {array.dtype} of shape {array.shape}; expected bool of shape ({count},), one value a row of the table.")
    return array


def unit_rows(matrix: F32) -> F32:
    """Rows divided by their lengths; rows of zeros stay zeros."""
    norms = row_norms(matrix)
    return matrix / np.where(norms > 0, norms, 1).astype(np.float32)[:, None]


def row_norms(matrix: F32) -> F32:
    """Length of every row, float32 (n,), summed in float64 so that neither tiny nor huge rows are lost."""
    return np.sqrt(np.einsum("nd,nd->n", matrix, matrix, dtype=np.float64)).astype(np.float32)

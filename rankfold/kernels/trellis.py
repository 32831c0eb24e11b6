"""What every kernel of trellis codes asks of their shape."""

import numpy as np

from ..errors import InputError
from .dispatch import expect

MAX_ADVANCE = 6
TRELLIS_SIZES = [1 << window for window in range(6, 13)]


def expect_trellis(advance: np.ndarray, which: np.ndarray, tables: np.ndarray) -> None:
    """Raise InputError unless these describe a trellis as `trellis_encode` says."""
    expect("tables", tables, np.int8, "T", "2**L")
    if tables.shape[1] not in TRELLIS_SIZES:
        raise InputError(f"tables: got {tables.shape[1]} values each; expected a power of two from 64 to 4096.")
    expect("advance", advance, np.uint8, "m")
    expect("which", which, np.uint8, len(advance))
    window, bits = tables.shape[1].bit_length() - 1, int(advance.sum(dtype=np.int64))
    if advance.max(initial=0) > MAX_ADVANCE or bits % 8 or bits < window:
        raise InputError(
            f"advance: got {advance.max(initial=0)} bits at most and {bits} in all; "
            f"expected at most {MAX_ADVANCE} a coordinate, and in all whole bytes that hold at least one window of {window} bits."
        )
    if which.max(initial=0) >= len(tables):
        raise InputError(f"which: got table {which.max(initial=0)}; expected 0 to {len(tables) - 1}.")

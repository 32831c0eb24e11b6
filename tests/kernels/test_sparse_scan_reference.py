import numpy as np

from rankfold.fitting.bitpack import pack_bits
from rankfold.kernels.sparse_scan_reference import sparse_scan


def test_levels_by_hand():
    index, codes = pack_bits(np.uint8([[1, 0, 4]]), 3), pack_bits(np.uint8([[3, 0, 1]]), 2)
    out, none = np.empty((1, 1), np.float32), np.empty(0, np.uint8)
    queries, levels = np.int16([[10, 20, 30, 40, 50]]), np.int16([-7, 2, 0, 9])
    scales = np.full(256, 3, np.float32)
    sparse_scan(
        queries,
        index,
        3,
        none,
        np.empty((0, 3), np.int16),
        codes,
        levels,
        np.uint8([1]),
        scales,
        none,
        scales,
        none,
        np.empty((0, 0), np.int16),
        np.float32([0.5]),
        out,
    )
    assert out.tolist() == [[(9 * 20 - 7 * 10 + 2 * 50) * 0.5 * 3]]

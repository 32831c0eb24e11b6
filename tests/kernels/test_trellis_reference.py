"""The NumPy twins of the trellis kernels against loops that are too simple to be wrong."""

import numpy as np
import pytest

from rankfold import kernels


@pytest.fixture(autouse=True)
def on_reference():
    with kernels.use("reference"):
        yield


def test_decode_reads_windows_of_a_ring_of_bits():
    rng = np.random.default_rng(0)
    advance, which = np.uint8([2, 0, 6, 1, 3, 4]), np.uint8([0, 1, 1, 0, 0, 1])
    tables, reach = rng.integers(-128, 128, (2, 128)).astype(np.int8), rng.random(6).astype(np.float32)
    codes, out = rng.integers(0, 256, (5, 2)).astype(np.uint8), np.zeros((5, 6), np.float32)
    kernels.trellis_decode(codes, reach, advance, which, tables, out)
    for row in range(5):
        ring = [int(codes[row, bit // 8]) >> bit % 8 & 1 for bit in range(16)]
        for j, first in enumerate([0, 2, 2, 8, 9, 12]):
            window = sum(ring[(first + bit) % 16] << bit for bit in range(7))
            assert out[row, j] == reach[j] * np.float32(tables[which[j], window])

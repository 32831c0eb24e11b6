import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.fitting.bitpack import pack_bits, packed_bytes, unpack_bits


@given(st.integers(1, 16), st.integers(1, 5), st.integers(1, 40), st.integers(0, 2**31))
def test_numbers_come_back_in_exactly_the_bytes_promised(bits, rows, count, seed):
    numbers = np.random.default_rng(seed).integers(0, 2**bits, (rows, count))
    packed = pack_bits(numbers, bits)
    assert packed.dtype == np.uint8 and packed.shape == (rows, packed_bytes(count, bits))
    assert packed_bytes(count, bits) == -(-count * bits // 8)
    assert np.array_equal(unpack_bits(packed, bits, count), numbers)


@pytest.mark.parametrize(
    ("bits", "numbers", "expected"),
    [
        (1, [1, 0, 0, 0, 0, 0, 0, 0, 1], [1, 1]),
        (4, [0x3, 0xA, 0x7], [0xA3, 0x07]),
        (3, [7, 0, 7], [0b11000111, 0b1]),
        (12, [0xABC, 0x123], [0xBC, 0x3A, 0x12]),
        (16, [0x1234], [0x34, 0x12]),
    ],
)
def test_lowest_bits_come_first(bits, numbers, expected):
    assert pack_bits(np.array([numbers]), bits).tolist() == [expected]

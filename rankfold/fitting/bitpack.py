"""Small whole numbers packed into a stream of bits, row by row.

Number j of a row takes the bits from j * bits on, the lowest first, counted from the lowest bit of the row's first byte.
"""

import numpy as np


def packed_bytes(count: int, bits: int) -> int:
    """Bytes that `count` numbers of `bits` bits take."""
    return (count * bits + 7) // 8


def pack_bits(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Numbers (n, c), each below 2^bits, bits from 1 to 16 -> uint8 (n, packed_bytes(c, bits)); bits beyond the last number are 0."""
    if 8 % bits == 0:
        return _pack_within_bytes(numbers.astype(np.uint8), bits)
    wide = np.ascontiguousarray(numbers, dtype="<u2")
    stream = np.unpackbits(wide.view(np.uint8).reshape(*wide.shape, 2), axis=2, bitorder="little")[:, :, :bits]
    return np.packbits(stream.reshape(wide.shape[0], wide.shape[1] * bits), axis=1, bitorder="little")


def unpack_bits(packed: np.ndarray, bits: int, count: int) -> np.ndarray:
    """What `pack_bits` made -> the numbers (n, count): uint8, or uint16 above 8 bits."""
    rows = packed.shape[0]
    if 8 % bits == 0:
        numbers = np.empty((rows, packed.shape[1], 8 // bits), np.uint8)
        for place in range(8 // bits):
            numbers[:, :, place] = (packed >> np.uint8(bits * place)) & np.uint8(2**bits - 1)
        return numbers.reshape(rows, -1)[:, :count]
    first = np.arange(count) * bits
    kind = np.uint16 if bits <= 8 else np.uint32
    padded = np.zeros((rows, packed_bytes(count, bits) + 2), kind)  # a number lies in two bytes, or from 9 bits on in three
    padded[:, :-2] = packed[:, : packed_bytes(count, bits)]
    numbers = padded[:, first // 8] | (padded[:, first // 8 + 1] << kind(8))
    if bits > 8:
        numbers |= padded[:, first // 8 + 2] << kind(16)
    numbers >>= (first % 8).astype(kind)
    numbers &= kind(2**bits - 1)
    return numbers.astype(np.uint8 if bits <= 8 else np.uint16)


def _pack_within_bytes(numbers: np.ndarray, bits: int) -> np.ndarray:
    """`pack_bits` where no number crosses a byte: much faster than by way of single bits."""
    rows, count = numbers.shape
    padded = np.zeros((rows, packed_bytes(count, bits), 8 // bits), np.uint8)
    padded.reshape(rows, -1)[:, :count] = numbers
    packed = padded[:, :, 0].copy()
    for place in range(1, 8 // bits):
        packed |= padded[:, :, place] << np.uint8(bits * place)
    return packed

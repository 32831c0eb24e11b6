"""Slow NumPy twin of the scan of sparse codes: the definition of what the compiled ones must give."""

import numpy as np

ROWS_AT_ONCE = 4_096
MOST_SCALE = np.float32(3e38)


def sparse_scan(queries, index, index_bits, profile, profiles, codes, levels, scale, scales, fine, fines, detail, details, step, out):
    """Look every product up; whole sums in 64 bits, cut to the 32 that they fit."""
    nonzeros = profiles.shape[1]
    for start in range(0, len(index), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        if len(profiles):
            numbers = _numbers(index[block], index_bits + 1, nonzeros)
            place, value = numbers & ((1 << index_bits) - 1), profiles.astype(np.int64)[profile[block]]
            if len(details):
                value = value + details.astype(np.int64)[detail[block]]
            value = np.where(numbers >> index_bits, -value, value)
        else:
            place = _numbers(index[block], index_bits, nonzeros)
            value = levels.astype(np.int64)[_numbers(codes[block], len(levels).bit_length() - 1, nonzeros)]
        place = np.minimum(place, queries.shape[1] - 1)
        long = scales[scale[block]]
        if len(fine):
            with np.errstate(over="ignore"):
                long = long * fines[fine[block]]
        for query, products in enumerate(queries.astype(np.int64)):
            sums = (products[place] * value).sum(axis=1).astype(np.int32)
            out[query, block] = step[query] * sums.astype(np.float32) * np.minimum(long, MOST_SCALE)


def _numbers(packed, bits, count):
    """Numbers of so many bits, int64 (n, count), the lowest bits first."""
    stream = np.unpackbits(packed, axis=1, count=count * bits, bitorder="little").reshape(len(packed), count, bits)
    return stream.astype(np.int64) @ (1 << np.arange(bits))

"""Slow NumPy twin of the scan of sparse codes: the definition of what the compiled ones must give."""

import numpy as np

ROWS_AT_ONCE = 4_096


def sparse_scan(queries, index, codes, profile, levels, books, scale, scales, step, out, index_bits, code_bits):
    """Look every product up; whole sums in 64 bits, cut to the 32 that they fit."""
    nonzeros = books.shape[2]
    table = np.zeros((len(queries), 1 << index_bits), np.int64)
    table[:, : queries.shape[1]] = queries
    for start in range(0, len(index), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        place = _numbers(index[block], index_bits, nonzeros)
        value = levels.astype(np.int64)[_numbers(codes[block], code_bits, nonzeros)]
        if len(books):
            value *= sum(book.astype(np.int64)[column] for book, column in zip(books, profile[block].T))
        for query, products in enumerate(table):
            sums = (products[place] * value).sum(axis=1).astype(np.int32)
            out[query, block] = step[query] * sums.astype(np.float32) * scales[scale[block]]


def _numbers(packed, bits, count):
    """Numbers of so many bits, int64 (n, count), the lowest bits first."""
    stream = np.unpackbits(packed, axis=1, count=count * bits, bitorder="little").reshape(len(packed), count, bits)
    return stream.astype(np.int64) @ (1 << np.arange(bits))

"""The slow, obvious NumPy twin of each kernel: the oracle of the tests, and what runs where nothing could be compiled.

Same names and arguments as the public functions of `rankfold.kernels`, which has checked them already.
"""

import numpy as np

from .rans_reference import rans_decode, rans_encode
from .sparse_reference import omp, topk_rows
from .sparse_scan_reference import sparse_scan
from .trellis_reference import trellis_decode, trellis_encode, trellis_scan

__all__ = [
    "beam",
    "bits",
    "dot8",
    "dot8_top",
    "interleave",
    "inverted_top",
    "lut4",
    "lut4_top",
    "lut8",
    "lut8_top",
    "nearest",
    "omp",
    "rans_decode",
    "rans_encode",
    "select",
    "sparse_scan",
    "topk_rows",
    "trellis_decode",
    "trellis_encode",
    "trellis_scan",
    "trellis_top",
]

ROWS_AT_ONCE = 16_384
BEAM_ROWS_AT_ONCE = 1_024
BLOCK = 64


def dot8(queries, rows, out):
    """Exact whole-number dot products. Products of up to 2**53 are exact in float64, so BLAS may do the work."""
    wide = queries.astype(np.float64)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        out[:, block] = wide @ rows[block].astype(np.float64).T


def dot8_top(queries, rows, step, offset, row_scale, longest, first, top_scores, top_rows):
    def scan(block, out):
        sums = np.empty(out.shape, np.int32)
        dot8(queries, rows[block], sums)
        _scale(sums, step, offset, out)

    _top_of(scan, row_scale, first, top_scores, top_rows)


def trellis_top(queries, codes, advance, which, tables, step, offset, row_scale, first, top_scores, top_rows):
    _top_of(lambda block, out: trellis_scan(queries, codes[block], advance, which, tables, step, offset, out), row_scale, first, top_scores, top_rows)


def lut8_top(tables, packed, step, offset, row_scale, first, top_scores, top_rows):
    _top_of(lambda block, out: lut8(tables, _groups(packed, block), step, offset, out), row_scale, first, top_scores, top_rows)


def lut4_top(tables, packed, step, offset, row_scale, first, top_scores, top_rows):
    _top_of(lambda block, out: lut4(tables, _groups(packed, block), step, offset, out), row_scale, first, top_scores, top_rows)


def _groups(packed, block):
    return packed[block.start // BLOCK : -(-block.stop // BLOCK)]


def _top_of(scan, row_scale, first, top_scores, top_rows):
    """Scan block by block, then scale the rows and select."""
    for start in range(0, len(row_scale), ROWS_AT_ONCE):
        block = slice(start, min(start + ROWS_AT_ONCE, len(row_scale)))
        scores = np.empty((len(top_scores), block.stop - start), np.float32)
        scan(block, scores)
        with np.errstate(over="ignore", invalid="ignore"):
            scores *= row_scale[block]
        select(scores, first + start, top_scores, top_rows)


def interleave(codes, out):
    """Row 64 * b + r, group j goes to out[b, j, r]; rows past the end stay zero."""
    count, groups = codes.shape
    whole = count // BLOCK
    out[:whole] = codes[: whole * BLOCK].reshape(whole, BLOCK, groups).transpose(0, 2, 1)
    if count % BLOCK:
        out[whole] = 0
        out[whole, :, : count % BLOCK] = codes[whole * BLOCK :].T


def lut8(tables, packed, step, offset, out):
    """Sum one table entry per group, then scale."""
    sums = np.zeros(out.shape, np.int32)
    for group in range(tables.shape[1]):
        sums += tables[:, group, packed[:, group].reshape(-1)[: out.shape[1]]]
    _scale(sums, step, offset, out)


def lut4(tables, packed, step, offset, out):
    """Two groups a byte: the even one in the low four bits, the odd one in the high four."""
    sums = np.zeros(out.shape, np.int32)
    for pair in range(packed.shape[1]):
        codes = packed[:, pair].reshape(-1)[: out.shape[1]]
        sums += tables[:, 2 * pair, codes & 15]
        sums += tables[:, 2 * pair + 1, codes >> 4]
    _scale(sums, step, offset, out)


def bits(planes, rows, step, offset, out):
    """The planes spell one signed byte per bit of a row; add up those whose bit is set."""
    weights = np.array([1, 2, 4, 8, 16, 32, 64, -128], np.float32)
    values = np.einsum("p,qpd->qd", weights, _unpacked(planes).astype(np.float32))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        # Whole numbers below 2**24 are exact in float32, whatever the order of the sum.
        _scale(values @ _unpacked(rows[block]).astype(np.float32).T, step, offset, out[:, block])


def nearest(x, centroids, half_norms, best, score):
    """The centroid of the largest x.c - half_norm; the lowest index wins a tie."""
    for start in range(0, len(x), ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        scores = x[block] @ centroids.T
        scores -= half_norms
        best[block] = scores.argmax(axis=1)
        score[block] = scores[np.arange(len(scores)), best[block]]


def beam(dots, cross, half_norms, codes, cost, width):
    """Level by level, keep the `width` cheapest prefixes of every row."""
    for start in range(0, len(dots), BEAM_ROWS_AT_ONCE):
        block = slice(start, start + BEAM_ROWS_AT_ONCE)
        codes[block], cost[block] = _beam_block(dots[block], cross, half_norms, width)


def select(scores, first, top_scores, top_rows):
    """Sort the old top and the new block together, keep the first k."""
    k = top_scores.shape[1]
    for query in range(len(scores)):
        # Whatever is below the last of a full top cannot enter; on most blocks this leaves a handful.
        entering = np.flatnonzero((scores[query] > -np.inf) & (scores[query] >= top_scores[query, -1]))
        values = np.concatenate([top_scores[query], scores[query, entering]])
        rows = np.concatenate([top_rows[query], first + entering])
        # An unfilled place has the score -inf, which no entry has: it sorts behind all of them.
        order = np.lexsort((rows, -values))[:k]
        top_scores[query], top_rows[query] = values[order], rows[order]


def inverted_top(starts, local, value, step, first, rows, window, begin, end, latent, weight, hidden, barred_starts, barred, top_scores, top_rows):
    """List by list into the scores of a window, then sort."""
    for number in range(begin, end):
        low, high = number * window, min(rows, (number + 1) * window)
        for query in range(len(latent)):
            scores = np.zeros(high - low, np.float32)
            for one, share in zip(latent[query], weight[query]):
                place = one * step.shape[1] + number
                postings = slice(starts[place], starts[place + 1])
                np.add.at(scores, local[postings], value[postings].astype(np.float32) * (share * step[one, number]))
            if len(hidden):
                scores[hidden[low:high] != 0] = -np.inf
            mine = barred[barred_starts[query] : barred_starts[query + 1]] - first
            scores[mine[(mine >= low) & (mine < high)] - low] = -np.inf
            top = slice(query, query + 1)
            select(scores[None], first + low, top_scores[top], top_rows[top])


def _scale(sums, step, offset, out):
    np.multiply(sums.astype(np.float32), step[:, None], out=out)
    out += offset[:, None]


def _unpacked(words):
    """uint64 (..., w) -> uint8 (..., 64 * w) of bits, in the same order for rows and planes."""
    return np.unpackbits(words.view(np.uint8), axis=-1)


def _beam_block(dots, cross, half_norms, width):
    count, (levels, size) = len(dots), half_norms.shape
    kept = np.zeros((count, 1, 0), np.intp)
    running = np.zeros((count, 1), np.float32)
    first = 0
    for level in range(levels):
        rows_before = level * size
        block = cross[first : first + rows_before * size].reshape(rows_before, size)
        first += rows_before * size
        gain = half_norms[level] - dots[:, level * size : (level + 1) * size]
        gain = np.repeat(gain[:, None], kept.shape[1], axis=1)
        for before in range(level):
            gain += block[before * size + kept[:, :, before]]
        gain += running[:, :, None]
        chosen = _cheapest(gain.reshape(count, -1), width)
        running = np.take_along_axis(gain.reshape(count, -1), chosen, axis=1)
        parents = np.take_along_axis(kept, (chosen // size)[:, :, None], axis=1)
        kept = np.concatenate([parents, (chosen % size)[:, :, None]], axis=2)
    return kept[:, 0].astype(np.uint8), running[:, 0]


def _cheapest(costs, width):
    """Positions of the `width` lowest costs of every row, cheapest first; the lower position wins a tie."""
    width = min(width, costs.shape[1])
    limit = np.partition(costs, width - 1, axis=1)[:, width - 1 : width]
    below, equal = costs < limit, costs == limit
    equal &= np.cumsum(equal, axis=1) <= width - below.sum(axis=1, keepdims=True)
    positions = np.nonzero(below | equal)[1].reshape(-1, width)
    order = np.argsort(np.take_along_axis(costs, positions, axis=1), axis=1, kind="stable")
    return np.take_along_axis(positions, order, axis=1)

"""The few loops that must be fast, each with a slow NumPy twin in `reference.py`.

A kernel reads arrays and writes into `out`. It runs on one thread, releases the interpreter lock, and cannot fail after the checks made here:
wrong dtypes, shapes or memory layouts raise InputError. The same code is compiled for several instruction sets ("levels"); the best one that this
processor has is used, or the one named by the environment variable RANKFOLD_KERNELS. Whole-number results are equal on every level.
"""

import numpy as np

from ..errors import InputError
from .dispatch import expect as _expect
from .dispatch import level, levels, use
from .dispatch import run as _run
from .sparse import omp, topk_rows
from .sparse_search import inverted_top, sparse_scan
from .tops import dot8_top, expect_room, lut4_top, lut8_top, trellis_top
from .trellis import expect_trellis

__all__ = [
    "beam",
    "bits",
    "dot8",
    "dot8_top",
    "interleave",
    "inverted_top",
    "level",
    "levels",
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
    "use",
]

BLOCK = 64
MAX_BEAM = 64
MAX_BEAM_LEVELS = 128
RANS_TOTAL = 1 << 14
RANS_LANES = 8


def dot8(queries: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
    """out[i, r] = queries[i] . rows[r], exact.

    queries int16 (q, d), rows int8 (n, d), out int32 (q, n). The caller sees to it that no sum leaves int32:
    d * max|query| * 128 < 2**31. Raises InputError for other dtypes, shapes or layouts.
    """
    _expect("queries", queries, np.int16, "q", "d")
    _expect("rows", rows, np.int8, "n", queries.shape[1])
    _expect("out", out, np.int32, len(queries), len(rows), written=True)
    _run("dot8", queries, rows, out)


def interleave(codes: np.ndarray) -> np.ndarray:
    """The scan layout: uint8 codes (n, g) -> uint8 (ceil(n / 64), g, 64), padded with zeros.

    Entry [b, j, r] is group j of row 64 * b + r, so that one load gets one group of 64 rows. Raises InputError for other dtypes, shapes or layouts.
    """
    _expect("codes", codes, np.uint8, "n", "g")
    count, groups = codes.shape
    out = np.empty((-(-count // BLOCK), groups, BLOCK), np.uint8)
    _run("interleave", codes, out)
    return out


def lut8(tables: np.ndarray, packed: np.ndarray, step: np.ndarray, offset: np.ndarray, out: np.ndarray) -> None:
    """out[i, r] = offset[i] + step[i] * sum over groups j of tables[i, j, code of row r in group j].

    tables uint8 (q, g, 256), packed uint8 (b, g, 64) from `interleave`, step and offset float32 (q,), out float32 (q, n) with
    64 * (b - 1) < n <= 64 * b. The sum is a whole number; the product and the sum with the offset are rounded one after the other.
    Register tables for codebook scans: André, Kermarrec, Le Scouarnec, "Cache locality is not enough" (VLDB 2015), there with 16 entries.
    Raises InputError for other dtypes, shapes or layouts.
    """
    _expect("tables", tables, np.uint8, "q", "g", 256)
    _expect("packed", packed, np.uint8, "b", tables.shape[1], BLOCK)
    _expect_scaled(len(tables), step, offset, out)
    _expect_blocks(packed, out)
    _run("lut8", tables, packed, step, offset, out)


def lut4(tables: np.ndarray, packed: np.ndarray, step: np.ndarray, offset: np.ndarray, out: np.ndarray) -> None:
    """As `lut8` with 16 entries a table and two groups a byte: group 2j in the low four bits, group 2j + 1 in the high four.

    tables uint8 (q, g, 16) with even g, packed uint8 (b, g / 2, 64) from `interleave`, step and offset float32 (q,), out float32 (q, n).
    Raises InputError for other dtypes, shapes or layouts.
    """
    _expect("packed", packed, np.uint8, "b", "g / 2", BLOCK)
    _expect("tables", tables, np.uint8, "q", 2 * packed.shape[1], 16)
    _expect_scaled(len(tables), step, offset, out)
    _expect_blocks(packed, out)
    _run("lut4", tables, packed, step, offset, out)


def bits(planes: np.ndarray, rows: np.ndarray, step: np.ndarray, offset: np.ndarray, out: np.ndarray) -> None:
    """out[i, r] = offset[i] + step[i] * sum of the query's signed bytes over the set bits of row r.

    planes uint64 (q, 8, w): bit b of plane p is bit p of the query's value for bit b; plane 7 weighs -128. rows uint64 (n, w),
    step and offset float32 (q,), out float32 (q, n). Raises InputError for other dtypes, shapes or layouts.
    """
    _expect("planes", planes, np.uint64, "q", 8, "w")
    _expect("rows", rows, np.uint64, "n", planes.shape[2])
    _expect_scaled(len(planes), step, offset, out)
    _expect("out", out, np.float32, len(planes), len(rows), written=True)
    _run("bits", planes, rows, step, offset, out)


def nearest(x: np.ndarray, centroids: np.ndarray, half_norms: np.ndarray, best: np.ndarray, score: np.ndarray) -> None:
    """best[r] = the j of the largest x[r] . centroids[j] - half_norms[j], the lowest j in a tie; score[r] = that value.

    With half_norms[j] = |centroids[j]|^2 / 2 this is the nearest centroid, and |x - c|^2 = |x|^2 - 2 * score.
    x float32 (n, d), centroids float32 (k, d) with k >= 1, half_norms float32 (k,), best int32 (n,), score float32 (n,).
    The last bits of a score may differ between levels. Raises InputError for other dtypes, shapes or layouts.
    """
    _expect("x", x, np.float32, "n", "d")
    _expect("centroids", centroids, np.float32, "k", x.shape[1])
    if len(centroids) == 0:
        raise InputError("centroids: got none; expected at least one.")
    _expect("half_norms", half_norms, np.float32, len(centroids))
    _expect("best", best, np.int32, len(x), written=True)
    _expect("score", score, np.float32, len(x), written=True)
    _run("nearest", x, centroids, half_norms, best, score)


def beam(dots: np.ndarray, cross: np.ndarray, half_norms: np.ndarray, codes: np.ndarray, cost: np.ndarray, width: int) -> None:
    """Beam search for the sum of one codeword a level that is nearest to each row.

    dots float32 (n, L * K): dots[r, l * K + j] = x_r . c_{l,j}. half_norms float32 (L, K): |c_{l,j}|^2 / 2.
    cross float32 (K * K * L * (L - 1) / 2,): for l = 1 to L - 1 one block (l * K, K), one after the other, row m * K + i of block l holding
    c_{m,i} . c_{l,j} for all j. codes uint8 (n, L) gets the best path, cost float32 (n,) its cost: |x - sum|^2 = |x|^2 + 2 * cost.
    width: hypotheses kept, 1 to 64; ties go to the better hypothesis, then to the lower codeword. K <= 256, L <= 128.
    Beam search for additive codes by tables of dot products: Babenko and Lempitsky, "Additive Quantization" (CVPR 2014).
    Raises InputError for other dtypes, shapes or layouts.
    """
    _expect("half_norms", half_norms, np.float32, "L", "K")
    count, size = half_norms.shape
    if not 1 <= size <= 256 or not 1 <= count <= MAX_BEAM_LEVELS:
        raise InputError(f"half_norms: got shape {half_norms.shape}; expected 1 to {MAX_BEAM_LEVELS} levels of 1 to 256 codewords.")
    if isinstance(width, bool) or not isinstance(width, int | np.integer) or not 1 <= width <= MAX_BEAM:
        raise InputError(f"width: got {width!r}; expected a whole number from 1 to {MAX_BEAM}.")
    _expect("dots", dots, np.float32, "n", count * size)
    _expect("cross", cross, np.float32, size * size * (count * (count - 1) // 2))
    _expect("codes", codes, np.uint8, len(dots), count, written=True)
    _expect("cost", cost, np.float32, len(dots), written=True)
    _run("beam", dots, cross, half_norms, codes, cost, int(width))


def select(scores: np.ndarray, first: int, top_scores: np.ndarray, top_rows: np.ndarray) -> None:
    """Merge the scores of rows first, first + 1, ... into the running top k of each query.

    scores float32 (q, n); top_scores float32 (q, k) and top_rows int64 (q, k) hold the best so far, best score first, the lower row first in a
    tie, and (-inf, -1) in places not yet filled; start with all places so. A score of -inf never enters. Blocks may come in any order.
    Raises InputError for other dtypes, shapes or layouts, or k = 0.
    """
    _expect("scores", scores, np.float32, "q", "n")
    _expect("top_scores", top_scores, np.float32, len(scores), "k", written=True)
    _expect("top_rows", top_rows, np.int64, len(scores), top_scores.shape[1], written=True)
    expect_room(top_scores)
    _run("select", scores, int(first), top_scores, top_rows)


def trellis_encode(
    targets: np.ndarray, reach: np.ndarray, advance: np.ndarray, which: np.ndarray, tables: np.ndarray, out: np.ndarray, cost: np.ndarray
) -> None:
    """The circular bit string of each row whose decoded coordinates are nearest to `targets`, and the squared error that is left.

    A row of B bytes is a ring of 8 * B bits, bit i in byte i // 8 at bit i % 8. Coordinate j reads the L bits from bit advance[0] + ... + advance[j - 1]
    on, the first one the least significant, and decodes to reach[j] * tables[which[j], those bits]; an advance of 0 lets the next coordinate
    read the same bits. targets float32 (n, m), finite; reach float32 (m,); advance uint8 (m,) of 0 to 6 bits, 8 * B >= L in all; which uint8 (m,);
    tables int8 (T, 2**L), L from 6 to 12; out uint8 (n, B); cost float32 (n,), infinite where float32 has no number for it.
    Viterbi search in two passes: the first finds the state at the wrap, the second starts and ends there. A trellis by shifting bits:
    Marcellin and Fischer, "Trellis coded quantization" (1990); Tseng, Sun, Hou, De Sa, "QTIP" (NeurIPS 2024).
    Codes are equal on every level. Raises InputError for other dtypes, shapes or layouts.
    """
    expect_trellis(advance, which, tables)
    _expect("reach", reach, np.float32, len(advance))
    _expect("targets", targets, np.float32, "n", len(advance))
    _expect("out", out, np.uint8, len(targets), int(advance.sum(dtype=np.int64)) // 8, written=True)
    _expect("cost", cost, np.float32, len(targets), written=True)
    _run("trellis_encode", targets, reach, advance, which, tables, out, cost)


def trellis_decode(codes: np.ndarray, reach: np.ndarray, advance: np.ndarray, which: np.ndarray, tables: np.ndarray, out: np.ndarray) -> None:
    """out[i, j] = reach[j] * tables[which[j], window j of row i], as `trellis_encode` defines it.

    codes uint8 (n, B), reach float32 (m,), advance and which uint8 (m,), tables int8 (T, 2**L), out float32 (n, m).
    Raises InputError for other dtypes, shapes or layouts.
    """
    expect_trellis(advance, which, tables)
    _expect("reach", reach, np.float32, len(advance))
    _expect("codes", codes, np.uint8, "n", int(advance.sum(dtype=np.int64)) // 8)
    _expect("out", out, np.float32, len(codes), len(advance), written=True)
    _run("trellis_decode", codes, reach, advance, which, tables, out)


def trellis_scan(
    queries: np.ndarray,
    codes: np.ndarray,
    advance: np.ndarray,
    which: np.ndarray,
    tables: np.ndarray,
    step: np.ndarray,
    offset: np.ndarray,
    out: np.ndarray,
) -> None:
    """out[i, r] = offset[i] + step[i] * sum over j of queries[i, j] * tables[which[j], window j of row r]; windows as in `trellis_encode`.

    queries int16 (q, m), from `whole_queries`: the caller sees to it that no sum leaves int32, sum of |query| * 128 < 2**31. codes uint8 (n, B) in
    the order of the rows, advance and which uint8 (m,), tables int8 (T, 2**L), step and offset float32 (q,), out float32 (q, n).
    The sum is a whole number; the product and the sum with the offset are rounded one after the other. L = 8 is decoded in registers: many times faster.
    Raises InputError for other dtypes, shapes or layouts.
    """
    expect_trellis(advance, which, tables)
    _expect("queries", queries, np.int16, "q", len(advance))
    _expect("codes", codes, np.uint8, "n", int(advance.sum(dtype=np.int64)) // 8)
    _expect_scaled(len(queries), step, offset, out)
    _expect("out", out, np.float32, len(queries), len(codes), written=True)
    _run("trellis_scan", queries, codes, advance, which, tables, step, offset, out)


def rans_encode(planes: np.ndarray, counts: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Range-code the bytes of `planes`: states uint32 (8,) and words uint16, from which `rans_decode` gets them back.

    planes uint8 (w, n); counts uint16 (t, 256), each row the shares of the 256 values, 16,384 in all; chosen int32 (w,): the row of `counts` for each plane.
    Values of share s / 16,384 take log2(16,384 / s) bits. Symbol r of a plane goes to state r modulo 8; the last symbol is coded first, so that the
    first comes out first. Asymmetric numeral systems: Duda (2013); interleaved: Giesen, "Interleaved entropy coders" (2014).
    Raises InputError for other dtypes, shapes or layouts, and for a value whose share is 0.
    """
    _expect("planes", planes, np.uint8, "w", "n")
    _expect_shares(counts, chosen, len(planes))
    states, words, used = np.empty(RANS_LANES, np.uint32), np.empty(planes.size, np.uint16), np.empty(1, np.int64)
    _run("rans_encode", planes, counts, chosen, states, words, used)
    if used[0] < 0:
        raise InputError("planes: got a value whose share in counts is 0; expected shares of at least 1 for every value that occurs.")
    return states, words[words.size - int(used[0]) :].copy()


def rans_decode(states: np.ndarray, words: np.ndarray, counts: np.ndarray, chosen: np.ndarray, planes: np.ndarray) -> bool:
    """Write into `planes` uint8 (w, n) what `rans_encode` coded; says whether states and words ended as they must.

    Any states and words decode to something; only those of an encoder end well. Raises InputError for other dtypes, shapes or layouts.
    """
    _expect("planes", planes, np.uint8, "w", "n", written=True)
    _expect("states", states, np.uint32, RANS_LANES)
    _expect("words", words, np.uint16, "words")
    _expect_shares(counts, chosen, len(planes))
    left = np.empty(1, np.int64)
    _run("rans_decode", states, words, counts, chosen, planes, left)
    return int(left[0]) == 0


def _expect_shares(counts: np.ndarray, chosen: np.ndarray, places: int) -> None:
    _expect("counts", counts, np.uint16, "t", 256)
    _expect("chosen", chosen, np.int32, places)
    if (counts.sum(axis=1, dtype=np.int64) != RANS_TOTAL).any():
        raise InputError(f"counts: got rows that do not sum to {RANS_TOTAL}; expected shares of {RANS_TOTAL}.")
    if chosen.size and not 0 <= chosen.min() <= chosen.max() < len(counts):
        raise InputError(f"chosen: got rows {chosen.min()} to {chosen.max()} of counts; expected 0 to {len(counts) - 1}.")


def _expect_scaled(count: int, step: np.ndarray, offset: np.ndarray, out: np.ndarray) -> None:
    _expect("step", step, np.float32, count)
    _expect("offset", offset, np.float32, count)
    _expect("out", out, np.float32, count, "n", written=True)


def _expect_blocks(packed: np.ndarray, out: np.ndarray) -> None:
    if len(packed) != -(-out.shape[1] // BLOCK):
        raise InputError(f"packed: got {len(packed)} blocks of {BLOCK} rows for {out.shape[1]} rows in out; expected {-(-out.shape[1] // BLOCK)}.")

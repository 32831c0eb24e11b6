"""Scans that keep the best rows only: scores are compared with a running top where they are made, and no others are written."""

import numpy as np

from ..errors import InputError
from .dispatch import expect, run
from .trellis import expect_trellis

BLOCK = 64


def dot8_top(
    queries: np.ndarray,
    rows: np.ndarray,
    step: np.ndarray,
    offset: np.ndarray,
    row_scale: np.ndarray,
    longest: float,
    first: int,
    top_scores: np.ndarray,
    top_rows: np.ndarray,
) -> None:
    """Merge rows first, first + 1, ... into the running top k of each query, as `select` does, by (step * (query . row) + offset) * the row's scale.

    queries and rows as in `dot8`; step and offset float32 (q,), row_scale float32 (n,), nothing below 0; longest: no row is longer, in whole numbers.
    Product, sum and product are rounded to float32 one after the other. top_scores float32 (q, k) and top_rows int64 (q, k) as in `select`. No scores
    of other rows are written. Where there are tiles (AMX), queries are rounded to bytes first, and only rows that this rounding cannot rule out are scored in
    full: same rows, same scores. Raises InputError for other dtypes, shapes or layouts, or k = 0.
    """
    expect("queries", queries, np.int16, "q", "d")
    expect("rows", rows, np.int8, "n", queries.shape[1])
    _expect_tops(len(queries), len(rows), step, offset, row_scale, top_scores, top_rows)
    run("dot8_top", queries, rows, step, offset, row_scale, float(longest), int(first), top_scores, top_rows)


def lut8_top(
    tables: np.ndarray,
    packed: np.ndarray,
    step: np.ndarray,
    offset: np.ndarray,
    row_scale: np.ndarray,
    first: int,
    top_scores: np.ndarray,
    top_rows: np.ndarray,
) -> None:
    """`lut8` times the scale of each row, and `select` of that: see `dot8_top`.

    row_scale float32 (n,), nothing below 0; the other arrays as in `lut8` and `select`. Raises InputError for other dtypes, shapes or layouts, or k = 0.
    """
    expect("tables", tables, np.uint8, "q", "g", 256)
    expect("packed", packed, np.uint8, -(-len(row_scale) // BLOCK), tables.shape[1], BLOCK)
    _expect_tops(len(tables), len(row_scale), step, offset, row_scale, top_scores, top_rows)
    run("lut8_top", tables, packed, step, offset, row_scale, int(first), top_scores, top_rows)


def lut4_top(
    tables: np.ndarray,
    packed: np.ndarray,
    step: np.ndarray,
    offset: np.ndarray,
    row_scale: np.ndarray,
    first: int,
    top_scores: np.ndarray,
    top_rows: np.ndarray,
) -> None:
    """As `lut8_top` of two groups a byte: tables and packed as in `lut4`. Raises InputError for other dtypes, shapes or layouts, or k = 0."""
    expect("packed", packed, np.uint8, -(-len(row_scale) // BLOCK), "g / 2", BLOCK)
    expect("tables", tables, np.uint8, "q", 2 * packed.shape[1], 16)
    _expect_tops(len(tables), len(row_scale), step, offset, row_scale, top_scores, top_rows)
    run("lut4_top", tables, packed, step, offset, row_scale, int(first), top_scores, top_rows)


def trellis_top(
    queries: np.ndarray,
    codes: np.ndarray,
    advance: np.ndarray,
    which: np.ndarray,
    tables: np.ndarray,
    step: np.ndarray,
    offset: np.ndarray,
    row_scale: np.ndarray,
    first: int,
    top_scores: np.ndarray,
    top_rows: np.ndarray,
) -> None:
    """`trellis_scan` times the scale of each row, and `select` of that, without writing the scores of all rows: see `dot8_top`.

    row_scale float32 (n,), nothing below 0; the other arrays as in `trellis_scan` and `select`.
    Raises InputError for other dtypes, shapes or layouts, or k = 0.
    """
    expect_trellis(advance, which, tables)
    expect("queries", queries, np.int16, "q", len(advance))
    expect("codes", codes, np.uint8, "n", int(advance.sum(dtype=np.int64)) // 8)
    _expect_tops(len(queries), len(codes), step, offset, row_scale, top_scores, top_rows)
    run("trellis_top", queries, codes, advance, which, tables, step, offset, row_scale, int(first), top_scores, top_rows)


def _expect_tops(queries: int, rows: int, step: np.ndarray, offset: np.ndarray, row_scale: np.ndarray, top_scores: np.ndarray, top_rows: np.ndarray) -> None:
    expect("step", step, np.float32, queries)
    expect("offset", offset, np.float32, queries)
    expect("row_scale", row_scale, np.float32, rows)
    expect("top_scores", top_scores, np.float32, queries, "k", written=True)
    expect("top_rows", top_rows, np.int64, queries, top_scores.shape[1], written=True)
    expect_room(top_scores)


def expect_room(top_scores: np.ndarray) -> None:
    """Raise InputError where a running top has no places."""
    if top_scores.shape[1] == 0:
        raise InputError("top_scores: got k = 0; expected room for at least one row.")

"""Signs: rows for engines that hold no negative values. Each latent becomes two columns, one for its positive part and one for its negative part."""

from dataclasses import replace

import numpy as np

from .rows import SparseRows

FORMS = ("signed", "split")


def split(rows: SparseRows) -> SparseRows:
    """Column i becomes 2i, where its value is positive, or 2i + 1, where it was negative: the same values without their signs, in twice as many columns."""
    return replace(rows, indices=2 * rows.indices + (rows.data < 0), data=np.abs(rows.data), width=2 * rows.width)


def unsplit(rows: SparseRows) -> SparseRows:
    """The rows that `split` was given, and the queries that `both_signs` was given."""
    signed = np.where(rows.indices % 2 == 0, rows.data, -rows.data)
    merged = replace(rows, indices=rows.indices // 2, data=signed, width=rows.width // 2)
    row = np.repeat(np.arange(rows.count), rows.lengths)
    first = np.ones(row.size, np.bool_)
    first[1:] = (row[1:] != row[:-1]) | (merged.indices[1:] != merged.indices[:-1])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row[first], minlength=rows.count))]).astype(np.int64)
    return replace(merged, indptr=indptr, indices=merged.indices[first], data=merged.data[first])


def positive(queries: SparseRows) -> SparseRows:
    """Queries without their negative terms."""
    kept = queries.data > 0
    row = np.repeat(np.arange(queries.count), queries.lengths)[kept]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=queries.count))]).astype(np.int64)
    return replace(queries, indptr=indptr, indices=queries.indices[kept], data=queries.data[kept])


def both_signs(queries: SparseRows) -> SparseRows:
    """Queries to rows that were split, exactly: a term w of column i asks 2i with w and 2i + 1 with -w. Needs an engine that takes negative query terms.

    Where it does not, `split` of the queries is all that is left: matching signs add up, opposing signs are not held against a row, and lists change.
    """
    indices = np.repeat(2 * queries.indices, 2)
    indices[1::2] += 1
    data = np.repeat(queries.data, 2)
    data[1::2] *= -1
    return replace(queries, indptr=2 * queries.indptr, indices=indices, data=data, width=2 * queries.width)


def stored(rows: SparseRows, form: str) -> SparseRows:
    """Rows in this form."""
    return split(rows) if form == "split" else rows


def asked(queries: SparseRows, form: str, *, signed: bool) -> tuple[SparseRows, bool]:
    """Queries to rows in this form, and whether scores are then those of the queries as they were given.

    signed: whether the engine takes negative query terms. Where it does not, what they would take away from a row is lost.
    """
    if form == "split":
        return (both_signs(queries), True) if signed else (split(queries), False)
    return (queries, True) if signed or not queries.has_negative else (positive(queries), False)

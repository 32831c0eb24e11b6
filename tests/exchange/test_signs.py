"""Rows and queries for engines without negative values."""

import numpy as np
from hypothesis import given

from rankfold.exchange.rows import sparse_rows
from rankfold.exchange.signs import asked, both_signs, positive, split, stored, unsplit
from tests.exchange.samples import any_rows, dense, same, some_rows


def one(columns, values, width=4):
    return sparse_rows(np.array([columns]), np.array([values], np.float32), width, [1])


def test_a_known_answer():
    made = split(one([0, 3], [0.5, -2]))
    assert made.indices.tolist() == [0, 7] and made.data.tolist() == [0.5, 2] and made.width == 8
    query = both_signs(one([0, 3], [2, -1]))
    assert query.indices.tolist() == [0, 1, 6, 7] and query.data.tolist() == [2, -2, -1, 1]


@given(any_rows())
def test_what_is_split_comes_back(rows):
    made = split(rows)
    assert not made.has_negative and made.width == 2 * rows.width
    assert all((np.diff(made.indices[a:b]) > 0).all() for a, b in zip(made.indptr[:-1], made.indptr[1:], strict=True))
    assert same(unsplit(made), rows)
    assert same(unsplit(both_signs(rows)), rows)


def test_signed_queries_to_split_rows_score_exactly_and_others_do_not():
    rows, queries = some_rows(seed=1), some_rows(seed=2, count=9)
    wanted = dense(queries) @ dense(rows).T
    put, exact = asked(queries, "split", signed=True)
    assert exact
    np.testing.assert_array_equal(dense(put) @ dense(split(rows)).T, wanted)
    put, exact = asked(queries, "split", signed=False)
    assert not exact and not put.has_negative
    assert (dense(put) @ dense(split(rows)).T >= wanted - 1e-9).all() and not np.allclose(dense(put) @ dense(split(rows)).T, wanted)


def test_queries_to_rows_as_they_are():
    queries = some_rows(count=9)
    assert asked(queries, "signed", signed=True) == (queries, True)
    cut, exact = asked(queries, "signed", signed=False)
    assert not exact and np.array_equal(dense(cut), np.maximum(dense(queries), 0)) and same(cut, positive(queries))
    assert asked(some_rows(signed=False), "signed", signed=False)[1]


def test_stored():
    rows = some_rows()
    assert stored(rows, "signed") is rows and same(stored(rows, "split"), split(rows))

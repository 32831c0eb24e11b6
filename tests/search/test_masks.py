"""Masks hide what they say: for all queries, by query, and all but a query's own rows."""

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.search import Rows
from rankfold.search.masks import Masks, filters_of, hidden_rows
from rankfold.vectors import as_vectors


def table_of(rows=4):
    return compress(as_vectors(np.eye(rows, dtype=np.float32)), from_spec({"codec": "half"}))


def test_masks_of_some_queries_are_renumbered():
    masks = Masks(None, np.array([0, 2, 2, 3]), np.array([5, 6, 7, 7]))
    some = masks.only(np.array([2, 3]))
    np.testing.assert_array_equal(some.pair_query, [0, 0, 1])
    np.testing.assert_array_equal(some.pair_row, [6, 7, 7])
    none = masks.only(np.array([1]))
    assert none.pair_row.size == 0


def test_hidden_rows_are_the_removed_and_those_not_allowed():
    table = compress(as_vectors(np.eye(4, dtype=np.float32)), from_spec({"codec": "half"}))
    assert hidden_rows(table, None) is None
    fewer, allow = table.remove(np.array([2])), np.array([True, True, True, False])
    assert hidden_rows(fewer, None).tolist() == [False, False, True, False]
    assert hidden_rows(table, allow).tolist() == [False, False, False, True]
    assert hidden_rows(fewer, allow).tolist() == [False, False, True, True]


def barred(filters, queries, rows):
    """(q, n) bool, the slow way."""
    out = np.zeros((queries, rows), np.bool_)
    if filters.hidden is not None:
        out[:, filters.hidden] = True
    for query in range(queries):
        if filters.exclude is not None:
            out[query, filters.exclude.of(query)] = True
        if filters.allow is not None:
            out[query, ~np.isin(np.arange(rows), filters.allow.of(query))] = True
    return out


@pytest.mark.parametrize("allow", [None, "mask", "lists"])
def test_any_rows_in_any_order_are_hidden_where_they_must_be(allow):
    rng = np.random.default_rng(2)
    table = table_of(60).remove(np.array([7, 8]))
    lists = [Rows.from_lists([rng.choice(60, size, replace=False) for size in (0, 5, 30, 60, 1)]) for _ in range(2)]
    filters = filters_of(table, 5, lists[0], {None: None, "mask": rng.random(60) < 0.5, "lists": lists[1]}[allow])
    expected = barred(filters, 5, 60)
    masks = filters.masks(1, 4)
    for rows, columns in ((10, np.arange(10, 50)), (order := rng.permutation(60)[:33], order)):
        out = np.ones((3, columns.size), np.float32)
        masks.hide(rows, out)
        np.testing.assert_array_equal(out == -np.inf, expected[1:4, columns])
        some = np.ones((2, columns.size), np.float32)
        masks.only(np.array([0, 2])).hide(rows, some)
        np.testing.assert_array_equal(some == -np.inf, expected[[1, 3]][:, columns])


def test_filters_of_another_search_are_refused():
    table = table_of()
    with pytest.raises(InputError, match="allow: got lists for 2 queries; expected 3"):
        filters_of(table, 3, None, Rows.empty(2))
    with pytest.raises(InputError, match="exclude: got lists for 2 queries; expected 3"):
        filters_of(table, 3, Rows.empty(2), None)
    with pytest.raises(InputError, match="allow: got row number 4"):
        filters_of(table, 1, None, Rows.from_lists([[4]]))
    with pytest.raises(InputError, match="allow: got dtype int64"):
        filters_of(table, 1, None, np.arange(4))
    with pytest.raises(InputError, match="one mask for all queries"):
        hidden_rows(table, Rows.empty(1))

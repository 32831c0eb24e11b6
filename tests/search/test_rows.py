import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.search.rows import Rows

lists = st.lists(st.lists(st.integers(0, 30), max_size=8), max_size=6)


@given(lists)
def test_lists_come_back_sorted_and_unique(given_lists):
    rows = Rows.from_lists(given_lists)
    assert rows.count == len(given_lists)
    assert [rows.of(query).tolist() for query in range(rows.count)] == [sorted(set(one)) for one in given_lists]
    assert rows.lengths().tolist() == [len(set(one)) for one in given_lists]
    assert rows.queries().tolist() == [query for query, one in enumerate(given_lists) for _ in set(one)]


@given(lists, st.data())
def test_slice_take_and_where_agree_with_plain_lists(given_lists, data):
    rows = Rows.from_lists(given_lists)
    plain = [sorted(set(one)) for one in given_lists]
    start = data.draw(st.integers(0, len(plain)))
    stop = data.draw(st.integers(start, len(plain)))
    part = rows.slice(start, stop)
    assert [part.of(query).tolist() for query in range(part.count)] == plain[start:stop]
    chosen = data.draw(st.lists(st.integers(0, len(plain) - 1), max_size=5)) if plain else []
    taken = rows.take(np.array(chosen, np.int64))
    assert [taken.of(query).tolist() for query in range(taken.count)] == [plain[query] for query in chosen]
    even = rows.where(rows.values % 2 == 0)
    assert [even.of(query).tolist() for query in range(even.count)] == [[value for value in one if value % 2 == 0] for one in plain]


@given(lists, st.integers(1, 5), st.data())
def test_holds_is_membership(given_lists, k, data):
    rows = Rows.from_lists(given_lists)
    flat = data.draw(st.lists(st.integers(-1, 40), min_size=len(given_lists) * k, max_size=len(given_lists) * k))
    asked = np.array(flat, np.int64).reshape(len(given_lists), k)
    expected = [[value in one for value in line] for one, line in zip(given_lists, asked.tolist(), strict=True)]
    assert rows.holds(asked).tolist() == expected


def test_pairs_come_in_any_order_with_repeats_and_any_whole_dtype():
    rows = Rows.from_pairs(np.array([2, 0, 2, 2], np.int32), np.array([5, 1, 3, 5], np.uint16), 4)
    assert rows.starts.tolist() == [0, 1, 1, 3, 3] and rows.values.tolist() == [1, 3, 5]
    assert rows.starts.dtype == rows.values.dtype == np.int64


def test_views_share_memory():
    rows = Rows.from_lists([[1, 2], [3], [4, 5]])
    assert np.shares_memory(rows.of(0), rows.values) and np.shares_memory(rows.slice(1, 3).values, rows.values)


def test_a_mask_picks_queries():
    assert Rows.from_lists([[1], [2], [3]]).take(np.array([True, False, True])).values.tolist() == [1, 3]


def test_empty_lists():
    rows = Rows.empty(3)
    assert rows.count == 3 and rows.lengths().tolist() == [0, 0, 0] and not rows.holds(np.zeros((3, 2), np.int64)).any()
    assert Rows.from_lists([]).count == 0


@pytest.mark.parametrize(
    ("starts", "values", "match"),
    [
        ([0, 2], [1], "end at 1"),
        ([1, 2], [1, 2], "start at 0"),
        ([0, 2, 1, 2], [1, 2], "never fall"),
        ([], [], "starts"),
        ([0, 2], [2, 1], "rise strictly"),
        ([0, 2], [2, 2], "rise strictly"),
        ([0, 1], [-1], "row number -1"),
        ([0, 1], [0.5], "values: got dtype float64"),
        ([0, 1], [[1]], "shape"),
    ],
)
def test_broken_arrays_are_refused(starts, values, match):
    with pytest.raises(InputError, match=match):
        Rows(np.array(starts, np.int64), np.array(values))


def test_lists_may_fall_from_one_query_to_the_next():
    assert Rows(np.array([0, 1, 1, 2]), np.array([5, 3])).of(2).tolist() == [3]


@pytest.mark.parametrize(
    ("query", "row", "queries", "match"),
    [
        ([0, 2], [1, 1], 2, r"query: got values from 0 to 2; expected 0 to 1"),
        ([-1], [1], 2, "query: got values from -1"),
        ([0], [-4], 2, "row number -4"),
        ([0, 1], [1], 2, "row: got 1 values; expected 2"),
        ([0.0], [1], 1, "query: got dtype float64"),
    ],
)
def test_broken_pairs_are_refused(query, row, queries, match):
    with pytest.raises(InputError, match=match):
        Rows.from_pairs(query, row, queries)


def test_wrong_questions_are_refused():
    rows = Rows.from_lists([[1], [7]])
    with pytest.raises(InputError, match="query: got 2"):
        rows.of(2)
    with pytest.raises(InputError, match="slice: got 1 to 3"):
        rows.slice(1, 3)
    with pytest.raises(InputError, match="rows: got shape"):
        rows.holds(np.zeros((3, 1), np.int64))
    with pytest.raises(InputError, match="exclude: got row number 7; expected 0 to 6"):
        rows.check_below(7, "exclude")
    rows.check_below(8, "exclude")
    with pytest.raises(InputError, match=r"lists\[1\]: got dtype float64"):
        Rows.from_lists([[1], [0.5]])


def test_a_union_has_what_is_in_either_list_once():
    union = Rows.from_lists([[1, 5], [], [2]]).union(Rows.from_lists([[5, 3], [], [9]]))
    assert [union.of(query).tolist() for query in range(3)] == [[1, 3, 5], [], [2, 9]]
    with pytest.raises(InputError, match="lists for 1 queries; expected 3"):
        union.union(Rows.empty(1))

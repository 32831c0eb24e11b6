"""Masks of attribute filters are those of the plain comparison, row by row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.search import attributes_of, where

ROWS = 300


def made(seed=0):
    rng = np.random.default_rng(seed)
    plain = {
        "category": rng.choice(["books", "toys", "käse"], ROWS),
        "adult": rng.random(ROWS) < 0.2,
        "price": np.round(rng.random(ROWS) * 100, 1),
        "seller": rng.integers(-500, 500, ROWS),
        "same": np.ones(ROWS, np.int64),
    }
    return plain, attributes_of(plain, ROWS)


def test_comparisons_are_those_of_numpy():
    plain, attributes = made()
    price = float(plain["price"][0])
    for condition, expected in (
        (where("category", "=", "toys", "käse", "nothing"), np.isin(plain["category"], ["toys", "käse"])),
        (where("category", "!=", "toys"), plain["category"] != "toys"),
        (where("category", ">", "books"), plain["category"] > "books"),
        (where("adult", "!=", 1), ~plain["adult"]),
        (where("adult", "=", True), plain["adult"]),
        (where("adult", "=", 0, 1), np.ones(ROWS, np.bool_)),
        (where("price", "<", price), plain["price"] < price),
        (where("price", "=", price), plain["price"] == price),
        (where("price", "<=", str(price)), plain["price"] <= price),
        (where("seller", ">=", "7"), plain["seller"] >= 7),
        (where("seller", "<", 0.5), plain["seller"] < 0.5),
        (where("same", "=", 1), np.ones(ROWS, np.bool_)),
        (where("same", "!=", 1), np.zeros(ROWS, np.bool_)),
        (where("category", "=", "toys") & ~where("adult", "=", 1), (plain["category"] == "toys") & ~plain["adult"]),
        (where("category", "=", "toys") | where("seller", "=", 3), (plain["category"] == "toys") | (plain["seller"] == 3)),
    ):
        mask = attributes.mask(condition)
        assert mask.dtype == np.bool_ and mask.shape == (ROWS,)
        np.testing.assert_array_equal(mask, expected, err_msg=str(condition))


def test_flags_take_a_bit_and_categories_a_byte():
    _, attributes = made()
    assert attributes.columns["adult"].places.nbytes == -(-ROWS // 8)
    assert attributes.columns["category"].places.nbytes == ROWS
    assert attributes.nbytes == sum(column.nbytes for column in attributes.columns.values())


@given(st.lists(st.sets(st.sampled_from("abcde")), min_size=1, max_size=40), st.sets(st.sampled_from("abcdef"), min_size=1))
def test_rows_of_several_values_need_one_that_fits(lists, wanted):
    attributes = attributes_of({"tags": [list(one) for one in lists]}, len(lists))
    expected = [bool(one & wanted) for one in lists]
    assert attributes.mask(where("tags", "=", *wanted)).tolist() == expected
    assert attributes.mask(where("tags", "!=", *wanted)).tolist() == [not one for one in expected]


def test_no_rows_and_no_attributes():
    assert attributes_of({"a": []}, 0).mask(where("a", "=", 1)).shape == (0,)
    with pytest.raises(InputError, match="there are none"):
        attributes_of({}, 3).mask(where("a", "=", 1))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1, 2]}, "has 2 rows; expected 3"),
        ({"a": [1.0, float("nan"), 2.0]}, "'a' holds nan at place 1"),
        ({"a": [1, "b", 2]}, "one kind for all rows"),
        ({"a": [None, None, 1]}, "dtype object"),
        ({"a": np.ones((3, 2))}, "shape"),
        ({"a": np.array([2**63, 1, 2], np.uint64)}, "within int64"),
    ],
)
def test_values_that_cannot_be_compared_are_refused(columns, message):
    with pytest.raises(InputError, match=message):
        attributes_of(columns, 3)


def test_questions_that_make_no_sense_are_refused():
    _, attributes = made()
    with pytest.raises(InputError, match="no attribute 'colour'; there are category, adult"):
        attributes.mask(where("colour", "=", "red"))
    with pytest.raises(InputError, match="got cheap for 'price', which holds numbers"):
        attributes.mask(where("price", "=", "cheap"))

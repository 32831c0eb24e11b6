"""Conditions from Python values and from text."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.search import Where, parse_where, where


def test_text_and_values_say_the_same():
    assert parse_where("category=a,b") == where("category", "=", "a", "b")
    assert parse_where(" year >= 1990 ") == where("year", ">=", "1990")
    assert parse_where("a!=b=c") == Where("!=", "a", ("b=c",))
    assert parse_where("x<=-1.5").op == "<=" and parse_where("x<1").op == "<"
    assert where("adult", "=", True).values == (1,) and where("n", "=", np.int64(3)).values == (3,)


@pytest.mark.parametrize("text", ["", "category", "=a", "a=", "a=b,,c", "a=,", "a~b", "price<1,2"])
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(InputError, match="^where: got"):
        parse_where(text)


def test_joined_conditions_and_what_python_would_get_wrong():
    one, two = where("a", "=", 1), where("b", "=", 2)
    assert (one & ~two) == Where("and", parts=(one, Where("not", parts=(two,))))
    assert (one | two).op == "or"
    with pytest.raises(InputError, match="neither true nor false"):
        bool(one)
    with pytest.raises(InputError, match="got bool beside a condition"):
        _ = one & True
    with pytest.raises(InputError, match="operator '=='"):
        where("a", "==", 1)
    with pytest.raises(InputError, match="got 0 values"):
        where("a", "=")
    with pytest.raises(InputError, match="got NoneType"):
        where("a", "=", None)

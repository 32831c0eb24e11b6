"""What engines can hold."""

import pytest

from rankfold.errors import InputError
from rankfold.exchange.contract import Contract, check_rows, choose_form
from tests.exchange.samples import some_rows

SIGNED = Contract(signed_rows=True, signed_queries=True)
UNSIGNED = Contract(signed_rows=False, signed_queries=False)


@pytest.mark.parametrize(
    ("contract", "signed", "signs", "form"),
    [
        (SIGNED, True, "auto", "signed"),
        (SIGNED, True, "split", "split"),
        (UNSIGNED, True, "auto", "split"),
        (UNSIGNED, False, "auto", "signed"),
        (UNSIGNED, False, "signed", "signed"),
        (UNSIGNED, True, "split", "split"),
    ],
)
def test_the_form(contract, signed, signs, form):
    assert choose_form("x", contract, some_rows(signed=signed), signs) == form


def test_negative_values_are_refused_where_they_cannot_be_held():
    with pytest.raises(InputError, match="x holds no negative values"):
        choose_form("x", UNSIGNED, some_rows(), "signed")
    with pytest.raises(InputError, match="expected one of auto, signed, split"):
        choose_form("x", SIGNED, some_rows(), "clamp")


def test_limits():
    rows = some_rows(width=30, nonzeros=4)
    check_rows("x", Contract(True, True, most_nonzeros=4, most_width=30), rows, "rows")
    with pytest.raises(InputError, match="queries: number 0 has 4 nonzeros; expected at most 3, as x takes them. Keep fewer with query_terms"):
        check_rows("x", Contract(True, True, most_nonzeros=3), rows, "queries")
    with pytest.raises(InputError, match="rows: got 30 columns; expected at most 29"):
        check_rows("x", Contract(True, True, most_width=29), rows, "rows")

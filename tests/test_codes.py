import numpy as np
import pytest

from rankfold.codes import Codes, inside, nested, outside
from rankfold.errors import InputError


def two_columns(count=4):
    return Codes({"codes": np.arange(count * 3, dtype=np.uint8).reshape(count, 3), "scale": np.arange(count, dtype=np.float32)})


def test_counts_and_bytes():
    codes = two_columns()
    assert codes.count == 4 and codes.row_bytes == 7 and codes.nbytes == 28
    assert codes.schema() == {"codes": ("|u1", (3,)), "scale": ("<f4", ())}


def test_rows_are_views_for_slices_and_copies_for_numbers():
    codes = two_columns()
    assert np.shares_memory(codes.rows(slice(1, 3))["codes"], codes["codes"])
    picked = codes.rows(np.array([3, 0]))
    assert picked["scale"].tolist() == [3, 0] and not np.shares_memory(picked["codes"], codes["codes"])


def test_columns_cannot_be_exchanged():
    with pytest.raises(TypeError):
        two_columns().columns["codes"] = np.zeros(4)


@pytest.mark.parametrize("columns", [{}, {"a": np.zeros(3), "b": np.zeros(4)}, {"a": np.array(1.0)}])
def test_columns_without_one_common_row_count_are_refused(columns):
    with pytest.raises(InputError, match="row counts"):
        Codes(columns)


def test_concat_keeps_order():
    whole = two_columns(5)
    assert np.array_equal(Codes.concat([whole.rows(slice(0, 2)), whole.rows(slice(2, 5))])["codes"], whole["codes"])


@pytest.mark.parametrize("parts", [[], [two_columns(), Codes({"codes": np.zeros((1, 2), np.uint8)})]])
def test_concat_refuses_parts_that_do_not_match(parts):
    with pytest.raises(InputError, match="schema"):
        Codes.concat(parts)


def test_nested_arrays_come_back_under_their_own_names():
    arrays = {"codes": np.zeros(2), "inner.codes": np.ones(2)}
    put_away = {"scale": np.zeros(2), **nested(arrays)}
    assert sorted(put_away) == ["inner.codes", "inner.inner.codes", "scale"]
    assert inside(put_away).keys() == arrays.keys()
    assert outside(put_away).keys() == {"scale"} and outside(put_away)["scale"] is put_away["scale"]
    assert inside(inside(put_away))["codes"] is arrays["inner.codes"]

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold import arrays
from rankfold.errors import InputError


@given(st.integers(0, 300), st.integers(1, 70))
def test_blocks_cover_every_row_once(count, size):
    pieces = list(arrays.blocks(count, size))
    assert [row for start, stop in pieces for row in range(start, stop)] == list(range(count))
    assert all(stop - start <= size for start, stop in pieces)


def test_as_matrix_keeps_float32_and_converts_the_rest():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert arrays.as_matrix(x, "x") is x
    for other in (x.astype(np.float64), x.astype(np.float16), np.asfortranarray(x), x.astype(">f4"), x.tolist()):
        out = arrays.as_matrix(other, "x")
        assert out.dtype == np.float32 and out.flags.c_contiguous and np.array_equal(out, x)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((2, 3), np.int8), "got dtype int8.*Undo the scaling"),
        (np.zeros((2, 3), object), "got dtype object"),
        (np.zeros((2, 3), complex), "got dtype complex128"),
        (np.zeros(3), r"got shape \(3,\).*v\[None, :\]"),
        (np.zeros((0, 3)), "got no rows"),
        (np.zeros((3, 0)), "got 0 dimensions"),
        (np.zeros((1, arrays.MAX_DIM + 1)), "got 65537 dimensions"),
        ([[1.0, 2.0], [3.0]], "numpy cannot read"),
        (np.array([[0.0, 1.0], [np.nan, 1.0]]), "row 1 holds nan at position 0"),
        (np.array([[0.0, -np.inf]]), "row 0 holds -inf at position 1"),
        (np.array([[1e300, 0.0]]), "row 0 holds inf at position 0"),
    ],
)
def test_as_matrix_refuses(bad, message):
    with pytest.raises(InputError, match=message):
        arrays.as_matrix(bad, "x")


def test_as_matrix_names_the_dimension_expected():
    with pytest.raises(InputError, match="queries: got 2 dimensions.*expected 3"):
        arrays.as_matrix(np.ones((1, 2), np.float32), "queries", dim=3)
    assert arrays.as_matrix(np.ones((0, 2)), "x", allow_empty=True).shape == (0, 2)


def test_tensors_that_numpy_cannot_read_are_refused():
    class OnAnotherDevice:
        def __array__(self, dtype=None, copy=None):
            raise TypeError("can't convert device tensor")

    with pytest.raises(InputError, match="OnAnotherDevice, which numpy cannot read.*main memory"):
        arrays.as_matrix(OnAnotherDevice(), "x")


def test_check_finite_counts_rows_from_the_start_of_the_file():
    x = np.ones((4, 3), np.float32)
    x[2, 1] = np.nan
    with pytest.raises(InputError, match="row 102 holds nan at position 1"):
        arrays.check_finite(x, "x", first_row=100)


def test_check_finite_is_not_fooled_by_sums_that_overflow():
    arrays.check_finite(np.full((100, 100), np.finfo(np.float32).max), "x")
    with pytest.raises(InputError, match="row 0"):
        arrays.check_finite(np.array([[np.inf, -np.inf]], np.float32), "x")


def test_check_no_zero_rows():
    x = np.ones((3, 2), np.float32)
    x[1] = -0.0
    with pytest.raises(InputError, match='row 11 is all zeros.*zero_rows="keep"'):
        arrays.check_no_zero_rows(x, "x", first_row=10)
    x[1, 1] = 1e-40
    arrays.check_no_zero_rows(x, "x")


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int32, np.uint64, np.int64])
def test_as_ids_makes_whole_numbers_int64(dtype):
    out = arrays.as_ids(np.array([3, 1, 2], dtype), 3)
    assert out.dtype == np.int64 and out.tolist() == [3, 1, 2]


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=9), min_size=1, unique=True))
def test_text_ids_come_back_as_they_went_in(texts):
    for given_as in (np.array(texts), np.array(texts, object), np.array(texts, np.dtypes.StringDType())):
        out = arrays.as_ids(given_as, len(texts))
        assert out.dtype.kind == "S" and [arrays.as_text(one) for one in out] == texts


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.array([1, 2, 1]), "rows 0 and 2 have the same id '1'"),
        (np.array(["a", "b", "b"]), "rows 1 and 2 have the same id 'b'"),
        (np.array([1.0, 2.0, 3.0]), "got dtype float64"),
        (np.array([1, 2]), r"got shape \(2,\); expected \(3,\)"),
        (np.array([1, 2, 2**63], np.uint64), "got 9223372036854775808.*int64"),
        (np.array(["a", "", "b"]), "row 1 has an empty id"),
        (np.array(["a", "b", "c" * 1025]), "1025 bytes; expected at most 1024"),
        (np.array(["a", "b\0", "c"], object), "row 1 ends in a NUL"),
        (np.array(["a", "b", None], object), "got dtype object"),
        (np.array(["a", "\ud800", "c"]), "row 1 is not text that UTF-8 can hold"),
    ],
)
def test_as_ids_refuses(bad, message):
    with pytest.raises(InputError, match=message):
        arrays.as_ids(bad, 3)


def test_as_weight():
    assert arrays.as_weight(None, 2).tolist() == [1, 1]
    assert arrays.as_weight([0, 3], 2).dtype == np.float32
    for bad in ([0.0, 0.0], [1.0, -1.0], [1.0, np.nan], [1.0], ["a", "b"]):
        with pytest.raises(InputError, match="weight: "):
            arrays.as_weight(bad, 2)


def test_as_mask():
    assert arrays.as_mask([True, False], 2, "alive").tolist() == [True, False]
    for bad in ([1, 0], [True]):
        with pytest.raises(InputError, match="alive: got .*expected bool of shape"):
            arrays.as_mask(bad, 2, "alive")


def test_row_norms_survive_huge_and_tiny_rows():
    x = np.array([[3e30, 4e30], [3e-30, 4e-30], [0, 0]], np.float32)
    np.testing.assert_allclose(arrays.row_norms(x), [5e30, 5e-30, 0], rtol=1e-6)
    np.testing.assert_allclose(arrays.unit_rows(x), [[0.6, 0.8], [0.6, 0.8], [0, 0]], rtol=1e-6)

"""Numbers and ids as text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.exchange.numbertext import float_texts, id_texts


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=50))
def test_every_float_reads_back(values):
    values = np.array(values, np.float32)
    texts = float_texts(values)
    assert np.array_equal(np.array([float(text) for text in texts], np.float32), values)
    assert np.array_equal(np.array([np.float32(text) for text in texts], np.float32), values)


def test_texts_are_short():
    assert float_texts(np.array([0.1, -2, 1e-8], np.float32)) == ["0.1", "-2.0", "1e-08"]


def test_ids():
    assert id_texts(np.array([-3, 2**62])) == ["-3", str(2**62)]
    assert id_texts(np.array(["é".encode(), b"b"])) == ["é", "b"]
    with pytest.raises(InputError, match="not UTF-8"):
        id_texts(np.array([b"\xff"]))

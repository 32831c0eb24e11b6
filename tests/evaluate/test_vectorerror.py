"""Errors of vectors against hand-worked numbers."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.vectorerror import vector_error


def f32(*rows):
    return np.array(rows, np.float32)


def test_a_hand_worked_case():
    found = vector_error(f32([3, 4], [1, 0], [0, 0]), f32([3, 0], [0, 2], [0, 0]))
    assert found.mse == pytest.approx((16 + 1 + 4) / 6) and found.relative == pytest.approx(21 / 26)
    assert found.cosine.mean == pytest.approx((0.6 + 0) / 2) and found.cosine.n == 2
    assert found.to_dict()["cosine"]["n"] == 2


def test_the_ends():
    x = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
    assert vector_error(x, x).relative == 0 and vector_error(x, x).cosine.mean == pytest.approx(1)
    assert vector_error(x, np.zeros_like(x)).relative == 1 and vector_error(x, -x).cosine.low == pytest.approx(-1)
    assert vector_error(np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32)).relative == 0


def test_other_shapes_are_refused():
    with pytest.raises(InputError):
        vector_error(f32([1, 2]), f32([1, 2, 3]))

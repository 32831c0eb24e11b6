"""Distances to neighbours: known ones, and never 0 whatever the rows."""

import numpy as np
import pytest

from rankfold.adaptive.spacing import spacing
from rankfold.vectors import as_vectors


def test_second_nearest_of_a_small_table():
    x = np.array([[0.0, 0], [3, 0], [3, 1], [10, 0]], np.float32)
    assert spacing(as_vectors(x, zero_rows="keep")) == pytest.approx([3, 1, 1, 7], rel=1e-3)
    assert spacing(as_vectors(x[1:]), unit=True)[[0, 2]] == pytest.approx([3e-4, 3e-4], rel=0.5)


def test_dense_rows_have_less():
    rng = np.random.default_rng(0)
    x = np.concatenate([0.05 * rng.standard_normal((9_000, 8)), 3 + rng.standard_normal((9_000, 8))]).astype(np.float32)
    found = spacing(as_vectors(x))
    assert np.median(found[9_000:]) > 10 * np.median(found[:9_000])
    assert np.array_equal(found, spacing(as_vectors(x)))


@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e18])
def test_never_zero(scale):
    x = np.random.default_rng(0).standard_normal((50, 4)).astype(np.float32) * np.float32(scale)
    x[:30] = x[0]
    found = spacing(as_vectors(x))
    assert np.isfinite(found).all() and (found > 0).all()
    assert (spacing(as_vectors(np.ones((7, 3), np.float32))) == 1).all()
    assert (spacing(as_vectors(np.ones((1, 3), np.float32))) == 1).all()

"""EASE in closed form, its inverse by halves, and pruned weights."""

import numpy as np
import pytest

from rankfold.errors import SpecError
from rankfold.linear.ease import fit_ease, inverse_of, largest, prune_weights
from rankfold.search.rows import Rows


def test_weights_solve_each_item_by_ridge_regression_on_the_others(small):
    x = np.zeros((30, 20))
    x[small.queries(), small.values] = 1
    weights = fit_ease(small, 20, ridge=2.0)
    for item in range(20):
        others = np.delete(np.arange(20), item)
        left = x[:, others].T @ x[:, others] + 2.0 * np.eye(19)
        np.testing.assert_allclose(weights[others, item], np.linalg.solve(left, x[:, others].T @ x[:, item]), atol=1e-6)
        assert weights[item, item] == 0


def test_an_item_that_nobody_took_has_no_weights():
    weights = fit_ease(Rows.from_lists([[0, 1], [0, 1, 3]]), 5, ridge=1.0)
    assert not weights[[2, 4]].any() and not weights[:, [2, 4]].any() and np.isfinite(weights).all()


@pytest.mark.parametrize("n", [1, 256, 257, 601])
def test_the_inverse_by_halves_is_the_inverse(n):
    x = np.random.default_rng(n).standard_normal((n, 40))
    matrix = x @ x.T + 3 * np.eye(n)
    np.testing.assert_allclose(inverse_of(matrix) @ matrix, np.eye(n), atol=1e-7)


def test_pruning_keeps_the_largest_of_every_row():
    weights = np.array([[0, -3, 1, 2], [0.5, 0, 0, -0.25]], np.float32)
    index, value = prune_weights(weights, 2)
    np.testing.assert_array_equal(index, [[1, 3], [0, 3]])
    np.testing.assert_array_equal(value, [[-3, 2], [0.5, -0.25]])
    assert index.dtype == np.int32 and value.dtype == np.float32
    for nonzeros in (0, 5):
        with pytest.raises(SpecError, match="nonzeros"):
            prune_weights(weights, nonzeros)


def test_equal_magnitudes_go_by_place():
    np.testing.assert_array_equal(largest(np.array([[1.0, -1.0, 1.0]]), 2), [[0, 1]])


@pytest.mark.parametrize("ridge", [0.0, -1.0, np.nan, np.inf])
def test_a_ridge_that_is_none_is_refused(small, ridge):
    with pytest.raises(SpecError, match="ridge"):
        fit_ease(small, 20, ridge=ridge)

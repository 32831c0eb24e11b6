"""Sparse factors as rows, users and scores."""

import numpy as np
import pytest

from rankfold import as_vectors, compress, from_spec, load, save
from rankfold.errors import InputError
from rankfold.linear import SparseFactors
from rankfold.search import Rows, Searcher

FACTORS = SparseFactors(np.array([[2, 0], [1, 3], [0, 2]], np.int32), np.array([[0.8, -0.6], [1, 0], [0, 0]], np.float32), np.array([2, 0.5, 0], np.float32), 4)
TAKEN = Rows.from_lists([[0, 1], [], [1]])


def test_rows_and_users_by_hand():
    np.testing.assert_allclose(FACTORS.rows(), [[-1.2, 0, 1.6, 0], [0, 0.5, 0, 0], [0, 0, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(FACTORS.users(TAKEN), [[-0.6, 1, 0.8, 0], [0, 0, 0, 0], [0, 1, 0, 0]], atol=1e-6)


def test_scores_are_products_of_users_and_rows():
    np.testing.assert_allclose(FACTORS.scores(TAKEN), FACTORS.users(TAKEN) @ FACTORS.rows().T, atol=1e-6)
    assert FACTORS.scores(Rows.empty(0)).shape == (0, 3)


def test_unknown_items_are_refused():
    with pytest.raises(InputError, match="row number 3"):
        FACTORS.users(Rows.from_lists([[3]]))


def test_factors_become_a_table_that_searches(tmp_path):
    table = compress(as_vectors(FACTORS.rows(), zero_rows="keep"), from_spec({"codec": "largest", "keep": 2}))
    found = Searcher(load(save(table, tmp_path))).search(FACTORS.users(TAKEN), 2, exclude=TAKEN)
    assert found.rows[0, 0] == 2 and found.rows[2, 0] == 0
    np.testing.assert_allclose(table.decode(), FACTORS.rows(), atol=0.02)

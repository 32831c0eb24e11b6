"""Agreement of lists with the exact ones."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.exchange.agreement import agreement, scores
from rankfold.exchange.rows import sparse_rows
from tests.exchange.samples import dense, some_rows


def rows_of(matrix, ids=None):
    matrix = np.asarray(matrix, np.float32)
    index = np.broadcast_to(np.arange(matrix.shape[1]), matrix.shape)
    return sparse_rows(index, matrix, matrix.shape[1], np.arange(len(matrix)) if ids is None else ids)


def test_scores_are_the_products(monkeypatch):
    rows, queries = some_rows(seed=1), some_rows(seed=2, count=11)
    for block in (1 << 23, 64):
        monkeypatch.setattr("rankfold.exchange.agreement.BLOCK_VALUES", block)
        found = np.concatenate([block for _, block in scores(rows, queries)])
        np.testing.assert_allclose(found, dense(queries) @ dense(rows).T, rtol=1e-12, atol=1e-12)


ROWS = rows_of([[1, 0], [2, 0], [3, 0], [-1, 0], [0, 5], [3, 0]])
ONE = rows_of([[1, 0]])


@pytest.mark.parametrize(
    ("found", "share"),
    [
        ([2, 5, 1], 1),
        ([1, 2, 5], 1),
        ([2, 5, 0], 2 / 3),
        ([2, 2, 2], 1 / 3),
        ([2, -1, 99], 1 / 3),
        ([3, 4, -1], 0),
        # Three score 3 or 3: either of two equal rows will do.
        ([5], 1),
        ([2], 1),
        # Only four rows score above 0: what comes after them does not matter.
        ([2, 5, 1, 0, 4, 3], 1),
        ([2, 5, 1, 0, -1, -1], 1),
    ],
)
def test_known_answers(found, share):
    assert agreement(np.array([found]), ROWS, ONE).tolist() == [pytest.approx(share)]


def test_a_query_that_nothing_answers_does_not_count():
    assert np.isnan(agreement(np.array([[0, 1]]), rows_of([[1, 0], [0, 0]]), rows_of([[-1, 1]]))).all()


def test_what_is_refused():
    with pytest.raises(InputError, match="found"):
        agreement(np.zeros((2, 3), int), ROWS, ONE)
    with pytest.raises(InputError, match="queries: got 3 columns; expected 2"):
        agreement(np.zeros((1, 3), int), ROWS, rows_of([[1, 0, 0]]))

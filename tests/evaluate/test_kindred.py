"""Kindred users of hand-worked lists, and two ends: nothing changed, everything changed."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.kindred import kindred_users, nearest
from rankfold.search import Ranking


def lists(rows):
    rows = np.array(rows)
    return Ranking(rows, np.zeros(rows.shape, np.float32))


def test_hand_worked_lists():
    rows = np.array([[1, 2, 3], [1, 9, 8], [2, 1, 7], [3, 6, 5], [40, 41, -1]])
    # 0 and 2 share the first two places crosswise, 0 and 1 the very first, 0 and 3 a last and a first one.
    assert nearest(rows, 4).tolist() == [[2, 1, 3, -1], [0, 2, -1, -1], [0, 1, -1, -1], [0, -1, -1, -1], [-1, -1, -1, -1]]
    second = 1 / np.log2(3)
    assert 2 * second > 1 > second > 1 / np.log2(4)


def test_many_columns_are_summed_in_passes(monkeypatch):
    rows = np.argsort(np.random.default_rng(0).random((60, 300)), axis=1)[:, :40]
    whole = nearest(rows, 10)
    monkeypatch.setattr("rankfold.evaluate.kindred.PASS_COLUMNS", 7)
    assert np.array_equal(nearest(rows, 10), whole)
    weight = np.zeros((60, 300))
    np.put_along_axis(weight, rows, np.broadcast_to(1 / np.log2(np.arange(2, 42)), rows.shape), axis=1)
    alike = np.round(weight @ weight.T, 4)
    np.fill_diagonal(alike, -1)
    kept = np.take_along_axis(alike, whole, axis=1)
    assert kept == pytest.approx(-np.sort(-alike, axis=1)[:, :10], abs=2e-4)


def test_equal_lists_keep_all_and_other_lists_keep_what_chance_keeps():
    rng = np.random.default_rng(1)
    exact = lists(np.argsort(rng.random((200, 500)), axis=1)[:, :50])
    same = kindred_users(exact, exact, k=10)
    assert same.overlap.mean == same.rbo.mean == 1 and same.overlap.n == 200
    other = kindred_users(lists(np.argsort(rng.random((200, 500)), axis=1)[:, :50]), exact, k=10)
    assert other.overlap.mean == pytest.approx(10 / 199, abs=0.02)
    # Row numbers do not matter: only who shares rows with whom.
    renamed = kindred_users(lists(rng.permutation(500)[exact.rows]), exact, k=10)
    assert renamed.overlap.mean == 1 and renamed.to_dict()["overlap"]["n"] == 200


@pytest.mark.parametrize(("users", "k"), [(4, 2), (5, 0), (5, 5)])
def test_other_users_and_depths_are_refused(users, k):
    with pytest.raises(InputError):
        kindred_users(lists(np.ones((users, 3), int)), lists(np.ones((5, 3), int)), k=k)

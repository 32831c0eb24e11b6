"""What is asked of interactions, and batches of users."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.linear.taken import Batch, check_taken, gram, user_batches
from rankfold.search.rows import Rows


def dense(taken, items):
    out = np.zeros((taken.count, items), np.float32)
    out[taken.queries(), taken.values] = 1
    return out


def test_bad_lists_are_refused():
    with pytest.raises(InputError, match="expected Rows"):
        check_taken([[0, 1]], 3)
    with pytest.raises(InputError, match="got row number 3"):
        check_taken(Rows.from_lists([[0, 3]]), 3)
    with pytest.raises(InputError, match="two items"):
        check_taken(Rows.from_lists([[0], [2], []]), 3)
    with pytest.raises(InputError, match="two items"):
        check_taken(Rows.empty(0), 3)
    for items in (1, 10**6, True, 2.5):
        with pytest.raises(InputError, match="items: got"):
            check_taken(Rows.from_lists([[0, 0]]), items)


def test_gram_counts_users(small):
    x = dense(small, 20)
    np.testing.assert_array_equal(gram(small, 20, block=7), (x.T @ x).astype(np.float64))


def test_a_batch_adds_up_by_user_and_by_item(small):
    x = dense(small, 20)
    batch = Batch.of(small, np.array([5, 2, 9]), 20)
    np.testing.assert_array_equal(batch.matrix(), x[[5, 2, 9]].T)
    np.testing.assert_array_equal(batch.count, x[[5, 2, 9]].sum(axis=1))
    ones = np.ones(batch.user.size)
    np.testing.assert_array_equal(batch.of_users(ones), batch.count)
    np.testing.assert_array_equal(batch.of_items(ones), x[[5, 2, 9]].sum(axis=0))


def test_every_user_of_two_items_comes_once_before_any_comes_again(small):
    able = int((small.lengths() > 1).sum())
    batches = user_batches(small, 20, 4, np.random.default_rng(0))
    seen = np.concatenate([next(batches).count for _ in range(able // 4)])
    assert (seen > 1).all()
    assert sorted(seen)[-3:] == sorted(small.lengths())[-3:] or able % 4


def test_fewer_users_than_a_batch_are_enough():
    batch = next(user_batches(Rows.from_lists([[0, 1], [2]]), 3, 1, np.random.default_rng(0)))
    np.testing.assert_array_equal(batch.item, [0, 1])

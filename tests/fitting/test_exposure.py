"""Exposure weights: counted by hand, masked, bounded, checked at the door."""

from types import SimpleNamespace

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.fitting import exposure as module
from rankfold.fitting.exposure import exposure


def lists(*of_users):
    starts = np.concatenate([[0], np.cumsum([len(one) for one in of_users])]).astype(np.int64)
    return SimpleNamespace(starts=starts, values=np.array([row for one in of_users for row in one], np.int64))


def slow_counts(users, items, k, exclude=None):
    counts = np.zeros(len(items), np.int64)
    for number, user in enumerate(users):
        scores = items.astype(np.float64) @ user
        hidden = () if exclude is None else exclude.values[exclude.starts[number] : exclude.starts[number + 1]]
        ranked = [row for row in np.lexsort((np.arange(len(items)), -scores)) if row not in set(hidden)]
        counts[ranked[:k]] += 1
    return counts


def test_counts_of_three_users():
    items = np.eye(4, dtype=np.float32)
    users = np.array([[3, 2, 1, 0], [3, 2, 0, 1], [0, 1, 2, 3]], np.float32)
    np.testing.assert_allclose(exposure(users, items, k=2), np.sqrt([2.5, 2.5, 1.5, 1.5]))
    assert exposure(users, items, k=2).dtype == np.float32


def test_excluded_rows_give_way_to_the_next():
    items = np.eye(4, dtype=np.float32)
    users = np.array([[4, 3, 2, 1], [4, 3, 2, 1]], np.float32)
    np.testing.assert_allclose(exposure(users, items, k=1, exclude=lists([0, 1], [])), np.sqrt([1.5, 0.5, 1.5, 0.5]))


def test_a_user_with_everything_excluded_counts_nothing():
    items = np.eye(2, dtype=np.float32)
    np.testing.assert_allclose(exposure(np.ones((1, 2), np.float32), items, exclude=lists([0, 1])), np.sqrt([0.5, 0.5]))


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    # Whole numbers: many equal scores, which go to the lower row.
    users, items = rng.integers(-2, 3, (60, 4)).astype(np.float32), rng.integers(-2, 3, (90, 4)).astype(np.float32)
    hidden = lists(*(np.unique(rng.integers(0, 90, rng.integers(0, 12))) for _ in users))
    monkeypatch.setattr(module, "USER_ROWS", 7)
    monkeypatch.setattr(module, "ITEM_ROWS", 16)
    for exclude in (None, hidden):
        np.testing.assert_allclose(exposure(users, items, k=11, exclude=exclude) ** 2 - 0.5, slow_counts(users, items, 11, exclude), atol=1e-4)


def test_k_beyond_the_items_counts_all():
    np.testing.assert_allclose(exposure(np.ones((3, 2), np.float32), np.ones((5, 2), np.float32), k=100), np.full(5, np.sqrt(3.5)), rtol=1e-6)


def test_a_sample_of_users_by_seed():
    rng = np.random.default_rng(1)
    users, items = rng.standard_normal((300, 5)).astype(np.float32), rng.standard_normal((40, 5)).astype(np.float32)
    first, again, other = (exposure(users, items, sample=50, k=4, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert round(float((first**2 - 0.5).sum())) == 50 * 4


def test_excluded_lists_follow_the_sampled_users():
    users = np.repeat(np.array([[2, 1]], np.float32), 200, axis=0)
    hidden = lists(*([0] if number % 2 else [] for number in range(200)))
    counts = exposure(users, np.eye(2, dtype=np.float32), sample=60, k=1, exclude=hidden, seed=3) ** 2 - 0.5
    chosen = np.sort(np.random.default_rng(3).choice(200, 60, replace=False))
    np.testing.assert_allclose(counts, [np.sum(chosen % 2 == 0), np.sum(chosen % 2 == 1)], atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"users": np.ones((2, 3), np.float32)}, "users: got 3 dimensions; expected 2"),
        ({"users": np.array([[np.nan, 1]], np.float32)}, "users: row 0"),
        ({"items": np.ones((0, 2), np.float32)}, "items: got no rows"),
        ({"k": 0}, "k: got 0"),
        ({"k": 1.5}, "k: got 1.5"),
        ({"sample": True}, "sample: got True"),
        ({"exclude": lists([0])}, "exclude: got 1 lists; expected 4"),
        ({"exclude": lists([0], [9], [], [])}, "exclude: got rows from 0 to 9; expected 0 to 2"),
    ],
)
def test_bad_arguments_are_named(changes, message):
    arguments = {"users": np.ones((4, 2), np.float32), "items": np.ones((3, 2), np.float32), **changes}
    with pytest.raises(InputError, match=message):
        exposure(arguments.pop("users"), arguments.pop("items"), **arguments)

"""Partitions: checked at the door, every row in its lists, kept right by additions and new numbers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.partition import Partition, gathered, partition_of

CENTROIDS = np.array([[0, 0], [10, 0], [0, 10]], np.float32)


def made(**changes):
    """Six rows: 0 1 in list 0, 2 in list 1, row 3 in list 2 by number, 4 and 5 in list 0 by number."""
    fields = {
        "centroids": CENTROIDS,
        "reach": np.array([1, 10, 10], np.float32),
        "starts": np.array([0, 2, 3, 3]),
        "more_starts": np.array([0, 2, 2, 3]),
        "more_rows": np.array([4, 5, 3], np.int32),
    }
    return Partition(**fields | changes)


def rows_by_list(partition):
    return [partition.rows(number).tolist() for number in range(partition.lists)]


def test_what_is_in_which_list():
    one = made()
    assert rows_by_list(one) == [[0, 1, 4, 5], [2], [3]]
    assert one.lengths().tolist() == [4, 1, 1] and one.arranged == 3 and one.lists == 3 and one.dim == 2
    assert one.lists_of(np.array([5, 3, 2, 0])).tolist() == [[0], [2], [1], [0]]
    one.check_rows(6, 3)
    with pytest.raises(InputError, match="number: got 3"):
        one.rows(3)


@pytest.mark.parametrize(
    "changes",
    [
        {"centroids": CENTROIDS.astype(np.float64)},
        {"centroids": CENTROIDS[:0]},
        {"centroids": CENTROIDS * np.nan},
        {"reach": np.zeros(2, np.float32)},
        {"reach": np.array([1, -1, 1], np.float32)},
        {"reach": np.array([1, np.inf, 1], np.float32)},
        {"starts": np.array([0, 2, 3])},
        {"starts": np.array([1, 2, 3, 3])},
        {"starts": np.array([0, 3, 2, 3])},
        {"starts": np.array([0, 2, 3, 3], np.int32)},
        {"more_starts": np.array([0, 2, 2, 4])},
        {"more_rows": np.array([5, 4, 3], np.int32)},
        {"more_rows": np.array([4, 4, 3], np.int32)},
        {"more_rows": np.array([4, 5, 3], np.float32)},
        {"more_rows": np.array([4, 5, 3], np.uint8)},
        {"copies": 0},
        {"copies": 3},
        {"copies": True},
        {"group_starts": np.array([0, 2])},
        {"group_starts": np.array([0, 1, 1, 2, 3])},
        {"group_starts": np.array([[0, 3]])},
        {"group_starts": np.array([0, 3], np.int32)},
    ],
)
def test_what_is_no_partition_is_refused(changes):
    with pytest.raises(InputError):
        made(**changes)


@pytest.mark.parametrize(
    ("changes", "count", "first"),
    [
        ({}, 6, 4),
        ({}, 5, 3),
        ({}, 7, 3),
        ({"more_rows": np.array([4, 5, -1], np.int32)}, 6, 3),
        ({"more_rows": np.array([4, 5, 4], np.int32)}, 6, 3),
    ],
)
def test_rows_must_be_those_of_the_table(changes, count, first):
    with pytest.raises(InputError):
        made(**changes).check_rows(count, first)


def test_new_rows_go_to_the_nearest_list_and_stretch_its_reach():
    more = made().extended(np.array([[9, 1], [0, 30]], np.float32), 6)
    assert rows_by_list(more) == [[0, 1, 4, 5], [2, 6], [3, 7]]
    assert more.reach.tolist() == [1, 10, 30]
    more.check_rows(8, 3)


def test_copies_put_rows_into_two_lists():
    x = np.array([[1, 0], [9, 1], [0, 9], [6, 5]], np.float32)
    labels = replace(made(), copies=2).assign(x)
    assert labels.tolist() == [[0, 1], [1, 0], [2, 0], [1, 0]]
    one, order = gathered(CENTROIDS, labels, np.ones(4, np.float32), arrange=True)
    assert order.tolist() == [0, 1, 3, 2] and rows_by_list(one) == [[0, 1, 2, 3], [0, 1, 2], [3]]
    assert one.more_rows.size == 4 and one.lists_of(np.array([2, 3])).tolist() == [[1, 0], [2, 0]]


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 40), st.integers(2, 6), st.booleans(), st.booleans(), st.randoms(use_true_random=False))
def test_gathered_added_and_renumbered_lists_follow_a_plain_model(count, lists, twice, arrange, random):
    copies = 2 if twice else 1
    rng = np.random.default_rng(random.getrandbits(32))
    centroids = rng.standard_normal((lists, 3)).astype(np.float32)
    x = rng.standard_normal((count, 3)).astype(np.float32)
    bare, _ = gathered(centroids, np.zeros((1, 1), np.int32), np.ones(1, np.float32), arrange=False)
    labels = replace(bare, copies=copies).assign(x)
    one, order = gathered(centroids, labels, np.linalg.norm(x, axis=1), arrange=arrange)
    one.check_rows(count, count)
    names = [f"row {row}" for row in order]
    model = {f"row {row}": set(map(int, labels[row])) for row in range(count)}
    assert_same(one, names, model)
    more = rng.standard_normal((int(rng.integers(1, 5)), 3)).astype(np.float32)
    one = one.extended(more, count)
    for number, mine in enumerate(replace(bare, copies=copies).assign(more)):
        names.append(f"new {number}")
        model[names[-1]] = set(map(int, mine))
    assert_same(one, names, model)
    assert (one.reach >= 0).all()
    kept = np.flatnonzero(rng.random(len(names)) < 0.7)
    if kept.size:
        first = one.lists_of(kept)[:, 0]
        kept = kept[np.argsort(first, kind="stable")] if arrange else kept
        again = one.renumbered(kept, arranged=kept.size if arrange else 0)
        again.check_rows(kept.size, kept.size)
        assert_same(again, [names[row] for row in kept], {names[row]: model[names[row]] for row in kept})


def assert_same(one, names, model):
    held = {name: {number for number in range(one.lists) if row in one.rows(number)} for row, name in enumerate(names)}
    assert held == model
    assert [set(map(int, mine)) for mine in one.lists_of(np.arange(len(names)))] == [model[name] for name in names]
    assert one.lengths().tolist() == [one.rows(number).size for number in range(one.lists)]


def test_what_is_stored_comes_back():
    one = made(group_starts=np.array([0, 1, 3]))
    again = partition_of(one.entry(), one.arrays())
    assert again.entry() == one.entry() == {"lists": 3, "groups": 2, "copies": 1} and rows_by_list(again) == rows_by_list(one)
    assert one.nbytes == sum(array.nbytes for array in one.arrays().values())
    for entry, arrays in (
        ({"lists": 4, "groups": 2, "copies": 1}, one.arrays()),
        ({"lists": 3, "groups": 1, "copies": 1}, one.arrays()),
        ({"lists": 3, "groups": 0, "copies": 1}, one.arrays()),
        ({"lists": 3, "groups": 0, "copies": 1}, {"centroids": CENTROIDS}),
    ):
        with pytest.raises(InputError):
            partition_of(entry, arrays)

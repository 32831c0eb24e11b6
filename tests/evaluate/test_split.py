import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.split import Split, by_chance, by_column, by_time, choose_split, last_of_user
from rankfold.interactions import Interactions

events = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), min_size=1, max_size=60)


def parts(split):
    return [mask.astype(int).tolist() for mask in (split.train, split.valid, split.test)]


def test_cuts_in_time_are_as_given():
    split = by_time([1, 5, 3, 9, 7], test_from=7, valid_from=5)
    assert parts(split) == [[1, 0, 1, 0, 0], [0, 1, 0, 0, 0], [0, 0, 0, 1, 1]] and not split.looks_ahead
    assert parts(by_time([1, 5, 3, 9, 7], test_from=6.5)) == [[1, 1, 1, 0, 0], [0] * 5, [0, 0, 0, 1, 1]]
    assert "test from 7" in split.how


def test_cuts_may_be_dates():
    time = np.array(["2025-05-31T23:59", "2025-06-01T00:00", "2025-06-02T12:00"], "datetime64[s]")
    assert parts(by_time(time, test_from="2025-06-01"))[2] == [0, 1, 1]
    assert parts(by_time(time, test_from=np.datetime64("2025-06-02"), valid_from="2025-06-01")) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]


@given(st.lists(st.integers(0, 12), min_size=2, max_size=80), st.sampled_from([0.1, 0.25]), st.sampled_from([0.0, 0.1, 0.25]))
def test_no_train_event_is_as_young_as_any_later_part(times, test, valid):
    time = np.array(times)
    try:
        split = by_time(time, test=test, valid=valid)
    except InputError as error:
        assert "Move the cut" in str(error)
        return
    assert (split.train | split.valid | split.test).all()
    assert time[split.train].max() < time[split.valid | split.test].min()
    if split.valid.any():
        assert time[split.valid].max() < time[split.test].min()
    # Events of one moment stay together, so the test part may only grow.
    assert split.test.sum() >= int(test * time.size)


def test_shares_of_different_times_are_exact():
    split = by_time(np.random.default_rng(0).permutation(100))
    assert [mask.sum() for mask in (split.train, split.valid, split.test)] == [80, 10, 10]
    assert not by_time(np.arange(100), valid=0).valid.any()


@given(events, st.integers(1, 2), st.integers(0, 2))
def test_last_of_user_leaves_only_younger_events_to_be_found(pairs, test, valid):
    user, time = np.array(pairs).T
    try:
        split = last_of_user(user, time, test=test, valid=valid)
    except InputError:
        counts = np.bincount(user)
        assert counts.max() <= test + valid
        return
    for one in np.unique(user):
        mine = user == one
        count = int(mine.sum())
        expected = [test, valid] if count > test + valid else [0, 0]
        assert [int((split.test & mine).sum()), int((split.valid & mine).sum())] == expected
        if expected[0]:
            assert time[split.train & mine].max() <= time[(split.test | split.valid) & mine].min()
            if valid:
                assert time[split.valid & mine].max() <= time[split.test & mine].min()


def test_equal_times_of_a_user_go_by_position():
    split = last_of_user([0, 0, 0], [4, 4, 4])
    assert split.test.tolist() == [False, False, True] and split.looks_ahead


def test_chance_is_seeded_and_says_that_it_looks_ahead():
    user = np.repeat(np.arange(20), 10)
    split = by_chance(user, test=2, valid=1, seed=4)
    assert (np.bincount(user[split.test]) == 2).all() and (np.bincount(user[split.valid]) == 1).all() and split.looks_ahead
    assert parts(by_chance(user, test=2, valid=1, seed=4)) == parts(split) != parts(by_chance(user, test=2, valid=1, seed=5))


@pytest.mark.parametrize("column", [[0, 1, 2, 0], ["train", "valid", "test", "train"], np.array([b"train", b"validation", b"test", b"train"])])
def test_a_column_says_it_all(column):
    assert parts(by_column(column)) == [[1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]


def test_the_most_honest_split_is_chosen():
    user, item = np.array([0, 0, 0]), np.array([1, 2, 3])
    time, column = np.array([3, 1, 2]), np.array([0, 2, 0], np.int8)
    assert choose_split(Interactions(user, item, time, None, column)).how == "given column"
    assert choose_split(Interactions(np.arange(10), np.arange(10), np.arange(10))).how.startswith("global time")
    assert choose_split(Interactions(user, item), seed=2).how == "1 of each user at random, seed 2"


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: by_time([3, 3, 3]), "0 train and 3 test interactions"),
        (lambda: by_time([1, 2], test_from=9), "2 train and 0 test"),
        (lambda: by_time([1, 2, 3], test_from=2, valid_from=3), "valid_from: got 3; expected a time before"),
        (lambda: by_time([1, 2], test=0.6, valid=0.5), "shares that leave something to train on"),
        (lambda: by_time([1, 2], valid_from=1), "or test_from"),
        (lambda: by_time([1.0, np.nan], test_from=1), "missing or not finite"),
        (lambda: by_time(np.array(["2025-01-01", "NaT"], "datetime64[D]"), test_from="2025-01-01"), "missing or not finite"),
        (lambda: by_time(np.array(["2025-01-01", "2025-01-02"], "datetime64[D]"), test_from="soon"), "test_from: got 'soon'; expected a moment"),
        (lambda: by_time([1, 2], test_from="2025-06-01"), "test_from: got '2025-06-01'; expected a number"),
        (lambda: by_time(["a", "b"]), "time: got dtype"),
        (lambda: last_of_user([0, 1], [1, 2, 3]), "expected 3 whole numbers"),
        (lambda: last_of_user([0, 0], [1, 2], test=0), "expected at least 1 and 0"),
        (lambda: by_chance([0.5, 1.0]), "user: got dtype float64"),
        (lambda: by_chance([0, 0], test=1, valid=-1), "expected at least 1 and 0"),
        (lambda: by_column(["train", "dev", "test"]), "got 'dev'; expected train, valid or test"),
        (lambda: by_column([0, 3]), "expected one value an interaction"),
        (lambda: Split(np.array([True]), np.array([True]), np.array([True]), "mine"), "in two parts"),
        (lambda: Split(np.array([1]), np.array([0]), np.array([0]), "mine"), "three bool masks"),
    ],
)
def test_splits_that_cannot_be_are_refused(make, match):
    with pytest.raises(InputError, match=match):
        make()

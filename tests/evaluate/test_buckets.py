import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.buckets import as_popularity, popularity_buckets


def test_known_buckets():
    buckets = popularity_buckets([10, 50, 30, 10, 0])
    assert buckets.names == ("head", "mid", "tail")
    assert buckets.number.tolist() == [2, 0, 1, 2, 2]
    assert buckets.rows.tolist() == [1, 1, 3] and buckets.share.tolist() == [0.5, 0.3, 0.2]


def test_equal_events_go_by_row_number():
    assert popularity_buckets([1] * 10).number.tolist() == [0] * 5 + [1] * 3 + [2] * 2


def test_one_row_with_all_events_is_the_head_and_the_rest_is_tail():
    assert popularity_buckets([0, 7, 0]).number.tolist() == [2, 0, 2]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60).filter(any))
def test_buckets_fall_in_popularity_and_share_out_everything(events):
    buckets = popularity_buckets(events)
    array = np.array(events)
    for upper in (0, 1):
        if (buckets.number == upper).any() and (buckets.number > upper).any():
            assert array[buckets.number == upper].min() >= array[buckets.number > upper].max()
    assert buckets.rows.sum() == array.size and buckets.share.sum() == pytest.approx(1)
    assert (buckets.number[array == 0] == 2).all()
    head = array[buckets.number == 0]
    assert 2 * head.sum() >= array.sum() and 2 * (head.sum() - head.min()) < array.sum()


@pytest.mark.parametrize("bad", [[0, 0], [-1, 2], [np.nan, 1.0], [[1, 2]], ["a"], []])
def test_other_popularity_is_refused(bad):
    with pytest.raises(InputError, match="popularity"):
        popularity_buckets(bad)


def test_another_length_is_refused():
    with pytest.raises(InputError, match=r"shape \(3,\)"):
        as_popularity([1, 2], 3)

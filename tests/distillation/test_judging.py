"""Judging: what users took next has a veto, and says nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.calibration import Calibration
from rankfold.distillation import distil
from rankfold.distillation.course import Learned, found
from rankfold.distillation.judging import judged
from rankfold.distillation.lesson import user_lesson
from rankfold.errors import InputError
from rankfold.search import Rows

LEARNED = Learned({}, 7, ((0, 0.5), (7, 0.6)))


@pytest.fixture(scope="module")
def lesson(world):
    vectors, users, seen = world
    lesson = user_lesson(vectors, users, unit=False, seen=seen, allow=None, sample=200, seed=0)
    return replace(lesson, teach=np.arange(20), judge=np.arange(20, 200))


@pytest.fixture(scope="module")
def lists(spoilt, table, lesson):
    """What each table shows every query, and which places of them the other does not show: (q, 10) rows, -1 elsewhere."""
    old, new = (found(one, lesson, np.arange(200), 10) for one in (spoilt, table))
    lost, won = ((ours[:, :, None] != theirs[:, None, :]).all(axis=2) for ours, theirs in ((old, new), (new, old)))
    return np.where(lost, old, -1), np.where(won, new, -1)


def taking(lesson, rows):
    """The lesson with what each query took: its rows (q, k), -1 for none."""
    query, place = np.nonzero(rows >= 0)
    return replace(lesson, relevant=Rows.from_pairs(query, rows[query, place], len(rows)))


def test_lists_alone_decide_where_nothing_is_known(spoilt, table, lesson):
    result = judged(spoilt, table, lesson, LEARNED)
    assert result.adopted and result.table is table and result.clicks == {} and result.gain.low > 0


def test_few_queries_decide_nothing(spoilt, table, lesson):
    assert judged(spoilt, table, replace(lesson, judge=lesson.judge[:30]), LEARNED).adopted
    result = judged(spoilt, table, replace(lesson, judge=lesson.judge[:29]), LEARNED)
    assert not result.adopted and result.table is spoilt and result.gain.low > 0
    assert "on 29 queries kept apart, too few to judge on; at least 30 are needed" in result.why


def test_a_calibration_of_the_old_scores_is_not_left_out_silently(spoilt, table, lesson):
    maps = Calibration("linear", "clicks", ("all",), {"slope": np.ones(1, np.float32), "offset": np.zeros(1, np.float32)})
    told = "The stored calibration is left out"
    assert told in judged(replace(spoilt, calibration=maps), table, lesson, LEARNED).why
    assert told not in judged(spoilt, table, lesson, LEARNED).why
    assert told not in judged(replace(table, calibration=maps), spoilt, lesson, LEARNED).why


def test_clicks_on_what_is_won_adopt(spoilt, table, lesson, lists):
    result = judged(spoilt, table, taking(lesson, lists[1]), LEARNED)
    assert result.adopted and result.clicks["ndcg@10"].low > 0
    # All that was taken is new: every recall is gained from zero.
    assert result.clicks["recall@10 head"].mean == pytest.approx(1) and result.clicks["recall@10 tail"].mean == pytest.approx(1)


def test_clicks_on_what_is_lost_forbid(spoilt, table, lesson, lists):
    result = judged(spoilt, table, taking(lesson, lists[0]), LEARNED)
    assert not result.adopted and result.table is spoilt and result.gain.low > 0
    assert result.clicks["ndcg@10"].high < 0 and "ndcg@10 of what users took falls" in result.why and "untouched" in result.why


def test_a_bucket_that_falls_forbids(spoilt, table, lesson, lists):
    """Everybody wins but those who take from the tail."""
    lost, won = lists
    tail = np.where(lesson.buckets.number[np.maximum(lost, 0)] == 2, lost, -1)
    first = np.where(lesson.buckets.number[np.maximum(won, 0)] == 0, won, -1)
    result = judged(spoilt, table, taking(lesson, np.concatenate([tail, first, first], axis=1)), LEARNED)
    assert result.clicks["recall@10 tail"].high < 0 < result.clicks["recall@10 head"].low
    assert not result.adopted and "recall@10 tail of what users took falls" in result.why


def test_clicks_of_others_change_nothing(world, spoilt, table, lesson, lists):
    """What users took who teach or stop is never looked at."""
    rows = lists[0].copy()
    rows[lesson.judge] = -1
    result = judged(spoilt, table, taking(lesson, rows), LEARNED)
    assert result.adopted and result.clicks["ndcg@10"].n == 0


def test_relevant_lists_are_checked(world, table):
    vectors, users, _ = world
    with pytest.raises(InputError, match="relevant: got lists of 3 users"):
        distil(table, vectors, users, relevant=Rows.empty(3))
    with pytest.raises(InputError, match="relevant: got lists without users"):
        distil(table, vectors, relevant=Rows.empty(3))
    with pytest.raises(InputError, match="relevant"):
        distil(table, vectors, users, relevant=Rows.from_pairs([0], [500], 200))

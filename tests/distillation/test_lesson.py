"""Lessons: groups that never mix, masked lists, batches."""

import numpy as np
import pytest

from rankfold.distillation.lesson import DEPTH, item_lesson, spread_of, user_lesson
from rankfold.errors import InputError
from rankfold.search import Ranking, Rows
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def lesson(world):
    vectors, users, seen = world
    return user_lesson(vectors, users, unit=False, seen=seen, allow=None, sample=150, seed=0)


def test_groups_are_apart_and_cover_the_sample(lesson):
    together = np.concatenate([lesson.teach, lesson.stop, lesson.judge])
    assert sorted(together) == list(range(150))
    assert (lesson.teach.size, lesson.stop.size, lesson.judge.size) == (105, 22, 23)


def test_lists_are_exact_and_hold_nothing_seen(lesson):
    scores = lesson.queries.astype(np.float64) @ lesson.exact.T
    for query in range(5):
        scores[query, lesson.seen.of(query)] = -np.inf
        assert lesson.lists.rows[query].tolist() == np.argsort(-scores[query], kind="stable")[:DEPTH].tolist()
    assert not lesson.seen.holds(lesson.lists.rows).any()


def test_batches_hold_lists_and_masks(lesson):
    rng = np.random.default_rng(0)
    numbers = lesson.teach[:7]
    rows = lesson.rows_for(numbers, np.full((150, 3), -1), rng)
    batch = lesson.batch(numbers, rows, lesson.exact[rows])
    assert np.isin(lesson.lists.rows[numbers], rows).all() and (np.diff(rows) > 0).all()
    assert np.array_equal(rows[batch.first], lesson.lists.rows[numbers, :10])
    assert (batch.listed.sum(axis=1) == DEPTH).all()
    for line, number in enumerate(numbers):
        assert set(rows[batch.hidden[line]]) == set(rows) & set(lesson.seen.of(number).tolist())
    assert batch.weight.mean() == pytest.approx(1, rel=1e-5) and np.trace(batch.energy) == pytest.approx(16, rel=1e-4)


def test_rows_ask_for_others(world):
    lesson = item_lesson(world[0], unit=True, allow=None, sample=100, seed=0)
    own = np.array([lesson.seen.of(query)[0] for query in range(100)])
    assert np.array_equal(lesson.exact[own], lesson.queries)
    assert (lesson.lists.rows != own[:, None]).all()
    assert np.allclose(np.linalg.norm(lesson.exact, axis=1), 1, atol=1e-5)


def test_removed_rows_are_not_taught(world):
    vectors, users, _ = world
    allow = np.arange(500) % 2 == 0
    lesson = user_lesson(vectors, users, unit=False, seen=None, allow=allow, sample=50, seed=0)
    rows = lesson.rows_for(lesson.teach, lesson.lists.rows[:, :1], np.random.default_rng(0))
    assert allow[rows].all()


def test_users_of_zeros_and_flat_lists_are_left_out(world):
    vectors, users, _ = world
    users = users[:40].copy()
    users[:10] = 0
    lesson = user_lesson(vectors, users, unit=False, seen=None, allow=None, sample=100, seed=0)
    assert len(lesson.queries) == 30 and lesson.queries.any(axis=1).all()


def test_spread_of_short_lists():
    ranking = Ranking(np.array([[3, 1, 2], [5, -1, -1], [-1, -1, -1]]), np.array([[3.0, 2.0, 1.0], [7.0, -np.inf, -np.inf], [-np.inf] * 3], np.float32))
    assert spread_of(ranking) == pytest.approx([np.std([3, 2, 1]), 0, 0])


def test_bad_input(world):
    vectors, users, seen = world

    def ask(match, users, seen=None, vectors=vectors):
        with pytest.raises(InputError, match=match):
            user_lesson(vectors, users, unit=False, seen=seen, allow=None, sample=100, seed=0)

    ask("users: got 1 ", users[:1])
    ask("users: got 0 ", np.zeros((30, 16), np.float32))
    ask("dimensions", users[:, :5])
    ask("row 3", np.where(np.arange(200)[:, None] == 3, np.nan, users).astype(np.float32))
    ask("seen: got lists of 200", users[:30], seen)
    ask("seen: got row number 500", users[:20], Rows.from_lists([[500]] * 20))
    ask("have an exact list", users[:20], Rows.from_lists([np.arange(500)] * 20))
    ask("have an exact list", users, vectors=as_vectors(np.ones((50, 16), np.float32)))

"""The course: it learns, stops early on other queries, returns the best it met, and is the same for the same seed."""

import numpy as np
import pytest

from rankfold.distillation import course
from rankfold.distillation.course import agreement, learn, overlaps
from rankfold.distillation.lesson import user_lesson
from rankfold.distillation.pupils import Coded
from rankfold.distillation.terms import Terms
from rankfold.progress import silent


@pytest.fixture(scope="module")
def lesson(world):
    vectors, users, seen = world
    return user_lesson(vectors, users, unit=False, seen=seen, allow=None, sample=200, seed=0)


def run(pupil, lesson, steps=40, rate=0.03, seed=0, terms=None):
    return learn(pupil, lesson, terms or Terms(), steps=steps, rate=rate, rng=np.random.default_rng(seed), progress=silent)


def test_overlap_is_that_of_masked_lists(table, lesson):
    scores = lesson.queries @ table.decode().T
    for number, value in zip(lesson.stop, overlaps(table, lesson, lesson.stop)):
        mine = scores[number].copy()
        mine[lesson.seen.of(int(number))] = -np.inf
        both = set(np.argsort(-mine)[:10].tolist()) & set(lesson.lists.rows[number, :10].tolist())
        assert value == pytest.approx(len(both) / 10, abs=0.11)


def test_it_learns_and_the_same_seed_learns_the_same(spoilt, lesson):
    pupil = Coded(spoilt)
    first, again, other = run(pupil, lesson), run(pupil, lesson), run(pupil, lesson, seed=1)
    assert first.curve[-1][1] > first.curve[0][1] + 0.05
    assert first.curve == again.curve and all(np.array_equal(first.parameters[name], again.parameters[name]) for name in first.parameters)
    assert any(not np.array_equal(first.parameters[name], other.parameters[name]) for name in first.parameters)
    assert agreement(pupil.table(first.parameters), lesson, lesson.stop) == max(value for _, value in first.curve)


def test_it_stops_when_other_queries_gain_nothing(spoilt, lesson, monkeypatch):
    monkeypatch.setattr(course, "CHECK_EVERY", 5)
    learned = run(Coded(spoilt), lesson, steps=200, rate=1.0)
    assert learned.curve[-1][0] < 200 and learned.curve[-1][0] - learned.steps == 15
    assert dict(learned.curve)[learned.steps] == max(value for _, value in learned.curve)


def test_nothing_better_leaves_the_parameters_as_they_were(table, lesson, monkeypatch):
    monkeypatch.setattr(course, "CHECK_EVERY", 2)
    pupil = Coded(table)
    learned = run(pupil, lesson, steps=6, rate=1.0)
    assert learned.steps == 0 and learned.parameters is pupil.parameters

"""Guards of lists that were changed by hand."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.guards import list_guards, quantile
from rankfold.evaluate.measure import baseline, evaluate
from rankfold.evaluate.task import Task
from rankfold.search import Ranking, Rows
from rankfold.vectors import as_vectors

USERS = 40


class Given:
    """A searcher that returns the lists it was given."""

    def __init__(self, rows, count):
        self.rows, self.count = rows, count

    def search(self, queries, k, *, exclude=None, allow=None):
        return Ranking(self.rows[:, :k], -np.arange(self.rows[:, :k].size, dtype=np.float32).reshape(len(queries), -1))


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    vectors, users = as_vectors(rng.standard_normal((200, 8)).astype(np.float32)), rng.standard_normal((USERS, 8)).astype(np.float32)
    exact = ExactSearcher(vectors).search(users, 100).rows
    # Each user wants the first row of the exact list and one that is on no screen.
    task = Task(users, Rows.from_pairs(np.repeat(np.arange(USERS), 2), exact[:, [0, 50]].ravel(), USERS), popularity=np.ones(200))
    return vectors, task, exact


def judged(world, rows):
    vectors, task, _ = world
    before = baseline(vectors, task)
    return before, evaluate(Given(rows, vectors.count), task, baseline=before)


def test_nothing_changed(world):
    guards = list_guards(*judged(world, world[2]))
    for name in ("changed_screens", "changed_firsts", "changed_places", "lost_all"):
        assert getattr(guards, name).mean == 0 and getattr(guards, name).n == USERS
    assert guards.p95.value == guards.worst_tenth == 0


def test_planted_changes_are_counted(world):
    rows = world[2].copy()
    rows[:3, :10] = world[2][:3, 20:30]
    rows[:3, 20:30] = world[2][:3, :10]
    rows[3:8, [9, 10]] = rows[3:8, [10, 9]]
    rows[8:10, [0, 1]] = rows[8:10, [1, 0]]
    guards = list_guards(*judged(world, rows))
    assert guards.changed_screens.mean == 8 / USERS and guards.changed_firsts.mean == 5 / USERS
    assert guards.changed_places.mean == pytest.approx((3 * 10 + 5) / (10 * USERS)) and guards.lost_all.mean == 3 / USERS
    assert guards.p95.value == 1 and guards.worst_tenth == pytest.approx((3 + 0.1) / 4)
    content = guards.to_dict()
    assert content["k"] == 10 and content["lost_all"]["n"] == USERS and content["p95"]["high"] is None
    assert list_guards(*judged(world, rows), judged=False).lost_all.n == 0


def test_reports_of_other_tasks_and_depths_are_refused(world):
    before, after = judged(world, world[2])
    with pytest.raises(InputError):
        list_guards(before, after, k=101)
    other = baseline(world[0], Task(world[1].queries, Rows.from_lists([[1]] * USERS), popularity=np.ones(200)))
    with pytest.raises(InputError):
        list_guards(before, other)


def test_the_quantile_and_how_often_its_interval_holds_the_truth():
    assert quantile(np.arange(1, 101.0), 0.95).value == 95
    assert quantile(np.array([2.0]), 0.95)[:1] == (2.0,) and np.isnan(quantile(np.array([]), 0.95).value)
    rng = np.random.default_rng(1)
    drawn = [quantile(np.sort(rng.random(500)), 0.95) for _ in range(400)]
    assert 0.92 <= np.mean([one.low <= 0.95 <= one.high for one in drawn]) <= 0.99

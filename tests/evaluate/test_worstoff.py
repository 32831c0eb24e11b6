"""The worst-off users of made worlds: chance shows a loss where there is none, and the correction takes it away."""

import json

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.measure import evaluate
from rankfold.evaluate.task import Task
from rankfold.evaluate.worstoff import worst_users
from rankfold.search import Ranking, Rows

USERS, ITEMS = 600, 120


class Given:
    """A searcher that returns the lists it was given."""

    def __init__(self, rows, count=ITEMS):
        self.rows, self.count = rows, count

    def search(self, queries, k, *, exclude=None, allow=None):
        return Ranking(self.rows[:, :k], np.zeros((len(self.rows), k), np.float32))


def world(harmed, *, seed=0, wanted=6, noise=0.1):
    """Users who want the rows they like, lists by what they like, and lists where the first `harmed` users get much noise and the others a little."""
    rng = np.random.default_rng(seed)
    liking = rng.standard_normal((USERS, ITEMS))
    relevant = np.argsort(-(liking + rng.gumbel(size=liking.shape)), axis=1)[:, :wanted]
    task = Task(np.ones((USERS, 1), np.float32), Rows.from_pairs(np.repeat(np.arange(USERS), wanted), relevant.ravel(), USERS))
    size = np.where(np.arange(USERS) < harmed, 2.0, noise)[:, None]
    lists = [np.argsort(-score, axis=1)[:, :40] for score in (liking, liking + size * rng.standard_normal(liking.shape))]
    return task, *(evaluate(Given(one), task, metrics=("ndcg@10", "recall@40")) for one in lists)


def test_nothing_changed_is_no_loss():
    task, before, _ = world(0)
    found = worst_users(before, before, task)
    assert found.loss.drop == found.apparent == 0 and found.users == USERS


def test_chance_alone_looks_like_harm_and_is_corrected():
    corrected, apparent, held = [], [], 0
    for seed in range(12):
        task, before, after = world(0, seed=seed, noise=0.3)
        found = worst_users(before, after, task, seed=seed)
        overall = 1 - after.values["ndcg@10"].mean() / before.values["ndcg@10"].mean()
        corrected.append(found.loss.drop - overall)
        apparent.append(found.apparent)
        held += found.loss.low <= overall + 0.03
    assert np.mean(apparent) > 0.4 and abs(np.mean(corrected)) < 0.08 and held >= 11


def test_users_who_are_truly_hurt_are_found():
    task, before, after = world(USERS // 10, noise=0.05)
    found = worst_users(before, after, task)
    overall = 1 - after.values["ndcg@10"].mean() / before.values["ndcg@10"].mean()
    assert found.loss.low > overall and found.apparent > found.loss.drop > 0.2
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["loss"]["n"] == found.loss.n <= 2 * round(0.1 * USERS)


def test_two_wanted_rows_that_swap_places_are_neither_a_loss_nor_a_gain():
    rows = np.tile(np.arange(12), (USERS, 1))
    swapped = rows.copy()
    swapped[:, [0, 9]] = swapped[:, [9, 0]]
    task = Task(np.ones((USERS, 1), np.float32), Rows.from_lists([[0, 9]] * USERS))
    before, after = (evaluate(Given(one), task, metrics=("ndcg@10", "hit@12")) for one in (rows, np.where(np.arange(USERS)[:, None] % 2, swapped, rows)))
    found = worst_users(before, after, task)
    # Alone in the list, one of the two rows falls from place 1 to 9 and the other rises from 9 to 1: chosen by one, measured on the other.
    assert found.apparent > 0
    assert worst_users(before, before, task).loss.drop == 0


def test_users_with_one_wanted_row_cannot_be_judged():
    task = Task(np.ones((USERS, 1), np.float32), Rows.from_lists([[1]] * USERS))
    before = evaluate(Given(np.tile(np.arange(40), (USERS, 1))), task, metrics=("ndcg@10",))
    found = worst_users(before, before, task)
    assert found.users == 0 and not found.loss.is_known and found.to_dict()["apparent"] is None


def test_other_tasks_depths_and_shares_are_refused():
    task, before, after = world(0)
    for change in ({"metric": "ndcg@50"}, {"share": 0.0}):
        with pytest.raises(InputError, match="reports of this task"):
            worst_users(before, after, task, **change)
    with pytest.raises(InputError, match="reports of this task"):
        worst_users(before, after, task.sample(50))

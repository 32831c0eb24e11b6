"""Slices of a made world: planted harms are named, the others are not, and nothing is named where nothing is lost."""

import json

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.compare import compare_parts
from rankfold.evaluate.measure import evaluate
from rankfold.evaluate.slices import OTHERS, judge_slices, slices
from rankfold.evaluate.task import Task
from rankfold.search import Ranking, Rows

USERS, ITEMS, WANTED = 900, 60, 4


class Given:
    """A searcher that returns the lists it was given."""

    def __init__(self, rows, count=ITEMS):
        self.rows, self.count = rows, count

    def search(self, queries, k, *, exclude=None, allow=None):
        return Ranking(self.rows[:, :k], np.zeros((len(self.rows), k), np.float32))


@pytest.fixture(scope="module")
def world():
    """A task, and the lists of those who get the likings they have."""
    rng = np.random.default_rng(0)
    liking = rng.standard_normal((USERS, ITEMS)) + np.linspace(1.5, 0, ITEMS)
    order = np.argsort(-(liking + rng.gumbel(size=liking.shape)), axis=1)
    seen = [sorted(line[WANTED : WANTED + rng.integers(1, 20)].tolist()) for line in order]
    task = Task(
        np.ones((USERS, 1), np.float32),
        Rows.from_pairs(np.repeat(np.arange(USERS), WANTED), order[:, :WANTED].ravel(), USERS),
        Rows.from_lists(seen),
        {"new": np.arange(USERS) < 100},
        np.where(np.arange(ITEMS) < 50, 100 - np.arange(ITEMS), 0),
    )
    return task, liking, rng


def judged(task, liking):
    """The report of lists by liking, without what was seen."""
    score = liking.copy()
    score[task.seen.queries(), task.seen.values] = -np.inf
    return evaluate(Given(np.argsort(-score, axis=1)[:, :10]), task, metrics=("ndcg@10", "recall@10"))


def test_nothing_changed_names_nothing_and_counts_everything(world):
    task, liking, _ = world
    before = judged(task, liking)
    found = slices(before, before, task)
    assert {one.kind for one in found} == {"popularity", "cold items", "activity", "group"}
    assert not any(one.verdict == "loses" or one.worse for one in found) and all(one.loss.drop == 0 for one in found if one.loss.is_known)
    assert sum(one.loss.n for one in found if one.kind == "activity") == USERS
    assert next(one.loss.n for one in found if one.kind == "group") == 100


def test_a_planted_harm_of_users_comes_first_and_is_named(world):
    task, liking, rng = world
    country = np.array(["de", "fr", "it"])[np.arange(USERS) % 3]
    after = liking + np.where(country == "fr", 1.2, 0.02)[:, None] * rng.standard_normal(liking.shape)
    found = slices(judged(task, liking), judged(task, after), task, user_groups={"country": country})
    assert (found[0].kind, found[0].name, found[0].verdict, found[0].worse) == ("country", "fr", "loses", True)
    assert found[0].gap.low > 0 and found[0].adjusted >= found[0].p and found[0].hits >= 20
    others = [one for one in found if one.kind == "country" and one.name != "fr"]
    assert not any(one.worse for one in others)
    assert json.loads(json.dumps([one.to_dict() for one in found], allow_nan=False))[0]["verdict"] == "loses"


def test_a_planted_harm_of_items_is_named_and_buckets_are_those_of_compare(world):
    task, liking, _ = world
    category = np.array(["book", "film", "game"])[np.arange(ITEMS) % 3]
    after = np.where(category == "game", liking - 0.8, liking)
    old, new = judged(task, liking), judged(task, after)
    found = {(one.kind, one.name): one for one in slices(old, new, task, item_groups={"category": category}, metric="recall@10")}
    assert found["category", "game"].verdict == "loses" and found["category", "game"].worse and found["category", "game"].gap.low > 0
    assert found["category", "book"].verdict != "loses" and found["category", "book"].loss.drop < 0
    parts = compare_parts(old, new)
    for name in ("head", "mid", "tail"):
        assert found["popularity", name].loss == parts[name]["recall@10"]


def test_small_groups_are_put_together_and_the_unnamed_left_out(world):
    task, liking, _ = world
    shop = np.where(np.arange(USERS) < 600, "large", np.where(np.arange(USERS) < 700, "", np.char.add("s", (np.arange(USERS) % 50).astype(str))))
    found = {one.name: one for one in slices(judged(task, liking), judged(task, liking), task, user_groups={"shop": shop}) if one.kind == "shop"}
    assert set(found) == {"large", OTHERS} and found["large"].loss.n == 600 and found[OTHERS].loss.n == 200


def test_few_hits_get_no_verdict_and_go_last():
    few = (np.array([1.0] * 5 + [0.0] * 95), np.zeros(100))
    many = (np.ones(100), np.ones(100) - 0.1 * (np.arange(100) % 2))
    nan = (np.full(100, np.nan), np.full(100, np.nan))
    found = judge_slices([("k", "few", few, nan), ("k", "many", many, nan)], 0.0, 0.05)
    assert [one.name for one in found] == ["many", "few"]
    assert found[0].verdict == "loses" and found[1].verdict == "unclear" and np.isnan(found[1].p) and not found[1].worse


@pytest.mark.parametrize(("drop", "tolerance", "verdict"), [(0.02, 0.0, "loses"), (0.02, 0.03, "holds"), (0.0, 0.0, "holds")])
def test_verdicts_and_the_tolerance(drop, tolerance, verdict):
    rng = np.random.default_rng(0)
    before = rng.random(4_000)
    after = before * (1 - drop + 0.05 * rng.standard_normal(4_000))
    nan = np.full(4_000, np.nan)
    assert judge_slices([("k", "x", (before, after), (nan, nan))], tolerance, 0.05)[0].verdict == verdict


def test_false_alarms_of_twelve_slices_are_5_per_cent_at_most():
    rng, alarms = np.random.default_rng(5), 0
    for _ in range(120):
        before = np.where(rng.random(1_200) < 0.5, rng.random(1_200), 0)
        after = np.where(rng.random(1_200) < 0.2, rng.permutation(before), before)
        group = rng.integers(0, 12, 1_200)
        found = [
            (
                "g",
                str(one),
                tuple(np.where(group == one, v, np.nan) for v in (before, after)),
                tuple(np.where(group != one, v, np.nan) for v in (before, after)),
            )
            for one in range(12)
        ]
        alarms += any(one.verdict == "loses" for one in judge_slices(found, 0.0, 0.05))
    assert alarms <= 13


def test_bad_input_is_refused(world):
    task, liking, _ = world
    before = judged(task, liking)
    for change in ({"metric": "ndcg@20"}, {"user_groups": {"a": np.array(["x"])}}, {"item_groups": {"a": np.array(["x"])}}):
        with pytest.raises(InputError):
            slices(before, before, task, **change)
    with pytest.raises(InputError, match="reports of this task"):
        slices(before, before, task.sample(20))

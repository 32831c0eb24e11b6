import json

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.evaluate.suite import suite
from rankfold.interactions import Interactions
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 6, 400)
    centres = rng.standard_normal((6, 12))
    items = as_vectors((centres[kind] + 0.4 * rng.standard_normal((400, 12))).astype(np.float32))
    users = (centres[rng.integers(0, 6, 150)] + 0.4 * rng.standard_normal((150, 12))).astype(np.float32)
    liking = users @ items.read().T
    taken = np.argsort(-(liking / 2 + rng.gumbel(size=liking.shape)), axis=1)[:, :16]
    user, item = np.repeat(np.arange(150), 16), rng.permuted(taken, axis=1).ravel()
    rating = np.clip(np.round(3 + liking[user, item] / 4 + 0.5 * rng.standard_normal(user.size)), 1, 5).astype(np.float32)
    split = np.tile([0] * 11 + [2] * 5, 150).astype(np.int8)
    return items, users, Interactions(user, item, weight=rating, split=split), {"kind": np.array([f"k{one}" for one in kind])}


def test_everything_is_measured_where_everything_is_given(world):
    items, users, events, attributes = world
    steps = []
    exact = suite(
        compress(items, from_spec({"codec": "half"})), items, users=users, events=events, attributes=attributes, progress=lambda *step: steps.append(step)
    )
    assert not exact.missing and steps[-1] == ("suite", 6, 6)
    assert abs(exact.clicks.auc.change) < 0.002 and abs(exact.ratings.rmse.change) < 0.002 and abs(exact.gauc.drop) < 0.002
    assert exact.probes["kind"].kept > 0.99 and exact.cold.cold.mean > 0.98
    json.dumps(exact.to_dict(), allow_nan=False)
    coarse = suite(compress(items, from_spec({"codec": "sign"})), items, users=users, events=events, attributes=attributes)
    assert coarse.clicks.auc.change < exact.clicks.auc.change and coarse.gauc.drop > exact.gauc.drop
    assert coarse.cold.warm.mean < 0.9 and coarse.scenarios.overlap["item to item"].mean < 0.9
    assert coarse.cooccurrence.recall.drop > exact.cooccurrence.recall.drop


def test_what_was_not_measured_is_named(world):
    items, users, events, _ = world
    table = compress(items, from_spec({"codec": "int8"}))
    alone = suite(table, items, cold=False)
    assert set(alone.missing) == {"probes, separability", "clicks, ratings, co-occurrence"} and alone.cold is None and alone.communities is not None
    plain = Interactions(events.user, events.item, split=events.split)
    odd = {"same": np.full(400, "x")}
    found = suite(table, items, users=users, events=plain, attributes=odd, cold=False)
    assert set(found.missing) == {"ratings", "probe of same", "separability of same"} and "have no weight" in found.missing["ratings"]
    assert found.probes == {} and found.to_dict()["missing"] == found.missing


def test_the_same_seed_gives_the_same_numbers(world):
    items, users, events, attributes = world
    table = compress(items, from_spec({"codec": "int8"}))
    first, again = (suite(table, items, users=users, events=events, attributes=attributes, seed=4).to_dict() for _ in range(2))
    assert first == again


def test_events_without_users_are_refused(world):
    items, _, events, _ = world
    with pytest.raises(InputError, match="events: given without users"):
        suite(compress(items, from_spec({"codec": "half"})), items, events=events)

import json

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.evaluate import group_masks
from rankfold.interactions import Interactions
from rankfold.report.content import Sliced
from rankfold.report.schema import check_shape
from rankfold.tune.evidence import item_evidence, user_evidence
from rankfold.tune.measure import measure
from rankfold.tune.slicing import sliced
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    items = rng.standard_normal((400, 12)).astype(np.float32)
    users = rng.standard_normal((300, 12)).astype(np.float32)
    liked = np.argsort(-(users @ items.T + rng.gumbel(size=(300, 400))), axis=1)[:, :12]
    split = np.where(np.arange(12) < 6, 0, np.where(np.arange(12) < 8, 1, 2))
    events = Interactions(np.repeat(np.arange(300), 12), liked.ravel(), split=np.tile(split, 300).astype(np.int8))
    country = np.array(["de", "fr"])[np.arange(300) % 2]
    return as_vectors(items), users, events, country


def test_users_items_exposure_and_power(world):
    vectors, users, events, country = world
    evidence = user_evidence(vectors, users, events, groups=group_masks({"country": country}))
    point = measure(compress(vectors, from_spec({"codec": "sign"})), evidence, evidence.report, timed=False)
    found = sliced(point.after, evidence, item_groups={"shop": np.array(["a", "b"])[np.arange(400) % 2]})
    json.dumps(found, allow_nan=False)
    check_shape(found, Sliced, "sliced")
    names = {(one["kind"], one["name"]) for one in found["slices"]}
    assert {("country", "de"), ("country", "fr"), ("shop", "a"), ("shop", "b"), ("popularity", "head")} <= names
    assert sum(one["n"] for one in found["slices"] if one["kind"] == "country") == evidence.report.baseline.count
    assert {one["kind"] for one in found["exposure"]} == {"popularity", "shop"}
    assert found["power"]["n"] == evidence.report.baseline.count and found["worst_users"]["users"] > 100
    assert found["slices"][0]["verdict"] == "loses"


def test_without_events_the_exact_lists_are_what_is_lost(world):
    vectors, users, _, country = world
    evidence = user_evidence(vectors, users, groups=group_masks({"country": country}))
    point = measure(compress(vectors, from_spec({"codec": "half"})), evidence, evidence.report, timed=False)
    found = sliced(point.after, evidence)
    check_shape(found, Sliced, "sliced")
    assert found["metric"] == "recall@10" and found["worst_users"] is None
    assert {one["kind"] for one in found["slices"]} >= {"country", "popularity"} and not any(one["verdict"] == "loses" for one in found["slices"])


def test_rows_that_search_for_their_neighbours_have_no_popularity(world):
    evidence = item_evidence(world[0], queries=100)
    point = measure(compress(world[0], from_spec({"codec": "half"})), evidence, evidence.report, timed=False)
    found = sliced(point.after, evidence, item_groups={"shop": np.array(["a", "b"])[np.arange(400) % 2]})
    assert {one["kind"] for one in found["slices"]} == {"shop"} and {one["kind"] for one in found["exposure"]} == {"shop"}

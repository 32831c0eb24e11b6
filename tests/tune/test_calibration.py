"""A fresh calibration repairs what compression did to the old one, on users that it has not seen."""

from types import SimpleNamespace

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.evaluate.calibration import LEAST_PAIRS
from rankfold.interactions import Interactions
from rankfold.tune.calibration import BEFORE, RAW, REFIT, STALE, STORED, calibrate, measure_calibration
from rankfold.vectors import as_vectors

USERS, ITEMS, DIM = 400, 500, 16


@pytest.fixture(scope="module")
def world():
    """Users who take items with a probability that their score tells, at random times."""
    rng = np.random.default_rng(0)
    items, users = rng.standard_normal((ITEMS, DIM)).astype(np.float32), rng.standard_normal((USERS, DIM)).astype(np.float32)
    taken = rng.random((USERS, ITEMS)) < 1 / (1 + np.exp(-(users @ items.T - 6)))
    user, item = np.nonzero(taken)
    time = rng.random(user.size)
    table = compress(as_vectors(items), from_spec({"codec": "reduced", "dims": 8, "inner": {"codec": "int8"}}), norms="raw")
    return SimpleNamespace(items=as_vectors(items), users=users, table=table, events=Interactions(user, item, time, None, None, 0))


def test_a_stale_map_errs_and_a_fresh_one_does_not(world):
    done = calibrate(world.table, world.items, world.users, world.events, depth=50)
    errors = {name: error.ece for name, error in done.errors.items()}
    assert list(errors) == [RAW, BEFORE, STALE, REFIT]
    assert errors[RAW] > 10 * errors[STALE] and errors[STALE] > 2 * errors[BEFORE] and errors[REFIT] < 0.5 * errors[STALE]
    assert done.errors[STALE].ratio > 1.1 or done.errors[STALE].ratio < 0.9
    assert done.errors[REFIT].ratio == pytest.approx(1, abs=0.1)
    assert done.calibration is done.table.calibration and done.calibration.target == "clicks" and world.table.calibration is None
    again = calibrate(world.table, world.items, world.users, world.events, depth=50)
    assert np.array_equal(again.calibration.arrays["y"], done.calibration.arrays["y"])


def test_the_stored_map_is_measured_on_the_same_other_users(world):
    done = calibrate(world.table, world.items, world.users, world.events, depth=50)
    later = measure_calibration(done.table, world.items, world.users, world.events, depth=50)
    assert later.errors[STORED] == done.errors[REFIT] and later.errors[STALE] == done.errors[STALE] and later.users == done.users
    assert measure_calibration(world.table, world.items, world.users, world.events) is None
    restored = calibrate(world.table, world.items, world.users, depth=20).table
    assert measure_calibration(restored, world.items, world.users, world.events) is None


@pytest.mark.parametrize("kind", ["isotonic", "linear", "temperature"])
def test_without_events_scores_are_restored(world, kind):
    done = calibrate(world.table, world.items, world.users, kind=kind, depth=20)
    assert list(done.errors) == [RAW, REFIT] and done.calibration.target == "scores"
    assert done.errors[REFIT].rmse < done.errors[RAW].rmse
    assert done.errors[REFIT].ece < {"isotonic": 0.2, "linear": 0.5, "temperature": 1}[kind] * done.errors[RAW].ece
    assert len(done.measures()["columns"]) == len(done.measures()["lines"][RAW]) == 4


def test_groups_of_users_and_of_items(world):
    names = np.where(np.arange(USERS) % 2, "odd", "even")
    done = calibrate(world.table, world.items, world.users, world.events, user_groups=names.tolist(), depth=50)
    assert done.calibration.groups == ("all", "even", "odd") and set(done.groups) == {"even", "odd"}
    assert sum(error.n for error in done.groups.values()) == done.errors[REFIT].n and min(error.n for error in done.groups.values()) > LEAST_PAIRS
    assert set(done.measures()["lines"]) >= {"refitted, even", "refitted, odd"}
    done = calibrate(world.table, world.items, world.users, world.events, item_groups=np.arange(ITEMS) % 3, kind="linear", depth=50)
    assert done.calibration.groups == ("all", "0", "1", "2")


def test_bad_groups_and_too_few_users_are_refused(world):
    names = ["a"] * USERS
    for more in ({"user_groups": names[1:]}, {"item_groups": names}, {"user_groups": names, "item_groups": ["a"] * ITEMS}, {"user_groups": ["all"] * USERS}):
        with pytest.raises(InputError, match="groups"):
            calibrate(world.table, world.items, world.users, world.events, **more)
    with pytest.raises(InputError, match="at least 4"):
        calibrate(world.table, world.items, world.users[:3])
    nothing = Interactions(*(np.array([0, 0, 1], np.int64),) * 2, np.array([1.0, 2, 3]), None, None, 0)
    with pytest.raises(InputError, match="held-out"):
        calibrate(world.table, world.items, world.users, nothing)

import json

import numpy as np
import pytest

from rankfold.evaluate.change import change_of, mean_change


def test_known_answer():
    found = mean_change(np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0]), np.arange(3))
    # Differences 1, 0, 2: mean 1, standard deviation 1.
    reach = 1.959963984540054 / np.sqrt(3)
    assert (found.before, found.after, found.change, found.n) == (2, 3, 1, 3)
    assert (found.low, found.high) == pytest.approx((1 - reach, 1 + reach))


def test_observations_of_one_user_count_together():
    rng = np.random.default_rng(0)
    user, jump = np.repeat(np.arange(50), 30), np.repeat(rng.standard_normal(50), 30)
    alone, together = (mean_change(np.zeros(1500), jump, unit) for unit in (np.arange(1500), user))
    assert together.n == 50 and (together.high - together.low) / (alone.high - alone.low) == pytest.approx(np.sqrt(30), rel=0.03)


def test_intervals_cover_the_truth_with_users_of_unequal_weight():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        size = rng.integers(1, 20, 80)
        user = np.repeat(np.arange(80), size)
        shift = 0.3 + rng.standard_normal(80)
        found = mean_change(np.zeros(user.size), shift[user] + rng.standard_normal(user.size), user)
        covered += found.low <= 0.3 <= found.high
    assert 0.91 <= covered / 400 <= 0.98


def test_one_user_has_no_interval_and_json_says_none():
    found = change_of(1.0, 2.0, np.array([0.1, 0.2]), np.array([4, 4]))
    assert np.isnan(found.low) and json.loads(json.dumps(found.to_dict(), allow_nan=False))["low"] is None

import json

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.compare import losses
from rankfold.evaluate.noninferiority import noninferior, shown_margin


def users(n, lost, *, seed=0):
    """Per-query values, and the same with a share of users who lose all."""
    rng = np.random.default_rng(seed)
    before = rng.random(n) * (rng.random(n) < 0.6)
    return before, np.where(rng.random(n) < lost, 0.0, before)


@pytest.mark.parametrize(("lost", "state"), [(0.0, "pass"), (0.001, "pass"), (0.03, "fail"), (0.01, "inconclusive")])
def test_states(lost, state):
    found = noninferior(*users(20_000, lost), 0.01)
    assert found.state == state and (found.reason == "") == (state != "inconclusive")
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["state"] == state


def test_the_smallest_margin_is_where_the_verdict_turns():
    before, after = users(3_000, 0.02, seed=1)
    loss = losses({"x": before}, {"x": after})["x"]
    assert loss.high <= loss.shown == shown_margin(before, after) < 1.3 * loss.high
    assert noninferior(before, after, loss.shown + 1e-9).state == "pass"
    assert noninferior(before, after, loss.shown - 1e-6).state == "inconclusive"
    assert noninferior(before, after, loss.low - 1e-6).state == "fail"


def test_a_large_gain_is_no_harm_and_not_equivalent():
    before, _ = users(2_000, 0.0)
    gained = noninferior(before, 1.2 * before, 0.05)
    assert gained.state == "pass" and not gained.equivalent and noninferior(before, before, 0.05).equivalent


def test_too_few_hits_to_meet_a_rare_loss_do_not_pass():
    before, _ = users(100, 0.0)
    found = noninferior(before, before, 0.01)
    assert found.state == "inconclusive" and "369 or more" in found.reason
    assert noninferior(before, before, 0.2).state == "pass"


def test_the_smallest_margin_is_nan_where_nothing_is_shown():
    nobody = np.zeros(9)
    assert all(np.isnan(shown_margin(one, one)) for one in (nobody, np.ones(1), np.eye(1, 50)[0]))
    assert shown_margin(np.ones(1_000), np.ones(1_000)) == pytest.approx(-np.log(0.025) / 1_000, rel=1e-6)


@pytest.mark.parametrize(("n", "lost"), [(200, 0.05), (500, 0.02), (1_000, 0.02)])
def test_a_loss_that_falls_on_few_users_seldom_passes_at_the_margin(n, lost):
    rng, passed, plain = np.random.default_rng(1), 0, 0
    for _ in range(300):
        before = np.where(rng.random(n) < 0.5, 1 / np.log2(1 + rng.integers(1, 10, n)), 0)
        after = np.where(rng.random(n) < lost, 0.0, before)
        passed += noninferior(before, after, lost).state == "pass"
        plain += losses({"x": before}, {"x": after})["x"].high <= lost
    assert passed / 300 <= 0.05 < plain / 300


@pytest.mark.parametrize("before", [[0.0] * 9, [1.0], [np.nan] * 5])
def test_no_baseline_is_never_a_pass(before):
    found = noninferior(np.array(before), np.array(before), 0.5)
    assert found.state == "inconclusive" and np.isnan(found.p_pass) and found.to_dict()["drop"] is None


def test_exactly_the_margin_passes_rarely():
    rng = np.random.default_rng(4)
    passed = 0
    for _ in range(400):
        before = np.where(rng.random(1_500) < 0.6, rng.beta(2, 2, 1_500), 0)
        passed += noninferior(before, before * np.where(rng.random(1_500) < 0.1, 0.5, 1.0), 0.05).state == "pass"
    assert passed / 400 <= 0.05


@pytest.mark.parametrize("change", [{"margin": 0.0}, {"margin": 1.0}, {"margin": 0.1, "alpha": 0.7}])
def test_shares_outside_are_refused(change):
    with pytest.raises(InputError, match="margin, alpha"):
        noninferior(np.ones(4), np.ones(4), **change)
    with pytest.raises(InputError, match="expected the same"):
        noninferior(np.ones(4), np.ones(5), 0.1)

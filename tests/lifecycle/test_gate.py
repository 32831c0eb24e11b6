"""Verdicts on whole reports: never a pass on what is missing, stale, or about something else."""

import copy
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.compare import losses
from rankfold.lifecycle.gate import as_time, decide, judge_report, judge_section
from rankfold.lifecycle.policy import DEFAULT, Policy
from rankfold.lifecycle.rules import Rule
from rankfold.tune.measure import _quality

NOW = datetime(2025, 6, 11, tzinfo=UTC)
ARTIFACT = "0" * 32


def test_good_evidence_passes(report):
    found = judge_report(DEFAULT, report, artifact=ARTIFACT, now=NOW)
    assert found.state == "pass" and {rule.state for rule in found.rules} == {"pass"}
    assert found.to_dict()["rules"][0] == {"rule": "artifact", "state": "pass", "why": f"the evidence is about {ARTIFACT}"}


@pytest.mark.parametrize(
    ("change", "artifact", "reason"),
    [
        ({}, "1" * 32, "stale"),
        ({"provenance": None}, ARTIFACT, "does not say which artifact"),
        ({"provenance": {"artifact": None}}, ARTIFACT, "does not say which artifact"),
        ({}, None, "no artifact was given"),
        ({"policy": {"days": 5}}, ARTIFACT, "measured 9.5 days ago; the policy allows 5: stale"),
        ({"policy": {"days": 50}, "provenance": {"measured_at": "2025-07-01"}}, ARTIFACT, "stale"),
        ({"policy": {"days": 50}, "now": None}, ARTIFACT, "no time was given"),
        ({"policy": {"task": "cd" * 6}}, ARTIFACT, "the policy asks for cdcdcdcdcdcd"),
        ({"policy": {"users": 4_001}}, ARTIFACT, "the policy asks for 4,001"),
    ],
)
def test_evidence_about_something_else_or_too_old_is_inconclusive(report, change, artifact, reason):
    section = report["sections"][0]
    if change.get("provenance", {}) is None:
        del section["provenance"]
    else:
        section["provenance"].update(change.get("provenance", {}))
    policy = replace(DEFAULT, artifact=True, **change.get("policy", {}))
    found = judge_report(policy, report, artifact=artifact, now=change.get("now", NOW))
    assert found.state == "inconclusive" and reason in found.why


def test_recent_evidence_of_the_agreed_task_passes(report):
    policy = replace(DEFAULT, artifact=True, days=10, task="ab" * 8, users=4_000)
    assert judge_report(policy, report, artifact=ARTIFACT, now=NOW).state == "pass"


def test_a_shown_harm_fails_even_beside_missing_evidence(report):
    section = report["sections"][0]
    section["points"][0]["buckets"]["mid"] = {"kept": 0.08, "low": 0.05, "high": 0.12, "n": 300}
    del section["sliced"]
    found = judge_report(DEFAULT, report, artifact=ARTIFACT, now=NOW)
    assert found.state == "fail" and "mid items lose" in found.why and "The mean over all items hides it" in found.why


@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "0.1"])
def test_evidence_that_is_no_number_is_refused(report, value):
    report["sections"][0]["points"][0]["quality"]["high"] = value
    with pytest.raises(InputError, match="quality.high"):
        judge_report(DEFAULT, report)


def test_what_is_no_report_is_refused():
    for text in ({}, [], None, {"sections": []}):
        with pytest.raises(InputError):
            judge_report(DEFAULT, text)


def test_a_report_that_chose_nothing_is_inconclusive(section):
    section["points"].append({**section["points"][0], "codec": "int8"})
    assert "chose none" in judge_section(DEFAULT, section).why
    assert judge_section(DEFAULT, {**section, "choice": {"codec": "int8", "why": ""}}).state == "pass"


def test_all_sections_must_pass_or_those_about_the_artifact(report):
    bad = copy.deepcopy(report["sections"][0])
    bad["name"], bad["provenance"]["artifact"] = "other", "1" * 32
    bad["points"][0]["quality"] |= {"drop": 0.3, "low": 0.2, "high": 0.4}
    report["sections"].append(bad)
    found = judge_report(DEFAULT, report)
    assert found.state == "fail" and [rule.rule for rule in found.rules if rule.state == "fail"] == ["other: quality ndcg@10"]
    assert judge_report(DEFAULT, report, artifact=ARTIFACT).state == "pass" and judge_report(DEFAULT, report, artifact="1" * 32).state == "fail"


def test_no_rule_is_no_pass():
    assert decide([]).state == "inconclusive"
    assert decide([Rule("a", "pass", "x"), Rule("b", "inconclusive", "y")]).state == "inconclusive"
    assert decide([Rule("a", "fail", "x"), Rule("b", "inconclusive", "y")]).why == "x"


@given(missing=st.lists(st.sampled_from(["provenance", "sliced", "points.quality", "points.buckets", "points.losses"]), min_size=1, unique=True))
@settings(max_examples=30, deadline=None)
def test_taking_evidence_away_never_makes_a_pass(whole, missing):
    section = copy.deepcopy(whole)
    policy = replace(DEFAULT, artifact=True, quality={"ndcg@10": 0.01, "recall@100": 0.01})
    for name in missing:
        if name in ("provenance", "sliced"):
            del section[name]
        else:
            section["points"][0][name.split(".")[1]] = {} if name.endswith("losses") else None
    assert judge_section(policy, section, artifact=ARTIFACT, now=NOW).state == "inconclusive"


@pytest.mark.parametrize(("share", "state"), [(0.0, "pass"), (0.03, "fail")])
def test_a_seeded_loss_of_3_per_cent_fails_and_identity_passes(section, share, state):
    rng = np.random.default_rng(0)
    before = rng.random(6_000) * (rng.random(6_000) < 0.6)
    after = np.where(rng.random(6_000) < share, 0, before)
    section["points"][0]["quality"] = _quality(losses({"ndcg@10": before}, {"ndcg@10": after})["ndcg@10"])
    assert judge_section(DEFAULT, section).state == state
    assert judge_section(Policy.within("ndcg@10", 0.01), section).state == state


def test_a_bucket_that_collapses_behind_a_good_mean_fails(section):
    """As PCA to half the dimensions does: 95 % of quality, 6 % of what middling items had."""
    rng = np.random.default_rng(0)
    mid = rng.random(2_000) * (rng.random(2_000) < 0.3)
    loss = losses({"mid": mid}, {"mid": mid * (rng.random(2_000) < 0.06)})["mid"]
    section["points"][0]["buckets"]["mid"] = {"kept": 1 - loss.drop, "low": 1 - loss.high, "high": 1 - loss.low, "n": loss.n}
    for policy in (DEFAULT, Policy.within("ndcg@10", 0.01)):
        found = judge_section(policy, section)
        assert found.state == "fail" and "mid items lose" in found.why


def test_moments():
    assert as_time("2025-06-01") == datetime(2025, 6, 1, tzinfo=UTC) == as_time("2025-06-01T02:00:00+02:00")
    with pytest.raises(InputError, match="expected a moment"):
        as_time("yesterday")

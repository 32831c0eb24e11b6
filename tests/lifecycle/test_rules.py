"""Each rule: good evidence passes, shown harm fails, and what is missing or too wide does neither."""

import pytest

from rankfold.lifecycle.policy import Policy
from rankfold.lifecycle.rules import quality_rule, rules_of


def judged(policy, section):
    return {rule.rule: rule.state for rule in rules_of(policy, section, section["points"][0])}


def set_at(section, path, value):
    *keys, last = path
    for key in keys:
        section = section[key]
    if value is KeyError:
        del section[last]
    else:
        section[last] = value


POINT = ("points", 0)
CASES = [
    (Policy(quality={"ndcg@10": 0.01}), "quality ndcg@10", None, None, "pass"),
    (Policy(quality={"ndcg@10": 0.0041}), "quality ndcg@10", None, None, "inconclusive"),
    (Policy(quality={"ndcg@10": 0.001}), "quality ndcg@10", None, None, "inconclusive"),
    (Policy(quality={"ndcg@10": 0.01}), "quality ndcg@10", (*POINT, "quality"), None, "inconclusive"),
    (Policy(quality={"ndcg@10": 0.01}), "quality ndcg@10", (*POINT, "quality", "low"), 0.02, "fail"),
    (Policy(quality={"ndcg@10": 0.01}), "quality ndcg@10", (*POINT, "quality", "reason"), "too few", "inconclusive"),
    (Policy(quality={"ndcg@10": 0.01}), "quality ndcg@10", (*POINT, "quality", "shown"), None, "inconclusive"),
    (Policy(quality={"recall@100": 0.01}), "quality recall@100", None, None, "pass"),
    (Policy(quality={"recall@20": 0.01}), "quality recall@20", None, None, "inconclusive"),
    (Policy(fidelity={"overlap@10": 0.9}), "fidelity overlap@10", None, None, "pass"),
    (Policy(fidelity={"overlap@10": 0.95}), "fidelity overlap@10", None, None, "inconclusive"),
    (Policy(fidelity={"overlap@10": 0.97}), "fidelity overlap@10", None, None, "fail"),
    (Policy(fidelity={"overlap@100": 0.1}), "fidelity overlap@100", None, None, "inconclusive"),
    (Policy(buckets={"tail": 0.05}), "bucket tail", None, None, "pass"),
    (Policy(buckets={"tail": 0.02}), "bucket tail", None, None, "pass"),
    (Policy(buckets={"tail": 0.02}, prove_buckets="safety"), "bucket tail", None, None, "inconclusive"),
    (Policy(buckets={"tail": 0.05}), "bucket tail", (*POINT, "buckets", "tail", "high"), 0.9, "fail"),
    (Policy(buckets={"tail": 0.05}), "bucket tail", (*POINT, "buckets"), None, "inconclusive"),
    (Policy(buckets={"tail": 0.05}), "bucket tail", (*POINT, "buckets", "tail"), KeyError, "inconclusive"),
    (Policy(slices=0.01), "slices", None, None, "pass"),
    (Policy(slices=0.01), "slices", ("sliced",), KeyError, "inconclusive"),
    (Policy(slices=0.01), "slices", ("sliced", "slices"), [], "inconclusive"),
    (Policy(kinds=("age",), slices=0.01), "slices", None, None, "pass"),
    (Policy(gap=0.02), "gap", None, None, "pass"),
    (Policy(exposure=0.05), "exposure", None, None, "pass"),
    (Policy(exposure=0.05), "exposure", ("sliced", "exposure"), [], "inconclusive"),
    (Policy(calibration=2.0), "calibration", None, None, "pass"),
    (Policy(calibration=2.0), "calibration", ("calibration", "stored"), 0.02, "fail"),
    (Policy(calibration=2.0, need_calibration=True), "calibration", ("calibration",), KeyError, "inconclusive"),
    (Policy(lists={"changed_screens": 0.3}), "lists changed_screens", None, None, "pass"),
    (Policy(lists={"changed_screens": 0.2}), "lists changed_screens", None, None, "inconclusive"),
    (Policy(lists={"changed_screens": 0.1}), "lists changed_screens", None, None, "fail"),
    (Policy(lists={"lost_all": 0.1}), "lists lost_all", None, None, "inconclusive"),
    (Policy(lists={"p95": 0.1}), "lists p95", ("guards",), KeyError, "inconclusive"),
    (Policy(worst_users=0.1), "lists worst_users", None, None, "pass"),
    (Policy(worst_users=0.01), "lists worst_users", None, None, "inconclusive"),
    (Policy(worst_users=0.01), "lists worst_users", ("sliced", "worst_users", "low"), 0.015, "fail"),
    (Policy(worst_users=0.1), "lists worst_users", ("sliced", "worst_users", "high"), None, "inconclusive"),
    (Policy(row_bytes=48), "row_bytes", None, None, "pass"),
    (Policy(row_bytes=47), "row_bytes", None, None, "fail"),
    (Policy(total_bytes=48_000), "total_bytes", None, None, "pass"),
    (Policy(total_bytes=47_999), "total_bytes", None, None, "fail"),
    (Policy(scan_ms=2), "scan_ms", None, None, "pass"),
    (Policy(scan_ms=1), "scan_ms", None, None, "fail"),
    (Policy(scan_ms=2), "scan_ms", (*POINT, "scan_ms"), None, "inconclusive"),
]


@pytest.mark.parametrize(("policy", "name", "path", "value", "state"), CASES)
def test_states(section, policy, name, path, value, state):
    if path is not None:
        set_at(section, path, value)
    states = [rule.state for rule in rules_of(policy, section, section["points"][0]) if rule.rule == name]
    assert states[-1] == state


def test_what_is_not_asked_is_not_judged(section):
    assert judged(Policy(), section) == {}
    assert judged(Policy(buckets={"tail": 0.05}, need_buckets=False), {**section, "points": [{**section["points"][0], "buckets": None}]}) == {}
    del section["calibration"]
    assert judged(Policy(calibration=2.0), section) == {}


def test_kinds_that_were_not_measured_hold_up(section):
    found = list(rules_of(Policy(slices=0.01, kinds=("age", "country")), section, section["points"][0]))
    assert [rule.state for rule in found] == ["inconclusive", "pass"] and "by age" in found[0].why and "country" not in found[0].why


def test_shown_harms_of_slices_gaps_and_exposure_fail_by_name(section):
    one, moved = section["sliced"]["slices"][0], section["sliced"]["exposure"][0]
    one |= {"adjusted": 0.001, "low": 0.06, "drop": 0.08, "high": 0.1, "worse": True, "gap": {"gap": 0.07, "low": 0.05, "high": 0.09, "p": 0.0}}
    moved |= {"verdict": "loses", "change": -0.3, "low": -0.4, "high": -0.2}
    found = {rule.rule: rule for rule in rules_of(Policy(slices=0.05, gap=0.04, exposure=0.1), section, section["points"][0])}
    assert {rule.state for rule in found.values()} == {"fail"}
    assert (
        "country de loses 8 % (6 to 10)" in found["slices"].why and "7 % (5 to 9) more than the rest" in found["gap"].why and "shop a" in found["exposure"].why
    )
    # Not shown once all slices are counted, or below the margin: no failure.
    one["adjusted"], one["worse"] = 0.06, False
    assert judged(Policy(slices=0.05, gap=0.04), section) == {"slices": "pass", "gap": "pass"}
    one |= {"adjusted": None, "low": None}
    assert judged(Policy(slices=0.05), section) == {"slices": "pass"}


def test_a_small_loss_of_few_hits_says_what_is_missing(section):
    found = quality_rule("ndcg@10", 0.0041, section, section["points"][0])
    assert "0.42 %" in found.why and "Measure more users" in found.why

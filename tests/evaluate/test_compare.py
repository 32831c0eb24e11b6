import json
from dataclasses import replace

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.compare import Loss, compare, compare_parts, losses
from rankfold.evaluate.report import BucketReport, Report
from rankfold.search.ranking import Ranking


def report(values, *, task="abc", groups=None, buckets=None):
    n = len(next(iter(values.values())))
    ranking = Ranking(np.zeros((n, 1), np.int64), np.zeros((n, 1), np.float32))
    return Report(task, np.arange(n), 0, {name: np.asarray(one, float) for name, one in values.items()}, {}, groups or {}, buckets or {}, ranking)


def test_the_drop_is_relative_and_a_gain_is_negative():
    before = report({"ndcg@10": [0.5, 1.0, 0.3, 0.2] * 10, "hit@10": [1, 0, 0, 1] * 10})
    after = report({"ndcg@10": [0.5, 0.9, 0.3, 0.1] * 10, "hit@10": [1, 0, 1, 1] * 10})
    found = compare(before, after)
    assert list(found) == ["ndcg@10", "hit@10"]
    assert found["ndcg@10"].drop == pytest.approx(0.1) and found["hit@10"].drop == pytest.approx(-0.5)
    for loss in found.values():
        assert loss.low < loss.drop < loss.high and loss.n == 40 and loss.is_known and loss.reason == ""


def test_no_change_is_no_loss_with_no_width():
    same = report({"ndcg@10": np.random.default_rng(0).random(60)})
    assert compare(same, same)["ndcg@10"] == Loss(same.values["ndcg@10"].mean(), same.values["ndcg@10"].mean(), 0.0, 0.0, 0.0, 60)


def test_pairing_makes_the_interval_narrow():
    rng = np.random.default_rng(0)
    value = rng.random(500)
    before = report({"ndcg@10": value})
    paired = compare(before, report({"ndcg@10": 0.98 * value}))["ndcg@10"]
    shuffled = compare(before, report({"ndcg@10": 0.98 * rng.permutation(value)}))["ndcg@10"]
    assert paired.high - paired.low < 1e-9 < 0.05 < shuffled.high - shuffled.low


@pytest.mark.parametrize("method", ["fieller", "bootstrap"])
def test_intervals_hold_the_truth_about_as_often_as_they_say(method):
    rng = np.random.default_rng(3)
    held = 0
    for trial in range(200):
        before = rng.beta(1, 2, 150)
        after = before * rng.choice([1.0, 0.5], 150, p=[0.8, 0.2])
        loss = losses({"x": before}, {"x": after}, method=method, draws=400, seed=trial)["x"]
        held += loss.low <= 0.1 <= loss.high
    assert 0.90 <= held / 200 <= 0.99


def test_same_seed_same_interval():
    rng = np.random.default_rng(0)
    before, after = report({"m": rng.random(30)}), report({"m": rng.random(30)})
    first, again, other = (compare(before, after, method="bootstrap", seed=seed) for seed in (1, 1, 2))
    assert first == again != other and compare(before, after, seed=1) == compare(before, after, seed=2)


def test_both_methods_agree_where_there_are_many_queries():
    rng = np.random.default_rng(1)
    before = np.where(rng.random(8_000) < 0.4, rng.random(8_000), 0)
    after = before * rng.choice([1.0, 0.7, 1.1], 8_000)
    exact, drawn = (losses({"x": before}, {"x": after}, method=method)["x"] for method in ("fieller", "bootstrap"))
    assert (exact.low, exact.high) == pytest.approx((drawn.low, drawn.high), abs=0.05 * (exact.high - exact.low))


def test_no_more_than_all_can_be_lost():
    loss = compare(report({"m": [1, 0, 1, 0, 1]}), report({"m": [0, 0, 0, 0, 0.2]}))["m"]
    assert loss.high == 1.0 or np.isnan(loss.high)


def test_a_baseline_of_zero_has_no_percentage():
    loss = compare(report({"hit@1": [0, 0, 0]}), report({"hit@1": [0, 1, 0]}))["hit@1"]
    assert np.isnan([loss.drop, loss.low, loss.high]).all() and not loss.is_known and "baseline is 0" in loss.reason
    assert loss.after == pytest.approx(1 / 3)
    assert json.loads(json.dumps(loss.to_dict(), allow_nan=False))["drop"] is None


def test_too_few_hits_have_no_interval():
    loss = compare(report({"hit@1": [1] + [0] * 49}), report({"hit@1": [1] + [0] * 49}))["hit@1"]
    assert loss.drop == 0.0 and np.isnan([loss.low, loss.high]).all() and "too few" in loss.reason and not loss.is_known
    assert "one query" in compare(report({"hit@1": [1]}), report({"hit@1": [1]}))["hit@1"].reason


def test_parts_are_buckets_and_groups_each_over_its_own_queries():
    old = {"tail": BucketReport(5, 0.2, {"recall@2": np.array([1.0, np.nan] * 20)}), "head": BucketReport(5, 0.5, {"recall@2": np.ones(40)})}
    new = {name: replace(bucket, values={"recall@2": bucket.values["recall@2"] / 2}) for name, bucket in old.items()}
    groups = {"new": np.arange(40) < 10, "nobody": np.zeros(40, bool)}
    before, after = report({"recall@2": np.ones(40)}, groups=groups, buckets=old), report({"recall@2": [0.0] * 5 + [1.0] * 35}, groups=groups, buckets=new)
    parts = compare_parts(before, after)
    assert list(parts) == ["tail", "head", "group: new", "group: nobody"]
    assert (parts["tail"]["recall@2"].drop, parts["tail"]["recall@2"].n, parts["head"]["recall@2"].n) == (0.5, 20, 40)
    assert (parts["group: new"]["recall@2"].drop, parts["group: new"]["recall@2"].n) == (0.5, 10)
    assert parts["group: nobody"]["recall@2"].n == 0 and parts["group: nobody"]["recall@2"].reason == "no query to judge"


@pytest.mark.parametrize("before", [None, {"ndcg@10": 0.3}])
def test_percentages_without_a_baseline_are_refused(before):
    with pytest.raises(InputError, match="A loss needs a baseline"):
        compare(before, report({"m": [1, 0]}))


def test_reports_that_do_not_belong_together_are_refused():
    with pytest.raises(InputError, match="another task"):
        compare(report({"m": [1, 0]}), report({"m": [1, 0]}, task="xyz"))
    with pytest.raises(InputError, match="after: has b; expected a metric that before has too: a"):
        compare(report({"a": [1, 0]}), report({"b": [1, 0]}))
    with pytest.raises(InputError, match="expected at least 1 each"):
        compare(report({"m": [1, 0]}), report({"m": [1, 0]}), method="bootstrap", draws=0)
    with pytest.raises(InputError, match="method: got 'jackknife'"):
        compare(report({"m": [1, 0]}), report({"m": [1, 0]}), method="jackknife")

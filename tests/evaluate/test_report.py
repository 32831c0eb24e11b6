import json

import numpy as np
import pytest

from rankfold.evaluate.fidelity import Fidelity
from rankfold.evaluate.report import BucketReport, Finding, Report
from rankfold.search.ranking import Ranking


def report(**changes):
    fields = {
        "task": "abc",
        "queries": np.array([0, 2, 3]),
        "left_out": 1,
        "values": {"recall@2": np.array([0.5, 1.0, 0.0])},
        "coverage": {"coverage@2": 1 / 3},
        "groups": {"new": np.array([True, False, True]), "none": np.zeros(3, bool)},
        "buckets": {"head": BucketReport(2, 0.5, {"recall@2": np.array([1.0, np.nan, 0.0]), "exposure@2": np.array([1.0, 1.0, 0.5])})},
        "ranking": Ranking(np.zeros((3, 2), np.int64), np.zeros((3, 2), np.float32)),
    }
    return Report(**{**fields, **changes})


def test_means_are_made_from_the_values():
    one = report()
    assert one.count == 3 and one.means()["recall@2"].mean == 0.5 and one.means()["recall@2"].n == 3
    assert one.group_means()["new"]["recall@2"].mean == 0.25 and one.group_means()["none"]["recall@2"].n == 0
    assert one.buckets["head"].means()["recall@2"].n == 2 and one.buckets["head"].means()["exposure@2"].mean == pytest.approx(2.5 / 3)


def test_json_holds_finite_numbers_with_n_and_keeps_quality_and_fidelity_apart():
    agreement = Fidelity({"overlap@2": np.array([1.0, 0.5, 0.5])})
    out = report(fidelity=agreement, findings=(Finding("weak-teacher", "Beware."),), popularity=report()).to_dict()
    text = json.dumps(out, allow_nan=False)
    assert json.loads(text) == out
    assert out["quality"]["recall@2"]["n"] == 3 and "overlap@2" not in out["quality"]
    assert out["fidelity"]["overlap@2"]["mean"] == 0.666667 and "recall@2" not in out["fidelity"]
    assert out["groups"]["none"]["recall@2"] == {"mean": None, "low": None, "high": None, "n": 0}
    assert out["buckets"]["head"]["rows"] == 2 and out["buckets"]["head"]["share"] == 0.5 and out["buckets"]["head"]["recall@2"]["n"] == 2
    assert out["coverage"] == {"coverage@2": 0.333333} and out["queries"] == 3 and out["left_out"] == 1
    assert out["popularity"]["recall@2"]["mean"] == 0.5 and out["findings"] == [{"code": "weak-teacher", "text": "Beware."}]


def test_what_was_not_measured_is_none():
    out = report().to_dict()
    assert out["fidelity"] is None and out["popularity"] is None and out["findings"] == []

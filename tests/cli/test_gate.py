"""Sections as evidence, and decisions as errors. What passes is said in tests/lifecycle."""

from pathlib import Path

import numpy as np
import pytest

from rankfold.cli.exits import GateFailed
from rankfold.cli.gate import about_artifact, as_evidence, require, said
from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.evaluate import CalibrationError
from rankfold.lifecycle import Decision, Policy, judge_section
from rankfold.report.content import Section
from rankfold.report.schema import check_shape
from rankfold.tune.calibration import BEFORE, STORED
from rankfold.tune.evidence import item_evidence
from rankfold.tune.measure import measure
from rankfold.vectors import as_vectors


def test_a_pass_lets_go_on_and_the_others_do_not():
    require(Decision("pass", "all hold", ()), "Nothing was published.")
    for state in ("fail", "inconclusive"):
        with pytest.raises(GateFailed, match=f"gate {state}: ndcg drops. Nothing was published."):
            require(Decision(state, "ndcg drops", ()), "Nothing was published.")
    assert said(Decision("fail", "why", ())) == "gate fail: why."


@pytest.fixture
def measured(section):
    vectors = as_vectors(np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32))
    evidence = item_evidence(vectors, queries=100)
    return section, measure(compress(vectors, get("half")()), evidence, evidence.report, timed=False), evidence


def test_a_section_becomes_evidence(measured):
    section, point, evidence = measured
    errors = {name: CalibrationError(ece, 0.0004, 0.1, 0.8, 0.1, 1.0, 1_000) for name, ece in ((BEFORE, 0.0004), (STORED, 0.003))}
    mean = {"mean": 0.1, "low": 0.05, "high": 0.2, "n": 9}
    guards = dict.fromkeys(("changed_screens", "changed_firsts", "changed_places"), mean) | {"lost_all": {**mean, "low": None}}
    found = as_evidence(section, point, evidence, guards={**guards, "p95": {"value": 0.2, "low": 0.1, "high": 0.3, "n": 9}}, calibration=errors)
    assert "sliced" not in section and found["calibration"] == {"before": 0.0004, "stored": 0.003, "by_chance": 0.0004}
    assert found["guards"]["lost_all"] is None and found["guards"]["p95"] == {"mean": 0.2, "low": 0.1, "high": 0.3}
    assert found["provenance"]["task"] == evidence.report.baseline.task and found["provenance"]["artifact"] is None
    named = about_artifact(found, Path("store") / ("0" * 32))
    assert named["provenance"]["artifact"] == "0" * 32 and found["provenance"]["artifact"] is None
    check_shape(named, Section, "section")
    assert judge_section(Policy(calibration=2.0), found).state == "fail" and "rankfold calibrate" in judge_section(Policy(calibration=2.0), found).why
    assert "provenance" not in about_artifact(section, Path("x"))


def test_half_a_calibration_is_none(measured):
    section, point, evidence = measured
    assert "calibration" not in as_evidence(section, point, evidence, calibration={}) and "guards" not in as_evidence(section, point, evidence)

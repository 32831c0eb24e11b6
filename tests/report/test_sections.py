"""A section made from measured points is a valid section, with the evidence's findings."""

import numpy as np

from rankfold.codecs import from_spec
from rankfold.evaluate.compare import Loss
from rankfold.report import check
from rankfold.report.sections import bucket_findings, section
from rankfold.tune.choose import choose
from rankfold.tune.evidence import item_evidence
from rankfold.tune.measure import Point
from rankfold.vectors import as_vectors


def test_a_section_from_points_passes_the_report_check():
    vectors = as_vectors(np.random.default_rng(0).standard_normal((400, 12)).astype(np.float32))
    evidence = item_evidence(vectors, queries=40)
    choice = choose(vectors, [from_spec({"codec": "int8"}), from_spec({"codec": "scalar", "bits": 2})], evidence)
    made = section("gaussian", "made", rows=400, dim=12, evidence=evidence, points=choice.points, choice=choice, notes=["a note"])
    check({"title": "t", "made_with": {"seed": 0}, "sections": [made], "reproduce": ["make demo"]})
    assert made["choice"]["codec"] == "int8" and made["metric"] == "overlap@100" and made["baseline"] == {}
    assert [finding["text"] for finding in made["findings"]][-1] == "a note" and len(made["findings"]) == 2


def test_a_bucket_that_collapsed_is_a_warning_and_others_are_not():
    losses = {"head": Loss(1, 1, 0.01, 0.0, 0.02, 9), "mid": Loss(1, 0.9, 0.1, 0.05, 0.15, 900), "tail": Loss(1, 0.5, float("nan"), 0, 0, 1)}
    point = Point(from_spec({"codec": "half"}), 1, 1.0, {}, "ndcg@10", None, {}, {}, losses, 0.0, 0.0, None)
    found = bucket_findings(point)
    assert len(found) == 1 and found[0]["level"] == "warning" and "mid items keep 90.0%" in found[0]["text"] and "900" in found[0]["text"]

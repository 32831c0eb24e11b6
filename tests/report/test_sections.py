"""A section made from measured points is a valid section, with the evidence's findings."""

import numpy as np

from rankfold.codecs import from_spec
from rankfold.report import check
from rankfold.report.sections import section
from rankfold.tune.choose import choose
from rankfold.tune.evidence import item_evidence
from rankfold.vectors import as_vectors


def test_a_section_from_points_passes_the_report_check():
    vectors = as_vectors(np.random.default_rng(0).standard_normal((400, 12)).astype(np.float32))
    evidence = item_evidence(vectors, queries=40)
    choice = choose(vectors, [from_spec({"codec": "int8"}), from_spec({"codec": "scalar", "bits": 2})], evidence)
    made = section("gaussian", "made", rows=400, dim=12, evidence=evidence, points=choice.points, choice=choice, notes=["a note"])
    check({"title": "t", "made_with": {"seed": 0}, "sections": [made], "reproduce": ["make demo"]})
    assert made["choice"]["codec"] == "int8" and made["metric"] == "overlap@100" and made["baseline"] == {}
    assert [finding["text"] for finding in made["findings"]][-1] == "a note" and len(made["findings"]) == 2

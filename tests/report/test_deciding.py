"""The report of a decision in Python says what the decision says."""

import json

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.report import card_of, check, report_of, write_report
from rankfold.tune.decide import decide
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def decision():
    rng = np.random.default_rng(0)
    items, users = rng.standard_normal((300, 8)).astype(np.float32), rng.standard_normal((60, 8)).astype(np.float32)
    return decide(as_vectors(items), users, row_bytes=3)


def test_a_decision_becomes_a_report_and_a_card(decision, tmp_path):
    kind = np.array(["book", "film", "game"])[np.arange(300) % 3]
    report = report_of(decision, "shop", item_groups={"kind": kind}, artifact=tmp_path / "abc", reproduce=["python make.py"])
    check(report)
    made = report["sections"][0]
    assert made["choice"]["codec"] == decision.best.name and made["provenance"]["artifact"] == "abc" and made["provenance"]["queries"] == 30
    assert {one["kind"] for one in made["sliced"]["exposure"]} >= {"kind"}
    page = write_report(report, tmp_path / "shop.html").read_text()
    assert json.loads((tmp_path / "shop.json").read_text()) == report and "How it was chosen" in page and "kind: film" in page
    assert card_of(report)["kept"]["disk_bytes"] == decision.total_bytes[decision.best.name]


def test_groups_of_another_length_are_refused(decision):
    with pytest.raises(InputError):
        report_of(decision, "shop", item_groups={"kind": np.array(["book"])})

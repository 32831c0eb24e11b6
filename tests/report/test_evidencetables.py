"""Other metrics, first screens, calibration and provenance: the numbers of the JSON, nothing where they are not there."""

import re

import pytest

from rankfold.report.evidencetables import calibration, first_screens, other_metrics, provenance
from rankfold.report.lists import NOTICED


@pytest.fixture
def section(decided):
    return decided["sections"][0]


def text(parts):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", "".join(parts)))


def test_all_metrics_are_said_with_their_intervals(section):
    said = text(other_metrics(section, section["points"][12]))
    assert "NDCG@10 0.4427 0.4418 0.21 0.07 to 0.35 0.41 3,977" in said
    assert "Mrr@10" in said or "MRR@10" in said
    assert "0.1000 0.1000 0.0 \u2013 \u2013 3" in said, "no interval is no interval of everything"


def test_the_own_metric_alone_is_no_further_table(section):
    point = section["points"][12]
    del point["losses"]["mrr@10"]
    assert other_metrics(section, point) == other_metrics(section, section["points"][0]) == other_metrics(section, None) == []


def test_first_screens_and_calibration(section):
    said = text(first_screens(section))
    assert "first screens with other items 21.7 20.0 to 23.4" in said and "users who lose all items that they wanted \u2013 \u2013" in said
    section["measures"] = [{"title": NOTICED, "about": "", "columns": [], "lines": {}}]
    assert first_screens(section) == []
    assert "before compression 0.41" in text(calibration(section)) and "as stored with the artifact 0.52" in text(calibration(section))


def test_provenance_names_artifact_task_and_time(section):
    said = text(provenance(section))
    assert all(part in said for part in ("5986c1d58a61b030", "fdb8ea71d97701b8", "2025-06-01T12:00:00+00:00", "3,977"))
    section["provenance"]["artifact"] = None
    assert "none was written" in text(provenance(section))


def test_sections_without_evidence_have_none_of_it(sample):
    section = sample["sections"][1]
    assert first_screens(section) == calibration(section) == provenance(section) == []

"""`rankfold suite`."""

import json

import numpy as np
import pytest

from rankfold.report import check


@pytest.fixture
def suite(rankfold, files):
    kinds = files.items[:, 0] > 0
    lines = [f"{row},{'up' if up else 'down'},{'same'}" for row, up in enumerate(kinds)]
    (files.folder / "kinds.csv").write_text("id,kind,constant\n" + "\n".join(lines) + "\n")

    def call(*more, judged=True, attributes=True):
        given = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")] if judged else []
        given += ["--attributes", files.path("kinds.csv")] if attributes else []
        return rankfold("suite", files.path("store"), "--against", files.path("items.npy"), *given, *more)

    return call


def test_all_tasks_in_one_run(suite):
    result = suite("--attribute", "kind")
    assert result.exit_code == 0, result.output
    for text in (
        "Tasks beside ranking",
        "AUC of clicks",
        "kind, read by a linear probe",
        "items that go together",
        "cold rows",
        "Scenarios",
        "Calibration of clicks",
    ):
        assert text in result.stdout
    assert "not measured: ratings" in result.stdout and "constant" not in result.stdout


def test_half_floats_lose_nothing_and_all_of_it_is_json(suite):
    document = json.loads(suite("--json", "--no-cold").stdout)["suite"]
    assert abs(document["clicks"]["auc"]["change"]) < 0.002 and document["cold"] is None
    assert document["probes"]["kind"]["kept"] == pytest.approx(1, abs=0.02) and "probe of constant" in document["missing"]
    assert document["scenarios"]["overlap"]["user to item"]["mean"] > 0.98


def test_without_users_there_is_less(suite):
    result = suite("--no-cold", judged=False, attributes=False)
    assert result.exit_code == 0 and "not measured: clicks" in result.stdout and "item to item" in result.stdout


def test_tables_go_into_the_report(suite, rankfold, files, tmp_path):
    report = tmp_path / "report.json"
    given = ["--against", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")]
    assert rankfold("evaluate", files.path("store"), *given, "--out", report).exit_code == 0
    assert suite("--no-cold", "--into", report).exit_code == 0
    content = json.loads(report.read_text())
    check(content)
    assert {"Tasks beside ranking", "Scenarios"} <= {table["title"] for table in content["sections"][0]["measures"]}
    assert content["reproduce"][-1].startswith("rankfold suite")


def test_bad_options_are_refused(suite, files, tmp_path):
    assert "attribute: the file has no column 'colour'; it has kind, constant" in suite("--attribute", "colour").stderr
    assert "attribute: given without --attributes" in suite("--attribute", "kind", attributes=False).stderr
    result = suite("--into", tmp_path / "none.json")
    assert result.exit_code == 3
    np.save(tmp_path / "other.npy", files.items[:5])
    assert suite("--against", tmp_path / "other.npy").exit_code == 3

"""Writing a report: both files with the same numbers, whole or not there."""

import json
import os

import pytest

from rankfold.errors import ArtifactError, InputError
from rankfold.report import write_report
from rankfold.report.page import render


def test_page_and_numbers_are_written_side_by_side(sample, tmp_path):
    path = write_report(sample, tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == render(sample)
    assert json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) == sample
    assert sorted(os.listdir(path.parent)) == ["report.html", "report.json"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_numbers_can_be_left_out(sample, tmp_path):
    write_report(sample, tmp_path / "report.html", with_json=False)
    assert os.listdir(tmp_path) == ["report.html"]


def test_an_older_report_is_replaced(sample, tmp_path):
    (tmp_path / "report.html").write_text("old")
    write_report(sample, tmp_path / "report.html")
    assert "Debian packages" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_nothing_is_written_for_a_bad_report_or_name(sample, tmp_path):
    with pytest.raises(InputError, match="ends in .html"):
        write_report(sample, tmp_path / "report.json")
    sample["title"] = None
    with pytest.raises(InputError, match=r"report\.title"):
        write_report(sample, tmp_path / "report.html")
    assert os.listdir(tmp_path) == []


def test_a_failed_write_leaves_the_old_report(sample, tmp_path, monkeypatch):
    target = tmp_path / "report.html"
    target.write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArtifactError, match="No space left"):
        write_report(sample, target)
    assert target.read_text() == "old" and os.listdir(tmp_path) == ["report.html"]


def test_a_folder_in_the_way_is_reported(sample, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArtifactError, match="cannot be written"):
        write_report(sample, tmp_path / "file" / "report.html")

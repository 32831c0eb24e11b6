"""`rankfold restore`, and `rankfold verify` of an archive."""

import json

import pytest

from rankfold.store import archive, verify


@pytest.fixture
def archived(files, tmp_path):
    return archive(files.folder / "store", tmp_path / "items.rfa").path


def test_the_artifact_comes_back(rankfold, files, archived, tmp_path):
    result = rankfold("restore", archived, tmp_path / "again")
    assert result.exit_code == 0, result.stderr
    assert "600 rows x 16 dimensions" in result.stdout
    assert verify(tmp_path / "again") == []
    assert (tmp_path / "again" / "current").read_text() == (files.folder / "store" / "current").read_text()


def test_json(rankfold, archived, tmp_path):
    document = json.loads(rankfold("restore", archived, tmp_path / "again", "--json").stdout)
    assert document["artifact"].startswith(str(tmp_path / "again"))
    assert (document["rows"], document["dim"]) == (600, 16)


def test_a_damaged_archive_ends_in_5_and_changes_nothing(rankfold, archived, tmp_path):
    assert "whole. 600 rows" in rankfold("verify", archived).stdout
    raw = bytearray(archived.read_bytes())
    raw[100] ^= 1
    archived.write_bytes(raw)
    result = rankfold("restore", archived, tmp_path / "again")
    assert result.exit_code == 5 and "block 0 was changed" in result.stderr
    assert not (tmp_path / "again").exists()
    result = rankfold("verify", archived, "--json")
    assert result.exit_code == 5
    document = json.loads(result.stdout)
    assert document["whole"] is False and len(document["findings"]) == 1


def test_what_is_no_archive_ends_in_5(rankfold, files, tmp_path):
    for path in (tmp_path / "none", files.path("items.npy")):
        result = rankfold("restore", path, tmp_path / "again")
        assert result.exit_code == 5 and "Traceback" not in result.stderr
    assert rankfold("verify", files.path("items.npy")).exit_code == 5

"""`rankfold verify`."""

import json
import shutil

import pytest


def test_a_whole_artifact(rankfold, files):
    result = rankfold("verify", files.path("store"))
    assert result.exit_code == 0
    assert "whole. 600 rows x 16 dimensions" in result.stdout


def test_json(rankfold, files):
    document = json.loads(rankfold("verify", files.path("store"), "--json").stdout)
    assert document["whole"] is True
    assert document["bytes"] > 600 * 32


@pytest.mark.parametrize("place", [0, 200, -1])
def test_one_flipped_bit_ends_in_5(rankfold, files, tmp_path, place):
    shutil.copytree(files.folder / "store", tmp_path / "store")
    victim = next((tmp_path / "store").glob("*/segment-000.codes.*.npy"))
    content = bytearray(victim.read_bytes())
    content[place] ^= 1
    victim.write_bytes(content)
    result = rankfold("verify", tmp_path / "store")
    assert result.exit_code == 5
    assert victim.name in result.stdout
    document = json.loads(rankfold("verify", tmp_path / "store", "--json").stdout)
    assert document["whole"] is False
    assert len(document["findings"]) == 1


def test_nothing_there_ends_in_5(rankfold, tmp_path):
    result = rankfold("verify", tmp_path / "none")
    assert result.exit_code == 5
    assert "Traceback" not in result.stderr

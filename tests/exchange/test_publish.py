"""Folders that appear at once."""

import json
import os

import pytest

from rankfold.errors import ArtifactError, InputError
from rankfold.exchange.publish import DRAFT, MANIFEST, check_target, publishing, write_manifest


def put(path, text, force=False):
    with publishing(path, force=force) as folder:
        (folder / "rows.txt").write_text(text)
        write_manifest(folder, {"b": 1, "a": text})


def test_a_folder_appears_whole(tmp_path):
    with publishing(tmp_path / "out", force=False) as folder:
        write_manifest(folder, {"a": 1})
        assert not (tmp_path / "out").exists()
    assert json.loads((tmp_path / "out" / MANIFEST).read_text()) == {"a": 1}
    assert os.listdir(tmp_path) == ["out"]


def test_replacing(tmp_path):
    put(tmp_path / "out", "old")
    with pytest.raises(InputError, match="--force"):
        put(tmp_path / "out", "new")
    assert (tmp_path / "out" / "rows.txt").read_text() == "old"
    put(tmp_path / "out", "new", force=True)
    assert (tmp_path / "out" / "rows.txt").read_text() == "new"
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, InputError])
def test_what_fails_leaves_the_old_one(tmp_path, error):
    put(tmp_path / "out", "old")
    with pytest.raises(error), publishing(tmp_path / "out", force=True) as folder:
        (folder / "rows.txt").write_text("half")
        raise error
    assert (tmp_path / "out" / "rows.txt").read_text() == "old" and os.listdir(tmp_path) == ["out"]


def test_a_rename_that_fails_brings_the_old_one_back(tmp_path, monkeypatch):
    put(tmp_path / "out", "old")
    real, calls = os.rename, []

    def failing(a, b):
        calls.append(b)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        real(a, b)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(ArtifactError, match="No space left"):
        put(tmp_path / "out", "new", force=True)
    monkeypatch.undo()
    assert (tmp_path / "out" / "rows.txt").read_text() == "old" and os.listdir(tmp_path) == ["out"]


def test_drafts_of_killed_processes_go_and_those_at_work_stay(tmp_path):
    (tmp_path / f"{DRAFT}dead").mkdir()
    with publishing(tmp_path / "one", force=False) as first:
        put(tmp_path / "two", "x")
        assert first.exists() and not (tmp_path / f"{DRAFT}dead").exists()
        write_manifest(first, {})
    assert sorted(os.listdir(tmp_path)) == ["one", "two"]


def test_what_is_no_export_is_never_replaced(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    for name in ("file", "folder", "link", "lost"):
        with pytest.raises(InputError, match="is no export"):
            check_target(tmp_path / name, force=True)
    with pytest.raises(InputError, match="is no folder"):
        check_target(tmp_path / "none" / "out", force=True)
    check_target(tmp_path / "out", force=False)
    (tmp_path / "folder" / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="in an artifact"):
        check_target(tmp_path / "folder" / "out", force=False)

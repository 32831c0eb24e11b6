import os

import pytest

from rankfold.errors import InputError
from rankfold.store import verify
from rankfold.store.draft import Draft


def copied(artifact, draft):
    """The files of an artifact, put into a draft; returns its manifest."""
    for path in artifact.iterdir():
        if path.name != "manifest.json":
            (draft.directory / path.name).write_bytes(path.read_bytes())
    return (artifact / "manifest.json").read_bytes()


def test_a_published_draft_is_the_current_artifact(artifact, tmp_path):
    with Draft(tmp_path / "a" / "b") as draft:
        path = draft.publish(copied(artifact, draft))
    assert path == tmp_path / "a" / "b" / artifact.name
    assert sorted(os.listdir(path.parent)) == sorted([artifact.name, "current"])
    assert verify(path.parent) == []


def test_what_is_not_published_leaves_nothing_not_even_folders(tmp_path):
    with pytest.raises(KeyError), Draft(tmp_path / "a" / "b") as draft:
        (draft.directory / "ids.npy").write_bytes(b"x")
        raise KeyError
    assert os.listdir(tmp_path) == []


def test_only_once_and_only_while_it_is_open(artifact, tmp_path):
    draft = Draft(tmp_path / "store")
    with pytest.raises(InputError, match="not open"):
        draft.publish(b"{}")
    with draft:
        manifest = copied(artifact, draft)
        draft.publish(manifest)
        with pytest.raises(InputError, match="one publish only"):
            draft.publish(manifest)


@pytest.mark.parametrize("name", ["a file", "an artifact"])
def test_only_folders_can_hold_drafts(artifact, tmp_path, name):
    root = artifact if name == "an artifact" else tmp_path / "file"
    if name == "a file":
        root.write_bytes(b"")
    with pytest.raises(InputError, match="expected"):
        Draft(root)

import os

import pytest

from rankfold.store import verify


def test_a_whole_artifact_has_no_findings(artifact):
    assert verify(artifact) == verify(artifact.parent) == verify(str(artifact)) == []


def test_every_flipped_byte_is_found(artifact):
    for path in sorted(artifact.iterdir()):
        raw = path.read_bytes()
        for place in range(0, len(raw), 7):
            path.write_bytes(raw[:place] + bytes([raw[place] ^ 0x10]) + raw[place + 1 :])
            findings = verify(artifact)
            assert len(findings) == 1 and path.name in findings[0]
        path.write_bytes(raw)
    assert verify(artifact) == []


def test_missing_files_are_found(artifact):
    for path in sorted(artifact.iterdir()):
        raw = path.read_bytes()
        path.unlink()
        assert [path.name in finding for finding in verify(artifact)] == [True]
        path.write_bytes(raw)


def test_added_entries_are_found(artifact):
    (artifact / "more.npy").write_bytes(b"")
    (artifact / "folder").mkdir()
    assert ["folder: is not part" in finding or "more.npy: is not part" in finding for finding in verify(artifact)] == [True, True]


def test_several_findings_are_all_told(artifact):
    for name in ("ids.npy", "alive.npy"):
        with open(artifact / name, "ab") as file:
            file.write(b"x")
    assert len(verify(artifact)) == 2


def test_a_link_is_not_a_file_of_the_artifact(artifact, tmp_path):
    (artifact / "ids.npy").rename(tmp_path / "ids.npy")
    os.symlink(tmp_path / "ids.npy", artifact / "ids.npy")
    assert "is a link" in verify(artifact)[0]


@pytest.mark.parametrize("name", ["absent", "0" * 32])
def test_nothing_is_a_finding(tmp_path, name):
    assert len(verify(tmp_path / name)) == 1


def test_a_damaged_current_is_a_finding(artifact):
    (artifact.parent / "current").write_text("x")
    assert "hexadecimal" in verify(artifact.parent)[0]

import errno
import os
import subprocess
import sys

import pytest

from rankfold.errors import ArtifactError, InputError
from rankfold.store import load, prune, save, verify
from rankfold.store.folder import HIDDEN, check_root, clear_leftovers, hidden_name, hold, locked, make_folder, read_current, resolve, write_file, writing


def test_a_folder_means_its_current_artifact(artifact):
    assert resolve(artifact) == resolve(artifact.parent) == resolve(str(artifact.parent)) == artifact
    assert read_current(artifact.parent) == artifact.name


def test_other_paths_are_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    for name, match in {"file": "got a file", "absent": "got nothing", "empty": "holds neither", "a\0b": "got nothing", "a" * 5000: "got nothing"}.items():
        with pytest.raises(ArtifactError, match=match):
            resolve(tmp_path / name)


@pytest.mark.parametrize("text", [b"", b"../../etc", b"0" * 31, b"0" * 32, b"0" * 33, b"0" * 32 + b"\n\n", b"\xff" * 32 + b"\n", b"G" * 32 + b"\n"])
def test_current_holds_a_digest_or_is_refused(tmp_path, text):
    (tmp_path / "current").write_bytes(text)
    with pytest.raises(ArtifactError, match="hexadecimal digits"):
        resolve(tmp_path)


def test_current_may_name_nothing(tmp_path):
    (tmp_path / "current").write_bytes(b"0" * 32 + b"\n")
    with pytest.raises(ArtifactError, match="no such artifact"):
        load(tmp_path)


def test_prune_keeps_the_current_artifact(artifact, other, tmp_path):
    mapped = load(artifact)
    kept = save(other, artifact.parent)
    (artifact.parent / "notes.txt").write_text("mine")
    assert prune(artifact.parent) == [artifact]
    assert sorted(os.listdir(artifact.parent)) == sorted([kept.name, "current", "notes.txt"])
    assert verify(artifact.parent) == []
    assert mapped.decode().shape == (40, 8)


def test_prune_deletes_nothing_without_a_current_artifact(artifact):
    (artifact.parent / "current").unlink()
    with pytest.raises(ArtifactError, match="nothing was deleted"):
        prune(artifact.parent)
    assert verify(artifact) == []


def test_folders_that_cannot_hold_artifacts(artifact, tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "file", artifact, artifact.with_name("0" * 32)):
        with pytest.raises(InputError, match="expected (a|the) folder"):
            check_root(path)


def test_make_folder_tells_what_it_made(tmp_path):
    assert make_folder(tmp_path / "a" / "b") == [tmp_path / "a" / "b", tmp_path / "a"]
    assert make_folder(tmp_path / "a" / "b") == []


def test_leftovers_of_the_living_stay(tmp_path):
    alive, dead, pointer = (hidden_name(tmp_path) for _ in range(3))
    alive.mkdir()
    dead.mkdir()
    write_file(dead / "part.npy", b"x")
    write_file(pointer, b"x")
    lock = hold(alive, wait=False)
    assert lock is not None and hold(alive, wait=False) is None
    with locked(tmp_path):
        clear_leftovers(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [alive.name]
    os.close(lock)


def test_a_lock_ends_with_its_process(tmp_path):
    code = "import sys; from pathlib import Path; from rankfold.store.folder import hold; hold(Path(sys.argv[1]), wait=False); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"1\n"
        assert hold(tmp_path, wait=False) is None
        child.kill()
        child.wait()
    handle = hold(tmp_path, wait=False)
    assert handle is not None
    os.close(handle)


def test_disk_errors_say_what_to_do(tmp_path):
    for number, match in {
        errno.ENOSPC: "disk is full",
        errno.EFBIG: "ulimit",
        errno.EROFS: "another place",
        errno.EIO: "device",
        errno.EMFILE: "try again",
    }.items():
        with pytest.raises(ArtifactError, match=match), writing(tmp_path):
            raise OSError(number, os.strerror(number))


def test_hidden_names_differ_and_are_hidden(tmp_path):
    assert hidden_name(tmp_path) != hidden_name(tmp_path)
    assert hidden_name(tmp_path).name.startswith(HIDDEN) and HIDDEN.startswith(".")

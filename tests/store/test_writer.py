import contextlib
import errno
import io
import os
import subprocess
import sys

import numpy as np
import pytest

from rankfold.codecs import get
from rankfold.errors import ArtifactError, InputError
from rankfold.store import ArtifactWriter, load, save, verify
from rankfold.store import writer as writer_file

HALF = get("half")()
STATE = {"scale": np.ones(1, np.float32)}


def rows(count, start=0):
    return {"values": (np.arange(count * 4).reshape(count, 4) + start * 4).astype(np.float16)}


def visible(folder):
    return sorted(name for name in os.listdir(folder) if not name.startswith("."))


def snapshot(folder):
    return sorted(os.listdir(folder)), (folder / "current").read_bytes()


def test_rows_come_in_any_cut(tmp_path):
    with ArtifactWriter(tmp_path, dim=4, ids=np.arange(10)) as writer:
        writer.segment(HALF, STATE, rows=7)
        writer.append(rows(1))
        writer.append(rows(6, 1))
        writer.segment(HALF, STATE, rows=3, share=0)
        writer.append(rows(3, 7))
        path = writer.publish()
    table = load(tmp_path, check="digests")
    assert np.array_equal(table.decode(), np.arange(40).reshape(10, 4))
    assert [segment.first for segment in table.segments] == [0, 7]
    assert table.segments[0].state is table.segments[1].state
    assert visible(tmp_path) == sorted([path.name, "current"]) == sorted(os.listdir(tmp_path))


def test_rows_that_do_not_fit_are_refused(tmp_path):
    with ArtifactWriter(tmp_path / "new", dim=4, ids=np.arange(10)) as writer:
        with pytest.raises(InputError, match="lacks|common count"):
            writer.append(rows(1))
        writer.segment(HALF, STATE, rows=7)
        with pytest.raises(InputError, match="at most 7"):
            writer.append(rows(8))
        writer.append(rows(2))
        with pytest.raises(InputError, match="float32 of shape"):
            writer.append({"values": np.ones((1, 4), np.float32)})
        with pytest.raises(InputError, match="got .'other'"):
            writer.append({"other": np.ones((1, 4), np.float16)})
        with pytest.raises(InputError, match="lacks 5 of 7 rows"):
            writer.publish()
        with pytest.raises(InputError, match="lacks 5 of 7 rows"):
            writer.segment(HALF, STATE, rows=3)
    assert not (tmp_path / "new").exists()


def test_arrays_that_make_no_artifact_are_refused(tmp_path):
    with ArtifactWriter(tmp_path, dim=4, ids=np.arange(10)) as writer:
        writer.segment(HALF, STATE, rows=7)
        writer.append(rows(7))
        with pytest.raises(InputError, match="7 rows in|ids.npy"):
            writer.publish()
        with pytest.raises(InputError, match="at least 1"):
            writer.segment(HALF, STATE, rows=0)
        with pytest.raises(InputError, match="dtype <f8"):
            writer.segment(HALF, {"scale": np.ones(1)}, rows=3)
    assert os.listdir(tmp_path) == []


def test_names_and_details_are_checked(tmp_path):
    with ArtifactWriter(tmp_path, dim=4, ids=np.arange(2)) as writer, pytest.raises(InputError, match="expected a name"):
        writer.segment(HALF, {"../scale": np.ones(1, np.float32)}, rows=2)
    with ArtifactWriter(tmp_path, dim=4, ids=np.arange(2)) as writer:
        writer.segment(HALF, STATE, rows=2)
        writer.append(rows(2))
        for details in ({"at": object()}, {"loss": float("nan")}, {3: 4}):
            with pytest.raises(InputError, match="details"):
                writer.publish(details=details)
        assert verify(writer.publish(details={"seed": 3, "of": ["a", None]})) == []
    with pytest.raises(InputError, match="one id"):
        ArtifactWriter(tmp_path, dim=4, ids=np.arange(2), alive=np.ones(3, bool))


def test_same_content_same_path(table, tmp_path):
    first = save(table, tmp_path / "a")
    assert save(table, tmp_path / "b").name == first.name
    inode = (first / "ids.npy").stat().st_ino
    assert save(table, tmp_path / "a") == first
    assert (first / "ids.npy").stat().st_ino == inode
    assert save(table, tmp_path / "a", note="other").name != first.name


def test_saving_again_repairs_what_was_damaged(table, tmp_path):
    path = save(table, tmp_path)
    raw = bytearray((path / "ids.npy").read_bytes())
    raw[-1] ^= 1
    (path / "ids.npy").write_bytes(raw)
    assert verify(path) != []
    assert save(table, tmp_path) == path
    assert verify(path) == [] and len(os.listdir(tmp_path)) == 2


class Clock:
    """Calls a function, and raises at the chosen call."""

    def __init__(self, call, at, error):
        self.call, self.at, self.error, self.calls = call, at, error, 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        if self.calls - 1 == self.at:
            raise self.error
        return self.call(*args, **kwargs)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"])
@pytest.mark.parametrize("name", ["fsync", "rename", "replace", "mkdir", "posix_fallocate"])
def test_whatever_fails_leaves_the_old_artifact(table, other, tmp_path, monkeypatch, name, error):
    root = tmp_path / "store"
    save(other, root)
    before = snapshot(root)
    expected = ArtifactError if isinstance(error, OSError) else KeyboardInterrupt
    at = 0
    while True:
        with monkeypatch.context() as patch:
            clock = Clock(getattr(os, name), at, error)
            patch.setattr(os, name, clock)
            with contextlib.suppress(expected):
                save(table, root)
        if clock.calls <= at:
            break
        if name == "fsync" and snapshot(root) != before:
            assert verify(root) == [] and load(root).space == "als-7"  # the flush after the last rename: reported, and whole
            assert clock.calls == at + 1
        else:
            assert snapshot(root) == before, f"call {at} of {name}"
        at += 1
    assert at >= {"fsync": 8, "posix_fallocate": 5}.get(name, 1)
    assert verify(root) == [] and load(root).space == "als-7"


def test_a_failed_first_save_leaves_no_folder(table, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "rename", Clock(os.rename, 0, OSError(errno.EIO, "Input/output error")))
    with pytest.raises(ArtifactError, match=r"deep.*could not be written.*device.*Nothing was changed"):
        save(table, tmp_path / "a" / "deep")
    assert os.listdir(tmp_path) == []


def test_short_writes_are_continued_and_failed_ones_reported(table, tmp_path, monkeypatch):
    class Short(io.FileIO):
        def write(self, data):
            return super().write(bytes(data[:100]))

    class Failing(io.FileIO):
        def write(self, data):
            raise OSError(errno.EIO, "Input/output error")

    good = save(table, tmp_path / "good")
    monkeypatch.setattr(writer_file, "open", lambda path, mode, buffering: Short(path, mode), raising=False)
    assert save(table, tmp_path / "short").name == good.name
    assert verify(tmp_path / "short") == []
    monkeypatch.setattr(writer_file, "open", lambda path, mode, buffering: Failing(path, mode), raising=False)
    with pytest.raises(ArtifactError, match="reported a fault"):
        save(table, tmp_path / "failed")
    assert sorted(os.listdir(tmp_path)) == ["good", "short"]


LIMITED = """
import resource, sys
import numpy as np
from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.errors import ArtifactError
from rankfold.store import save
from rankfold.vectors import as_vectors
table = compress(as_vectors(np.random.default_rng(0).normal(size=(2000, 32))), get("half")(), norms="raw")
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
try:
    save(table, sys.argv[1])
except ArtifactError as error:
    print(error)
"""


def test_a_limit_on_file_size_is_reported_and_leaves_nothing(tmp_path):
    done = subprocess.run([sys.executable, "-c", LIMITED, tmp_path / "store"], capture_output=True, text=True, check=True)
    assert "could not be written" in done.stdout and "ulimit" in done.stdout
    assert os.listdir(tmp_path) == []


def test_the_writer_is_used_inside_its_block(tmp_path):
    writer = ArtifactWriter(tmp_path, dim=4, ids=np.arange(2))
    with pytest.raises(InputError, match="inside its `with` block"):
        writer.segment(HALF, STATE, rows=2)

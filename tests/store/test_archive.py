import contextlib
import errno
import os
import shutil
import sys

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import ArtifactError, InputError
from rankfold.store import archive, open_archive, save
from rankfold.vectors import as_vectors


def fresh(tmp_path, x, spec, ids=None):
    return save(compress(as_vectors(x, ids), from_spec(spec), norms="raw"), tmp_path / "store")


def column(done, name):
    return next(column for column in done.columns if column.name == name)


def test_codes_are_within_a_hundredth_of_their_entropy(tmp_path):
    x = np.random.default_rng(0).normal(size=(30_000, 32)).astype(np.float32)
    path = fresh(tmp_path, x, {"codec": "scalar", "bits": 4})
    done = archive(path, tmp_path / "items.rfa")
    codes = column(done, "segment-000.codes.codes")
    pairs = np.load(path / "segment-000.codes.codes.npy")
    entropy = 0
    for place in pairs.T:
        seen = np.bincount(place)[np.unique(place)] / len(place)
        entropy -= len(place) * (seen * np.log2(seen)).sum() / 8
    assert codes.entropy_bytes == pytest.approx(entropy)
    assert entropy < codes.coded_bytes < 1.01 * entropy < codes.bytes == pairs.nbytes


def test_sizes_add_up(archived, artifact):
    done = archive(artifact, archived)
    with open_archive(archived) as found:
        manifest, name = found.raw_manifest, found.name
    assert done.artifact == name == artifact.name
    assert done.rows == 40
    assert done.archive_bytes == os.path.getsize(archived) == 64 + len(manifest) + sum(column.coded_bytes for column in done.columns)
    assert done.bytes == sum(path.stat().st_size - 128 for path in artifact.glob("*.npy")) == sum(column.bytes for column in done.columns)


@pytest.mark.parametrize("rows", [1, 300])
def test_random_codes_never_grow_by_more_than_lengths_and_digests(tmp_path, rows):
    x = np.random.default_rng(1).integers(0, 2**16, (rows, 8), np.uint16).view(np.float16).astype(np.float32)
    done = archive(fresh(tmp_path, np.nan_to_num(x, posinf=1, neginf=1) % 1000 + 1, {"codec": "half"}), tmp_path / "items.rfa")
    for one in done.columns:
        assert one.coded_bytes <= one.bytes + 1 + 20


def test_ids_in_order_take_nothing_and_mixed_ones_what_they_must(tmp_path):
    x = np.zeros((20_000, 1), np.float32) + 1
    ordered = archive(fresh(tmp_path / "a", x, {"codec": "half"}), tmp_path / "a.rfa")
    assert column(ordered, "ids").coded_bytes < 500 and column(ordered, "ids").bytes == 160_000
    mixed = np.random.default_rng(2).permutation(20_000)
    mixed = archive(fresh(tmp_path / "b", x, {"codec": "half"}, mixed), tmp_path / "b.rfa")
    assert column(mixed, "ids").entropy_bytes < column(mixed, "ids").coded_bytes < 1.03 * column(mixed, "ids").entropy_bytes


def test_the_same_artifact_gives_the_same_bytes_on_every_level(artifact, archived, tmp_path):
    from rankfold import kernels

    for level in kernels.levels():
        with kernels.use(level):
            archive(artifact.parent, tmp_path / "again.rfa")
        assert (tmp_path / "again.rfa").read_bytes() == archived.read_bytes()


def test_an_archive_takes_the_place_of_an_older_one(artifact, tmp_path):
    (tmp_path / "items.rfa").write_bytes(b"old")
    archive(artifact, str(tmp_path / "items.rfa"))
    assert (tmp_path / "items.rfa").read_bytes().startswith(b"\x89RFA\r\n")


def test_progress_is_told(artifact, tmp_path):
    told = []
    archive(artifact, tmp_path / "items.rfa", progress=lambda *one: told.append(one))
    assert told[-1][0] == "archive" and told[-1][1] == told[-1][2] and [one[1] for one in told] == sorted(one[1] for one in told)


def test_paths_that_cannot_be_files_are_refused(artifact, tmp_path):
    with pytest.raises(InputError, match="a folder; expected the path of a file"):
        archive(artifact, tmp_path)
    with pytest.raises(InputError, match="which is not a folder"):
        archive(artifact, tmp_path / "none" / "items.rfa")
    with pytest.raises(InputError, match="in the artifact itself"):
        archive(artifact.parent, artifact / "items.rfa")
    assert not list(artifact.glob("*.rfa"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_is_not_replaced(artifact, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="a device or pipe"):
        archive(artifact, tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


def test_a_damaged_artifact_makes_no_archive(artifact, tmp_path):
    victim = artifact / "segment-001.codes.values.npy"
    raw = victim.read_bytes()
    victim.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    (tmp_path / "items.rfa").write_bytes(b"old")
    with pytest.raises(ArtifactError, match="segment-001.codes.values.npy: its SHA-256"):
        archive(artifact, tmp_path / "items.rfa")
    assert (tmp_path / "items.rfa").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["items.rfa", "store"]
    with pytest.raises(ArtifactError):
        archive(tmp_path / "none", tmp_path / "items.rfa")


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
@pytest.mark.parametrize("name", ["fsync", "replace", "urandom"])
def test_whatever_fails_leaves_the_old_file_or_the_new(artifact, tmp_path, monkeypatch, name, error):
    file, at = tmp_path / "items.rfa", 0
    archive(artifact, file)
    new = file.read_bytes()
    while True:
        file.write_bytes(b"old")
        with monkeypatch.context() as patch:
            clock = Clock(getattr(os, name), at, error)
            patch.setattr(os, name, clock)
            with contextlib.suppress(ArtifactError if isinstance(error, OSError) else KeyboardInterrupt):
                archive(artifact, file)
        assert sorted(os.listdir(tmp_path)) == ["items.rfa", "store"]
        if clock.calls <= at:
            break
        # The flush of the folder comes after the rename: reported, and whole.
        assert file.read_bytes() == (new if name == "fsync" and at else b"old")
        at += 1
    assert at >= 1 and file.read_bytes() == new


@pytest.mark.skipif(sys.platform == "win32", reason="no locks")
def test_what_killed_writers_left_goes_and_what_living_ones_write_stays(artifact, tmp_path):
    import fcntl

    (tmp_path / ".rfa-dead").write_bytes(b"x")
    with open(tmp_path / ".rfa-alive", "wb") as alive:
        fcntl.flock(alive, fcntl.LOCK_EX)
        archive(artifact, tmp_path / "items.rfa")
        assert sorted(os.listdir(tmp_path)) == [".rfa-alive", "items.rfa", "store"]
    shutil.rmtree(tmp_path / "store")

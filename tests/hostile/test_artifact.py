"""Artifacts as an attacker, a broken disk or a killed process would leave them: refused or found, never a crash, never half a table."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.errors import ArtifactError
from rankfold.store import load, read_manifest, save, verify
from rankfold.store.manifest import digest_of
from rankfold.store.npy import header
from rankfold.vectors import as_vectors

ROOT = Path(__file__).parent.parent.parent
GIANT = 2**32


@pytest.fixture(scope="module")
def crash():
    spec = importlib.util.spec_from_file_location("crash", ROOT / "benchmarks" / "crash.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def artifact(tmp_path):
    x = np.random.default_rng(0).normal(size=(50, 8)).astype(np.float32)
    return save(compress(as_vectors(x), get("half")(), norms="raw"), tmp_path / "store")


def lie(artifact, change):
    """Change the manifest and give the directory the name that fits it, as an attacker can."""
    content = json.loads((artifact / "manifest.json").read_text())
    raw = change(content)
    raw = raw if isinstance(raw, bytes) else json.dumps(content).encode()
    (artifact / "manifest.json").write_bytes(raw)
    return artifact.rename(artifact.with_name(digest_of(raw)))


def codes_of(content):
    return content["files"]["segment-000.codes.values.npy"]


def grow(content):
    """A table of 2^32 rows that nobody has written."""
    content["rows"] = content["segments"][0]["rows"] = GIANT
    for name in ("ids.npy", "segment-000.codes.values.npy"):
        entry = content["files"][name]
        entry["shape"][0] = GIANT
        entry["bytes"] = 128 + GIANT * (8 if name == "ids.npy" else 16)


def widen(content):
    content["dim"] = 2**40


LIES = {
    "more rows than the file holds": (grow, r"expected \d{11}"),
    "a dimension beyond all memory": (widen, "dim"),
    "objects": (lambda c: codes_of(c).update(dtype="|O"), "dtype"),
    "a structured dtype": (lambda c: codes_of(c).update(dtype=[["a", "<f4"]]), "dtype"),
    "another dtype of the same size": (lambda c: codes_of(c).update(dtype="<i2"), "header"),
    "a shape that overflows": (lambda c: codes_of(c).update(shape=[50, 2**40, 2**40]), "shape"),
    "a negative length": (lambda c: codes_of(c).update(shape=[-50, -8]), "shape"),
    "a number too long for text": (lambda c: json.dumps(c).replace('"dim": 8', '"dim": ' + "9" * 5_000).encode(), "not rankfold JSON"),
    "deep nesting": (lambda c: b'{"made":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "not rankfold JSON"),
    "deep codecs": (lambda c: c["segments"][0].update(codec=nest(c["segments"][0]["codec"], 60)), "codecs inside each other"),
    "a codec that is a path": (lambda c: c["segments"][0].update(codec={"codec": "../../os"}), "codec"),
    "a codec that is a module": (lambda c: c["segments"][0].update(codec={"codec": "os.system"}), "codec"),
    "settings beyond their range": (lambda c: c["segments"][0].update(codec={"codec": "pq", "groups": -1}), "groups"),
    "a setting that is not a number": (lambda c: c["segments"][0].update(codec={"codec": "pq", "groups": True}), "groups"),
    "another codec": (lambda c: c["segments"][0].update(codec={"codec": "int8"}), "bytes a row"),
    "a codec whose rows have as many bytes": (lambda c: c["segments"][0].update(codec={"codec": "pq", "groups": 8}) or halve(c), "header|bytes|state"),
    "no segment": (lambda c: c.update(segments=[]), "segments"),
    "rows twice": (lambda c: c["segments"].append(c["segments"][0]), "first row"),
    "an infinite note": (lambda c: json.dumps(c).replace('"note": ""', '"note": 1e999').encode(), "made"),
    "a key twice": (lambda c: json.dumps(c).replace('"dim": 8', '"dim": 9, "dim": 8').encode(), "twice"),
    "not UTF-8": (lambda c: json.dumps(c).replace('"note": ""', '"note": "é"').encode("latin-1"), "not rankfold JSON"),
}


def nest(spec, times):
    for _ in range(times):
        spec = {"codec": "normed", "inner": spec}
    return spec


def halve(content):
    entry = codes_of(content)
    entry.update(dtype="|u1", bytes=128 + 50 * 8)


@pytest.mark.parametrize("change, match", LIES.values(), ids=LIES.keys())
def test_lying_manifests_are_refused(artifact, change, match):
    path = lie(artifact, change)
    with pytest.raises(ArtifactError, match=match):
        load(path)
    assert len(verify(path)) >= 1


@pytest.mark.parametrize(
    "name", ["../ids.npy", "/etc/passwd", "segment-000.codes.../../x.npy", "segment-000.codes.a\0b.npy", "segment-000.codes.A.npy", "..", ""]
)
def test_path_tricks_are_refused(artifact, name):
    def change(content):
        content["files"][name] = content["files"].pop("segment-000.codes.values.npy")

    with pytest.raises(ArtifactError, match="a file called"):
        load(lie(artifact, change))


def test_files_that_are_not_files_are_refused_at_once(artifact, tmp_path):
    place = artifact / "segment-000.codes.values.npy"
    place.unlink()
    for make in (os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path), lambda path: os.symlink(path, path)):
        make(place)
        with pytest.raises(ArtifactError, match="plain file"):
            load(artifact)
        assert len(verify(artifact)) == 1
        place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()


def test_a_manifest_that_is_a_pipe_is_refused_at_once(artifact):
    (artifact / "manifest.json").unlink()
    os.mkfifo(artifact / "manifest.json")
    with pytest.raises(ArtifactError, match="not a plain file"):
        read_manifest(artifact)


def test_a_folder_cannot_point_out_of_itself(artifact):
    current = artifact.parent / "current"
    for text in ("../" * 10 + "\n", str(artifact) + "\n", ".\n"):
        current.write_text(text)
        with pytest.raises(ArtifactError, match="hexadecimal"):
            load(artifact.parent)
    current.unlink()
    current.symlink_to("/etc/passwd")
    with pytest.raises(ArtifactError, match="is a link"):
        load(artifact.parent)


def test_a_stored_program_never_runs(artifact):
    """A pickled object in place of an array is refused by its header; nothing looks at the rest."""
    place = artifact / "segment-000.codes.values.npy"
    with open(place, "wb") as file:
        np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ArtifactError, match="bytes; expected"):
        load(artifact)


def test_a_giant_file_of_nothing_takes_no_memory(artifact):
    """Files with holes, headers and sizes true: 64 GiB of codes that were never written are mapped, not read."""
    path = lie(artifact, grow)
    for name, entry in read_manifest(path).files.items():
        if ".state." not in name:
            (path / name).write_bytes(header(entry.dtype, entry.shape))
            os.truncate(path / name, entry.size)
    code = "import resource, sys; from rankfold.store import load; resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30)); print(load(sys.argv[1]).count)"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=30, check=True)
    assert int(done.stdout) == GIANT


def test_300_random_mutations_are_found_or_refused(crash, tmp_path):
    found = crash.mutations(300, tmp_path, seed=17)
    assert found["codecs"] >= 10
    assert found["found_by_verify"] == 300 and found["missed"] == found["other_errors"] == 0
    assert found["refused_by_load"] > 150
    assert found["whole_again"] == found["codecs"]
    assert found["slowest_ms"] < 1000


def test_8_kills_leave_the_old_or_the_new(crash, tmp_path, monkeypatch):
    found = crash.kills(8, tmp_path, seed=3)
    assert found["old"] + found["new"] == 8
    assert found["torn"] == found["visible_junk"] == found["left_after_the_next_write"] == 0


def test_6_kills_leave_the_old_archive_or_the_new(crash, tmp_path):
    found = crash.archive_kills(6, tmp_path, seed=3)
    assert found["old"] + found["new"] == 6
    assert found["torn"] == found["left_after_the_next_write"] == 0


def test_full_disks_are_reported_and_leave_nothing(crash, tmp_path):
    for outcome in crash.disks(tmp_path).values():
        assert outcome.startswith(("reported, nothing left", "not tried"))
    assert not (tmp_path / "limited").exists()


@pytest.mark.heavy
def test_10000_random_mutations_and_200_kills(crash, tmp_path):
    found = crash.mutations(10_000, tmp_path / "mutations")
    assert found["found_by_verify"] == 10_000 and found["other_errors"] == 0
    shutil.rmtree(tmp_path / "mutations")
    found = crash.kills(200, tmp_path / "kills")
    assert found["torn"] == found["visible_junk"] == 0 and min(found["old"], found["new"]) > 20

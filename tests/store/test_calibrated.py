"""A calibration travels with its table; artifacts without one are as ever; lies about it are refused at loading."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from rankfold.calibration import Calibration
from rankfold.errors import ArtifactError
from rankfold.store import load, read_manifest, save, verify
from rankfold.store.manifest import digest_of
from rankfold.store.npy import file_bytes, header


def knots(**changes):
    arrays = {"starts": np.array([0, 3]), "x": np.array([0, 1, 2], np.float32), "y": np.array([0.1, 0.1, 0.7], np.float32)}
    return Calibration("isotonic", "clicks", ("all",), arrays | changes)


LINE = Calibration("linear", "scores", ("all", "new"), {"slope": np.array([1, 2], np.float32), "offset": np.array([0, -1], np.float32)})


@pytest.fixture
def calibrated(table, tmp_path):
    return save(replace(table, calibration=knots()), tmp_path / "calibrated")


@pytest.mark.parametrize("calibration", [knots(), LINE])
def test_a_calibration_comes_back(table, tmp_path, calibration):
    path = save(replace(table, calibration=calibration), tmp_path)
    for check in ("sizes", "digests"):
        found = load(path, check=check).calibration
        assert found.entry() == calibration.entry()
        assert all(np.array_equal(found.arrays[name], array) and found.arrays[name].dtype == array.dtype for name, array in calibration.arrays.items())
    assert verify(path) == [] and read_manifest(path).calibration == calibration.entry()
    assert save(load(path), tmp_path) == path
    assert load(path).parts()["codebooks"] == table.parts()["codebooks"] + calibration.nbytes
    assert load(path).remove(["item-001"]).compact().calibration.entry() == calibration.entry()


def test_tables_without_one_say_nothing_of_it(artifact):
    assert "calibration" not in json.loads((artifact / "manifest.json").read_text())
    assert load(artifact).calibration is None


def rewritten(path, change, arrays=None):
    """The artifact with other arrays, rightly digested, and a changed manifest under the name that fits: lies that digests cannot tell."""
    import hashlib

    content = json.loads((path / "manifest.json").read_text())
    for name, array in (arrays or {}).items():
        raw = header(array.dtype.str, array.shape) + array.tobytes()
        (path / f"calibration.{name}.npy").write_bytes(raw)
        entry = {
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "bytes": file_bytes(array.dtype.str, array.shape),
            "sha256": hashlib.sha256(raw).hexdigest(),
        }
        content["files"][f"calibration.{name}.npy"] = entry
    change(content)
    raw = json.dumps(content).encode()
    (path / "manifest.json").write_bytes(raw)
    return path.rename(path.with_name(digest_of(raw)))


@pytest.mark.parametrize(
    "arrays",
    [
        {"x": np.array([0, 2, 1], np.float32)},
        {"y": np.array([0.5, 0.1, 0.7], np.float32)},
        {"y": np.array([0, np.nan, 0.7], np.float32)},
        {"y": np.array([0, 0.5, 7], np.float32)},
        {"y": np.array([0, 0.5], np.float32)},
        {"x": np.zeros((3, 1), np.float32)},
        {"x": np.zeros(3, np.float16)},
        {"starts": np.array([0, 9])},
        {"starts": np.array([0, 3], np.int32)},
        {"starts": np.array([], np.int64)},
        {"starts": np.zeros((2, 2), np.int64)},
        {"slope": np.zeros(1, np.float32)},
        {"x": np.zeros(0, np.float32), "y": np.zeros(0, np.float32), "starts": np.array([0, 0])},
    ],
)
def test_lying_arrays_are_refused(calibrated, arrays):
    path = rewritten(calibrated, lambda content: None, arrays)
    with pytest.raises(ArtifactError, match="calibration is not one"):
        load(path)
    assert len(verify(path)) == 1


@pytest.mark.parametrize(
    "entry",
    [
        None,
        1,
        [],
        {},
        {"kind": "isotonic"},
        {"kind": "isotonic", "target": "clicks", "groups": ["all"], "more": 1},
        {"kind": "magic", "target": "clicks", "groups": ["all"]},
        {"kind": "isotonic", "target": 3, "groups": ["all"]},
        {"kind": [], "target": "clicks", "groups": ["all"]},
        {"kind": "isotonic", "target": "clicks", "groups": []},
        {"kind": "isotonic", "target": "clicks", "groups": [1]},
        {"kind": "isotonic", "target": "clicks", "groups": "all"},
    ],
)
def test_lying_manifests_are_refused(calibrated, entry):
    path = rewritten(calibrated, lambda content: content.update(calibration=entry))
    with pytest.raises(ArtifactError, match="calibration"):
        load(path)


def test_files_without_an_entry_and_an_entry_without_files(calibrated, tmp_path):
    copy = tmp_path / "copy" / calibrated.name
    shutil.copytree(calibrated, copy)
    with pytest.raises(ArtifactError, match="both or neither"):
        load(rewritten(copy, lambda content: content.pop("calibration")))

    def drop(content):
        content["files"] = {name: entry for name, entry in content["files"].items() if not name.startswith("calibration")}

    with pytest.raises(ArtifactError, match="both or neither"):
        load(rewritten(calibrated, drop))


def test_a_damaged_calibration_is_refused_without_being_asked(calibrated):
    path = calibrated / "calibration.y.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ArtifactError, match=r"calibration.y.npy: its SHA-256"):
        load(calibrated)

import json

import numpy as np
import pytest

from rankfold.errors import ArtifactError, InputError
from rankfold.training.checkpoint import load_checkpoint, save_checkpoint

ABOUT = {"rows": 3, "recipe": {"rate": 0.1}}
CURVE = [{"step": 5, "loss": 0.25}]


def arrays():
    return {"atoms": np.arange(6, dtype=np.float32).reshape(2, 3), "steps": np.array(5)}


def test_what_was_saved_comes_back(tmp_path):
    path = tmp_path / "a.npz"
    assert load_checkpoint(path, arrays(), ABOUT) is None
    save_checkpoint(path, {"atoms": np.zeros((2, 3), np.float32), "steps": np.array(1)}, ABOUT, [])
    save_checkpoint(path, arrays(), ABOUT, CURVE)
    found, curve = load_checkpoint(path, arrays(), ABOUT)
    assert curve == CURVE and all(np.array_equal(found[name], array) for name, array in arrays().items())
    assert [one.name for one in tmp_path.iterdir()] == ["a.npz"]


def test_a_training_of_something_else_is_refused(tmp_path):
    save_checkpoint(tmp_path / "a.npz", arrays(), ABOUT, CURVE)
    with pytest.raises(InputError, match=r"recipe \{'rate': 0.1\}; expected \{'rate': 0.2\}"):
        load_checkpoint(tmp_path / "a.npz", arrays(), ABOUT | {"recipe": {"rate": 0.2}})


def test_every_cut_and_a_flipped_byte_are_found(tmp_path):
    path = tmp_path / "a.npz"
    save_checkpoint(path, arrays(), ABOUT, CURVE)
    whole = path.read_bytes()
    for size in range(0, len(whole), 61):
        path.write_bytes(whole[:size])
        with pytest.raises(ArtifactError, match="no whole checkpoint"):
            load_checkpoint(path, arrays(), ABOUT)
    at = whole.index(arrays()["atoms"].tobytes())
    path.write_bytes(whole[:at] + b"\x01" + whole[at + 1 :])
    with pytest.raises(ArtifactError, match="no whole checkpoint"):
        load_checkpoint(path, arrays(), ABOUT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"atoms": np.zeros((2, 4), np.float32)},
        {"atoms": np.zeros((2, 3), np.float64)},
        {"atoms": np.full((2, 3), np.nan, np.float32)},
    ],
)
def test_arrays_of_another_kind_are_found(tmp_path, wrong):
    save_checkpoint(tmp_path / "a.npz", arrays() | wrong, ABOUT, CURVE)
    with pytest.raises(ArtifactError, match="array atoms"):
        load_checkpoint(tmp_path / "a.npz", arrays(), ABOUT)


def test_objects_are_never_unpickled(tmp_path):
    about = np.frombuffer(json.dumps({"format": 1, "about": ABOUT, "curve": []}).encode(), np.uint8)
    np.savez(tmp_path / "a.npz", atoms=np.array([{"a": 1}], dtype=object), about=about)
    with pytest.raises(ArtifactError, match="no whole checkpoint"):
        load_checkpoint(tmp_path / "a.npz", arrays(), ABOUT)


@pytest.mark.parametrize("told", [[], {"format": 2, "about": {}, "curve": []}, {"about": {}}, {"format": 1, "about": 3, "curve": []}])
def test_foreign_files_are_refused(tmp_path, told):
    np.savez(tmp_path / "a.npz", about=np.frombuffer(json.dumps(told).encode(), np.uint8))
    with pytest.raises(ArtifactError, match="no whole checkpoint"):
        load_checkpoint(tmp_path / "a.npz", arrays(), ABOUT)


def test_nobody_is_told_to_load_a_foreign_file_unsafely(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"no archive")
    with pytest.raises(ArtifactError, match="not an archive of plain arrays") as refused:
        load_checkpoint(tmp_path / "a.npz", arrays(), ABOUT)
    assert "pickle" not in str(refused.value)


def test_a_place_that_cannot_be_written_leaves_the_old_file(tmp_path):
    with pytest.raises(ArtifactError, match="could not be written"):
        save_checkpoint(tmp_path / "none" / "a.npz", arrays(), ABOUT, CURVE)

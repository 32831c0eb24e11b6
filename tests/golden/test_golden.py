"""Artifacts as they were once written: they open and decode to the same bits for ever."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from rankfold import kernels
from rankfold.codecs import get, names
from rankfold.store import load, read_manifest
from rankfold.table import encode_rows

HERE = Path(__file__).parent
FOLDERS = sorted(entry for entry in HERE.iterdir() if entry.is_dir() and "-v" in entry.name)


@pytest.fixture(scope="module")
def golden():
    spec = importlib.util.spec_from_file_location("golden_main", HERE / "__main__.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request):
    return request.param


def test_every_codec_has_its_golden_artifact():
    expected = {f"{name}-v{get(name).version}" for name in names()}
    missing = expected - {folder.name for folder in FOLDERS}
    assert not missing, f"write them with: python -m tests.golden write {' '.join(sorted(name.rsplit('-v', 1)[0] for name in missing))}"


def test_it_decodes_to_the_same_bits(folder, golden):
    expected = np.load(folder / "decoded.npy", allow_pickle=False)
    with kernels.use("reference"):
        decoded = load(folder, check="digests").decode()
    assert decoded.dtype == expected.dtype and decoded.shape == expected.shape
    if read_manifest(folder).made["details"]["products"] == golden.product_fingerprint():
        assert decoded.tobytes() == expected.tobytes()
    else:  # this machine adds the terms of a matrix product in another order
        np.testing.assert_allclose(decoded, expected, rtol=0, atol=2e-6 * float(np.abs(expected).max()))


def test_it_decodes_close_to_what_went_in(folder):
    x = np.load(folder / "input.npy", allow_pickle=False)
    error = np.linalg.norm(x - load(folder).decode()) / np.linalg.norm(x)
    assert error < 0.8


def test_rows_are_still_coded_so(folder):
    """The stored state codes the stored rows to the stored codes; a row on the edge of two codes may fall to either on another machine."""
    table = load(folder)
    segment = table.segments[0]
    if int(folder.name.rsplit("-v", 1)[1]) != segment.codec.version:
        pytest.skip("older bytes are read, not written")
    with kernels.use("reference"):
        columns = encode_rows(segment.codec, segment.state, np.load(folder / "input.npy", allow_pickle=False))
    for name, column in segment.codes.columns.items():
        assert columns[name].dtype == column.dtype and columns[name].shape == column.shape
        assert np.mean(columns[name] == column) > 0.99, name


def test_golden_artifacts_are_small(folder):
    assert sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) < 30_000


def test_nothing_is_written_over(golden, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["golden", "write", "half"])
    assert golden.main() == 1
    assert "new codec version" in capsys.readouterr().err

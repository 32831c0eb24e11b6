"""Equal state files become one file on disk, and every artifact stays whole."""

import errno
import os

import numpy as np
import pytest

from rankfold.codecs import get
from rankfold.codes import Codes
from rankfold.compression import fit
from rankfold.errors import ArtifactError
from rankfold.store import link_equal, load, save, verify
from rankfold.table import Segment, build, encode_rows
from rankfold.vectors import as_vectors


def of(x, fitted):
    return build(8, False, np.arange(len(x)), [Segment(fitted.codec, fitted.state, Codes(encode_rows(fitted.codec, fitted.state, x)), 0)])


def test_equal_states_are_one_file(tmp_path):
    x = np.random.default_rng(0).normal(size=(90, 8)).astype(np.float32)
    one, other = (fit(as_vectors(x), get("residual")(levels=levels), norms="raw") for levels in (3, 2))
    roots = [tmp_path / name for name in ("a", "b", "c")]
    tables = [of(x[:30], one), of(x[30:60], one), of(x[60:], other)]
    for table, root in zip(tables, roots, strict=True):
        save(table, root)
    books = [next(root.glob("*/*state.books.npy")) for root in roots]
    scales = [next(root.glob("*/*state.scale.npy")) for root in roots]
    assert link_equal(roots) == books[0].stat().st_size + 2 * scales[0].stat().st_size
    assert books[0].stat().st_ino == books[1].stat().st_ino != books[2].stat().st_ino
    for table, root in zip(tables, roots, strict=True):
        assert verify(root) == [] and np.array_equal(load(root).decode(), table.decode())
        assert not [entry for entry in root.iterdir() if entry.name.startswith(".rankfold")]
    assert link_equal(roots) == 0


def test_damaged_files_are_left_alone(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 8)).astype(np.float32)
    fitted = fit(as_vectors(x), get("residual")(levels=2), norms="raw")
    for name in "ab":
        save(of(x, fitted) if name == "a" else of(x[:20], fitted), tmp_path / name)
    book = next((tmp_path / "b").glob("*/*state.books.npy"))
    raw = bytearray(book.read_bytes())
    raw[-1] ^= 1
    book.write_bytes(raw)
    link_equal([tmp_path / "a", tmp_path / "b"])
    assert book.stat().st_nlink == 1 and verify(tmp_path / "a") == [] and verify(tmp_path / "b") != []


def test_a_refused_rename_leaves_nothing_behind(tmp_path, monkeypatch):
    x = np.random.default_rng(0).normal(size=(30, 8)).astype(np.float32)
    fitted = fit(as_vectors(x), get("residual")(levels=2), norms="raw")
    for name, rows in (("a", x), ("b", x[:20])):
        save(of(rows, fitted), tmp_path / name)

    def refused(*_):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(ArtifactError, match="could not be written"):
        link_equal([tmp_path / "a", tmp_path / "b"])
    assert not list(tmp_path.glob("*/.rankfold-*")) and verify(tmp_path / "b") == []

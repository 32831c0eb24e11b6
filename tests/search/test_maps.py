"""Mapped files that were cut short are found before they are read."""

import os

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import ArtifactError
from rankfold.search import Rows, Searcher
from rankfold.search.maps import Maps
from rankfold.store import load, save
from rankfold.vectors import as_vectors


def test_maps_are_found_behind_views_and_counted_once(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(5000))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r", allow_pickle=False)
    maps = Maps([mapped, mapped[10:], np.asarray(mapped).view(np.uint8)[::2], np.arange(3)])
    assert len(maps) == 1 and len(Maps([np.arange(3)])) == 0
    maps.check()
    os.truncate(tmp_path / "a.npy", 1000)
    with pytest.raises(ArtifactError, match="now has 1000 bytes; expected at least 40128"):
        maps.check()


@pytest.mark.parametrize("cut", ["segment.0.codes", "ids", "alive"])
def test_every_way_to_search_sees_a_file_cut_under_it(tmp_path, cut):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3000, 16)).astype(np.float32)
    path = save(compress(as_vectors(x), from_spec({"codec": "int8"})).remove(np.array([3])), tmp_path)
    searcher = Searcher(load(path))
    searcher.search(x[:2], 3)
    file = max((file for file in path.glob("*.npy") if cut.split(".")[-1] in file.name), key=lambda file: file.stat().st_size)
    os.chmod(file, 0o600)
    os.truncate(file, 200)
    for ask in (
        lambda: searcher.search(x[:2], 3),
        lambda: searcher.search(x[:1], 3, allow=Rows.from_lists([[1, 2]])),
        lambda: searcher.score(x[:1], Rows.from_lists([[1, 2]])),
        lambda: searcher.similar(np.array([1]), 3),
    ):
        with pytest.raises(ArtifactError, match="a mapped file now has 200 bytes"):
            ask()

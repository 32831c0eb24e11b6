"""The bundled data as files: what the readers read is what the loaders gave."""

import csv
import os

import numpy as np
import pytest

from rankfold.demo.datasets import load_artworks, load_packages
from rankfold.demo.unpacking import FILES, unpack
from rankfold.errors import ArtifactError, InputError
from rankfold.interactions import read_interactions
from rankfold.vectors import read_vectors


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo") / "new"
    assert [path.name for path in unpack(root)] == list(FILES)
    return root


def test_packages_read_back(folder):
    packages = load_packages()
    items, users = read_vectors(folder / "items.npz"), read_vectors(folder / "users.npy")
    events = read_interactions(folder / "interactions.csv", user_ids=users.ids, item_ids=items.ids)
    assert (items.ids == packages.items.ids).all() and items.space == packages.items.space
    np.testing.assert_array_equal(items.read(), packages.items.read())
    np.testing.assert_array_equal(users.read(), packages.users)
    for name in ("user", "item", "split"):
        np.testing.assert_array_equal(getattr(events, name), getattr(packages.interactions, name))


def test_artworks_read_back(folder):
    artworks = load_artworks()
    items = read_vectors(folder / "artworks.npz")
    np.testing.assert_array_equal(items.read(), artworks.items.read())
    with open(folder / "titles.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["id"].encode() for line in lines] == items.ids.tolist()
    assert tuple(line["title"] for line in lines) == artworks.titles and tuple(line["artist"] for line in lines) == artworks.artists


def test_nothing_is_overwritten(folder, tmp_path):
    with pytest.raises(InputError, match=r"holds items\.npz, .* already"):
        unpack(folder)
    (tmp_path / "titles.csv").write_text("mine")
    with pytest.raises(InputError, match=r"titles\.csv"):
        unpack(tmp_path)
    assert os.listdir(tmp_path) == ["titles.csv"] and (tmp_path / "titles.csv").read_text() == "mine"


def test_what_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no folder but a file"):
        unpack(tmp_path / "file")
    with pytest.raises(ArtifactError, match="cannot be written"):
        unpack(tmp_path / "file" / "below")

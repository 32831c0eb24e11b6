"""Packed layouts on disk: the same lists as without, nothing of another artifact, nothing half-written."""

import json
import os

import numpy as np
import pytest

from rankfold import packing
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import ArtifactError, InputError
from rankfold.packing import open_searcher, pack, packed_of
from rankfold.search import Searcher
from rankfold.search.maps import Maps
from rankfold.store import load, prune, save, verify
from rankfold.vectors import as_vectors

SPECS = [
    {"codec": "int8"},
    {"codec": "pq", "groups": 4},
    {"codec": "unit", "inner": {"codec": "residual", "levels": 3}},
    {"codec": "sign", "query_bits": 8},
    {"codec": "trellis", "bytes": 4},
    {"codec": "sparse", "nonzeros": 4, "dictionary": 64},
    {"codec": "layered", "coarse": {"codec": "residual", "levels": 2}, "fine": {"codec": "trellis", "bytes": 4}},
]


def saved(folder, spec, rows=1300, more=70):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((rows + more, 16)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    table = compress(as_vectors(x[:rows]), from_spec(spec)).add(as_vectors(x[rows:], np.arange(rows, rows + more))).remove(np.array([3, rows + 1]))
    return save(table, folder), rng.standard_normal((5, 16)).astype(np.float32)


def test_rows_of_unlike_lengths_are_packed_and_opened(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 16)).astype(np.float32)
    x[:64] *= np.float32(0.01)
    path = save(compress(as_vectors(x), from_spec({"codec": "sparse", "nonzeros": 4, "dictionary": 64})), tmp_path)
    pack(path)
    np.testing.assert_array_equal(open_searcher(path).search(x[:3], 9).rows, Searcher(load(path)).search(x[:3], 9).rows)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["codec"])
def test_a_search_on_the_mapped_layout_is_the_same(tmp_path, spec):
    path, queries = saved(tmp_path, spec)
    plain = Searcher(load(path), block=128, workers=1)
    place = pack(path)
    assert place == path.with_name(path.name + ".packed")
    searcher = open_searcher(tmp_path, block=128, workers=2)
    assert all(block.held is not None and len(Maps(block.held.values())) for block in searcher._blocks), "nothing is packed in this process"
    allow = np.arange(1370) % 30 == 0
    for more in ({}, {"allow": allow}):
        first, second = plain.search(queries, 20, **more), searcher.search(queries, 20, **more)
        np.testing.assert_array_equal(first.rows, second.rows)
        np.testing.assert_array_equal(first.scores, second.scores)
    assert verify(tmp_path) == [] and pack(tmp_path) == place


def test_the_coarse_level_is_packed_apart(tmp_path):
    path, queries = saved(tmp_path, SPECS[-1])
    assert pack(path, level="coarse").name == path.name + ".coarse"
    searcher = open_searcher(path, refine=200)
    assert searcher._blocks[0].held is not None and open_searcher(path)._blocks[0].held is None
    np.testing.assert_array_equal(searcher.search(queries, 10).rows, Searcher(load(path), refine=200).search(queries, 10).rows)
    with pytest.raises(InputError, match="no coarse level"):
        pack(saved(tmp_path / "other", SPECS[0])[0], level="coarse")
    with pytest.raises(InputError, match="level: got 'fine'"):
        pack(path, level="fine")


def test_nothing_is_used_where_nothing_was_packed(tmp_path):
    path, _ = saved(tmp_path, SPECS[0])
    assert packed_of(path, load(path)) is None
    assert open_searcher(path)._blocks[0].held is None


def test_layouts_of_another_artifact_or_version_are_refused(tmp_path):
    path, _ = saved(tmp_path, SPECS[1])
    place = pack(path)
    other, _ = saved(tmp_path, SPECS[1], rows=1290)
    os.rename(place, other.with_name(other.name + ".packed"))
    with pytest.raises(ArtifactError, match="is not of artifact"):
        open_searcher(other)
    place = pack(other)
    array = np.lib.format.open_memmap(place / "0.inner.blocks.npy", mode="r+")
    array[0, 0, 0] ^= 1
    array.flush()
    with pytest.raises(ArtifactError, match="another version of rankfold, for another processor, or is damaged"):
        open_searcher(other)
    place = pack(other)
    array = np.lib.format.open_memmap(place / "0.inner.blocks.npy", mode="r+")
    array[5, 0, 0] ^= 1
    array.flush()
    open_searcher(other)
    with pytest.raises(ArtifactError, match="SHA-256"):
        open_searcher(other, check="digests")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.update(format=2),
        lambda content: content["segments"].pop(),
        lambda content: content["segments"][0].update(rows=7),
        lambda content: content["segments"][0]["arrays"]["values"].update(file="../../ids.npy"),
        lambda content: content["segments"][0]["arrays"]["values"].update(dtype="|O"),
        lambda content: content["segments"][0]["arrays"]["values"].update(shape=[1, 16]),
        lambda content: content["segments"][0]["arrays"]["values"].update(shape=[1300, 15]),
        lambda content: content["segments"][0]["arrays"]["values"].update(along="sideways"),
        lambda content: content["segments"][0]["arrays"]["values"].pop("file"),
        lambda content: content["segments"][0]["arrays"].pop("length"),
        lambda content: content.update(segments=3),
    ],
)
def test_lists_that_lie_are_refused(tmp_path, damage):
    path, _ = saved(tmp_path, SPECS[0])
    file = pack(path) / "packing.json"
    content = json.loads(file.read_text())
    damage(content)
    file.write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match="[Pp]ack|header|has .* bytes"):
        open_searcher(path)
    file.write_text("{")
    with pytest.raises(ArtifactError, match="cannot be read"):
        open_searcher(path)


def test_an_interrupted_pack_leaves_nothing_and_pruning_keeps_order(tmp_path, monkeypatch):
    path, _ = saved(tmp_path, SPECS[0])
    before = sorted(os.listdir(tmp_path))

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(path, progress=stop)
    assert sorted(os.listdir(tmp_path)) == before
    monkeypatch.setattr(packing, "layout_of", lambda segment: None)
    with pytest.raises(InputError, match="cannot be mapped"):
        pack(path)
    assert sorted(os.listdir(tmp_path)) == before
    monkeypatch.undo()
    pack(path)
    prune(tmp_path)
    assert open_searcher(tmp_path)._blocks[0].held is not None

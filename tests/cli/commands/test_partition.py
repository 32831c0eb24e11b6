"""`rankfold partition`, and what search makes of it."""

import json
import shutil

import numpy as np
import pytest

from rankfold.store import load, read_manifest, verify


@pytest.fixture
def store(files, tmp_path):
    return shutil.copytree(files.path("store"), tmp_path / "store")


def test_rows_stand_in_lists_and_are_found_by_id(rankfold, files, store):
    before = load(store)
    result = rankfold("partition", store, "--lists", 12, "--queries", files.path("users.npy"), "-k", 10)
    assert result.exit_code == 0, result.output
    for text in ("12 lists of", "rows looked at", "of the exact top 10", "wrote"):
        assert text in result.stdout
    table = load(store)
    assert table.partition.lists == 12 and verify(store) == [] and sorted(table.ids) == sorted(before.ids)
    assert read_manifest(store).made["details"]["partition"] == {"seed": 0, "weighted": False}
    asked = ("search", store, "--queries", files.path("users.npy"), "-k", 5, "--json")
    whole, listed, few = (json.loads(rankfold(*asked, *more).stdout)["results"] for more in ([], ["--probes", 12], ["--probes", 2]))
    assert [one["ids"] for one in whole] == [one["ids"] for one in listed]
    share = np.mean([np.isin(a["ids"], b["ids"]).mean() for a, b in zip(whole, few, strict=True)])
    assert 0.2 < share < 1


def test_json_holds_the_choice(rankfold, files, store, tmp_path):
    result = rankfold("partition", store, "--queries", files.path("users.npy"), "--recall", 0.9, "-k", 10, "--copies", 2, "-o", tmp_path / "lists", "--json")
    document = json.loads(result.stdout)
    assert document["choice"]["chosen"]["low"] >= 0.9 and document["choice"]["reached"] and document["partition"]["copies"] == 2
    assert load(store).partition is None and load(tmp_path / "lists").partition.copies == 2


def test_rows_stay_in_place_if_asked(rankfold, store):
    before = load(store).ids
    assert rankfold("partition", store, "--in-place", "--lists", 9).exit_code == 0
    assert np.array_equal(load(store).ids, before) and load(store).partition.arranged == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--lists", 0], "count"), (["--lists", 10**9], "count"), (["--copies", 3], "copies")],
)
def test_lists_that_cannot_be_are_refused(rankfold, store, more, said):
    before = sorted(path.name for path in store.iterdir())
    result = rankfold("partition", store, *more)
    assert result.exit_code == 3 and f"error: {said}" in result.stderr
    assert sorted(path.name for path in store.iterdir()) == before


def test_searching_what_has_no_lists_and_reranking_lists_are_refused(rankfold, files, store):
    asked = ("search", store, "--queries", files.path("users.npy"), "--probes", 3)
    assert "no partition" in rankfold(*asked).stderr
    assert "no --rerank" in rankfold(*asked, "--rerank", store).stderr

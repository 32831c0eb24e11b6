"""`rankfold inspect`."""

import json

import numpy as np


def test_facts_and_advice(rankfold, files):
    result = rankfold("inspect", files.path("items.npy"))
    assert result.exit_code == 0
    assert "600 rows x 16 dimensions, 38.4 kB as float32" in result.stdout
    assert "Row lengths vary" in result.stdout


def test_json_holds_the_same_rows(rankfold, files):
    document = json.loads(rankfold("inspect", files.path("items.npy"), "--json").stdout)
    assert (document["rows"], document["dim"], document["float32_bytes"]) == (600, 16, 38_400)
    assert document["advice"]


def test_users_and_events_add_exposure_and_popularity(rankfold, files):
    result = rankfold("inspect", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", files.path("clicks.csv"), "--json")
    document = json.loads(result.stdout)
    assert document["popularity"]["rows_with_none"] > 0
    assert -1 <= document["exposure"]["norm_correlation"] <= 1


def test_zero_rows_are_counted_not_refused(rankfold, files, tmp_path):
    items = files.items.copy()
    items[5] = 0
    np.save(tmp_path / "zero.npy", items)
    result = rankfold("inspect", tmp_path / "zero.npy", "--json")
    assert json.loads(result.stdout)["zero_rows"] == 1


def test_users_of_another_dimension_are_refused(rankfold, files, tmp_path):
    np.save(tmp_path / "wrong.npy", np.ones((3, 5), np.float32))
    result = rankfold("inspect", files.path("items.npy"), "--users", tmp_path / "wrong.npy")
    assert result.exit_code == 3
    assert "same model" in result.stderr


def test_the_parts_that_lists_rest_on_are_shown(rankfold, files):
    result = rankfold("inspect", files.path("items.npy"), "--users", files.path("users.npy"))
    assert "directions" in result.stdout and "what overlap@10 with the exact lists of 80 users loses" in result.stdout
    document = json.loads(rankfold("inspect", files.path("items.npy"), "--json").stdout)["sensitivity"]
    assert len(document["dimensions"]["loss"]) == 16 and sorted(document["dimensions"]["order"]) == list(range(16)) and document["of"] == "rows"

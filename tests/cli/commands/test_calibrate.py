"""`rankfold calibrate`, and what search and evaluate make of it."""

import json
import shutil

import numpy as np
import pytest

from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.report import check
from rankfold.store import load, read_manifest, save, verify
from rankfold.vectors import as_vectors


@pytest.fixture
def store(files, tmp_path):
    return shutil.copytree(files.path("store"), tmp_path / "store")


@pytest.fixture
def calibrate(rankfold, files, store):
    def call(*more, judged=True):
        events = ["--interactions", files.path("clicks.csv")] if judged else []
        return rankfold("calibrate", store, "--against", files.path("items.npy"), "--users", files.path("users.npy"), *events, *more)

    return call


def test_figures_are_shown_and_the_map_is_stored(calibrate, rankfold, files, store):
    result = calibrate()
    assert result.exit_code == 0, result.output
    for text in ("Calibration: isotonic", "raw scores", "compressed, the fit of float32", "compressed, refitted", "before compression", "wrote"):
        assert text in result.stdout
    table = load(store)
    assert table.calibration.entry() == {"kind": "isotonic", "target": "clicks", "groups": ["all"]} and verify(store) == []
    assert read_manifest(store).made["details"]["calibration"] == {"kind": "isotonic", "seed": 0}
    asked = ("search", store, "--queries", files.path("users.npy"), "-k", 5, "--json")
    raw, shown = (json.loads(rankfold(*asked, *more).stdout)["results"] for more in ([], ["--calibrated"]))
    assert [one["ids"] for one in raw] == [one["ids"] for one in shown]
    scores = np.array([one["scores"] for one in shown])
    assert ((scores >= 0) & (scores <= 1)).all() and (np.diff(scores, axis=1) <= 0).all()


def test_json_holds_the_errors(calibrate):
    document = json.loads(calibrate("--json", "--kind", "linear").stdout)
    errors = document["errors"]
    assert errors["compressed, refitted"]["ece"] < errors["raw scores"]["ece"] and document["calibration"]["kind"] == "linear"
    assert document["users"] > 10 and errors["raw scores"]["log_loss"] > 0


def test_without_events_scores_are_restored_elsewhere(calibrate, store, tmp_path):
    result = calibrate("-o", tmp_path / "other", judged=False)
    assert result.exit_code == 0 and "bias of the scores" in result.stdout
    assert load(tmp_path / "other").calibration.target == "scores" and load(store).calibration is None


def test_groups_of_users_and_items(calibrate, store, tmp_path):
    (tmp_path / "users.txt").write_text("\n".join("ab"[user % 2] for user in range(80)))
    document = json.loads(calibrate("--groups", tmp_path / "users.txt", "--json").stdout)
    assert document["calibration"]["groups"] == ["all", "a", "b"] and set(document["groups"]) == {"a", "b"}
    assert calibrate("--groups", tmp_path / "users.txt", "--groups-of", "items").exit_code == 3


def test_item_groups_follow_their_items_where_rows_stand_in_another_order(rankfold, files, tmp_path):
    items = as_vectors(files.items)
    (tmp_path / "items.txt").write_text("\n".join("ab"[item % 2] for item in range(items.count)))
    found = []
    for name, order in (("as given", np.arange(items.count)), ("mixed", np.random.default_rng(3).permutation(items.count))):
        save(compress(items.arranged(order), get("half")()), tmp_path / name)
        given = ("--against", files.path("items.npy"), "--users", files.path("users.npy"), "--groups", tmp_path / "items.txt", "--groups-of", "items")
        assert rankfold("calibrate", tmp_path / name, *given, "--kind", "linear").exit_code == 0
        found.append(load(tmp_path / name).calibration.arrays)
    assert not np.array_equal(found[0]["slope"][1:], found[0]["slope"][:1].repeat(2))
    for array in ("slope", "offset"):
        np.testing.assert_allclose(found[1][array], found[0][array], rtol=1e-6, atol=1e-6)


def test_a_folder_that_cannot_be_one_is_refused_at_the_door(calibrate, files, store):
    result = calibrate("-o", files.path("clicks.csv"))
    assert result.exit_code == 3 and "is a file; expected a folder" in result.stderr


def test_evaluate_and_report_show_the_stored_map(calibrate, rankfold, files, store, tmp_path):
    assert calibrate().exit_code == 0
    given = ("--against", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", files.path("clicks.csv"))
    result = rankfold("evaluate", store, *given, "-o", tmp_path / "found.json")
    assert result.exit_code == 0 and "compressed, as stored" in result.stdout
    content = json.loads((tmp_path / "found.json").read_text())
    check(content)
    assert "compressed, as stored" in content["sections"][0]["measures"][-1]["lines"]
    assert rankfold("report", tmp_path / "found.json", "-o", tmp_path / "found.html").exit_code == 0
    assert "compressed, as stored" in (tmp_path / "found.html").read_text()


@pytest.mark.parametrize("more", [("--kind", "magic"), ("--groups-of", "nobody")])
def test_unknown_kinds_are_refused(calibrate, more):
    result = calibrate(*more)
    assert result.exit_code == 2 and more[0] in result.stderr and more[1] in result.stderr


def test_users_and_a_calibration_are_needed(rankfold, files, store):
    assert rankfold("calibrate", store, "--against", files.path("items.npy")).exit_code == 3
    result = rankfold("search", store, "--queries", files.path("users.npy"), "--calibrated")
    assert result.exit_code == 3 and "rankfold calibrate" in result.stderr

"""`rankfold evaluate`."""

import json

import numpy as np
import pytest

from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.evaluate import popularity_buckets
from rankfold.report import check
from rankfold.store import save
from rankfold.vectors import as_vectors


@pytest.fixture
def evaluate(rankfold, files):
    def call(*more, judged=True):
        evidence = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")] if judged else []
        return rankfold("evaluate", files.path("store"), "--against", files.path("items.npy"), *evidence, *more)

    return call


def test_the_baseline_is_always_shown(evaluate):
    result = evaluate()
    assert result.exit_code == 0, result.output
    assert "float32 0." in result.stdout
    assert "popularity 0." in result.stdout
    assert "overlap@10" in result.stdout


def test_half_floats_lose_nothing(evaluate):
    document = json.loads(evaluate("--json").stdout)
    assert document["fidelity"]["overlap@10"]["mean"] > 0.99
    assert abs(document["loss"]["drop"]) < 0.01
    assert set(document["buckets"]) == {"head", "mid", "tail"}
    assert document["queries"] > 10
    assert set(document["coverage"]) == {"coverage@10", "coverage@100"} and document["coverage"]["coverage@100"]["after"] > 0.5
    assert document["agreement"]["rbo@10"]["mean"] > 0.99 and document["agreement"]["kendall@100"]["mean"] > 0.99


def test_a_gate_that_passes(evaluate):
    result = evaluate("--fail-if-drop", "0.5")
    assert result.exit_code == 0
    assert "gate pass" in result.stdout


def test_a_loss_that_was_not_measured_never_passes(evaluate):
    result = evaluate("--fail-if-drop", "1", "--json", judged=False)
    document = json.loads(result.stdout)
    assert result.exit_code == 4
    assert document["gate"]["state"] == "inconclusive"
    assert document["error"]["exit_code"] == 4
    assert result.stderr.startswith("error: gate inconclusive")


def test_the_figures_can_be_drawn(evaluate, tmp_path):
    assert evaluate("-o", tmp_path / "found.json").exit_code == 0
    check(json.loads((tmp_path / "found.json").read_text()))


@pytest.mark.parametrize(("change", "message"), [("rows", "599 rows"), ("dims", "15 dimensions"), ("space", "model-2")])
def test_other_vectors_are_refused(rankfold, files, tmp_path, change, message):
    items = {"rows": files.items[:599], "dims": files.items[:, :15], "space": files.items}[change]
    np.save(tmp_path / "other.npy", items)
    result = rankfold("evaluate", files.path("store"), "--against", tmp_path / "other.npy", *(["--space", "model-2"] if change == "space" else []))
    assert result.exit_code == 3
    assert message in result.stderr


def test_other_ids_are_refused(rankfold, files, tmp_path):
    ids = np.arange(600)
    ids[4] = 9_999
    np.save(tmp_path / "ids.npy", ids)
    result = rankfold("evaluate", files.path("store"), "--against", files.path("items.npy"), "--ids", tmp_path / "ids.npy")
    assert result.exit_code == 3
    assert "id of row 4 is not in the artifact" in result.stderr


def test_removed_rows_do_not_count_as_lost(rankfold, files, tmp_path):
    save(files.table.remove([3, 5]), tmp_path / "store")
    result = rankfold("evaluate", tmp_path / "store", "--against", files.path("items.npy"))
    assert result.exit_code == 3
    assert "2 of its 600 rows were removed" in result.stderr


def test_events_need_users(rankfold, files):
    result = rankfold("evaluate", files.path("store"), "--against", files.path("items.npy"), "--interactions", files.path("clicks.csv"))
    assert result.exit_code == 3
    assert "--users" in result.stderr


def test_a_collapse_of_one_bucket_does_not_pass(rankfold, files, tmp_path):
    lines = [line.split(",") for line in (files.folder / "clicks.csv").read_text().splitlines()[1:]]
    popularity = np.bincount([int(item) for _, item, part in lines if part == "train"], minlength=len(files.items))
    spoiled = files.items.copy()
    spoiled[popularity_buckets(popularity).number == 2] *= 0.01
    save(compress(as_vectors(spoiled), get("half")(), norms="raw"), tmp_path / "spoiled")
    given = ("--against", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", files.path("clicks.csv"))
    result = rankfold("evaluate", tmp_path / "spoiled", *given, "--fail-if-drop", "0.5", "--json")
    document = json.loads(result.stdout)
    assert document["loss"]["high"] < 0.5 and document["buckets"]["tail"]["low"] > 0.5, (document["loss"], document["buckets"])
    assert result.exit_code == 4 and document["gate"]["state"] == "fail" and "tail items lose" in document["gate"]["why"]


def test_rows_in_another_order_are_the_same_rows(rankfold, files, tmp_path):
    order = np.random.default_rng(0).permutation(600)
    np.save(tmp_path / "mixed.npy", files.items[order])
    np.save(tmp_path / "ids.npy", order)
    given = ("--users", files.path("users.npy"), "--interactions", files.path("clicks.csv"), "--json")
    plain = rankfold("evaluate", files.path("store"), "--against", files.path("items.npy"), *given)
    mixed = rankfold("evaluate", files.path("store"), "--against", tmp_path / "mixed.npy", "--ids", tmp_path / "ids.npy", *given)
    assert plain.exit_code == mixed.exit_code == 0
    assert json.loads(plain.stdout)["loss"] == json.loads(mixed.stdout)["loss"]
    assert json.loads(plain.stdout)["agreement"] == json.loads(mixed.stdout)["agreement"]

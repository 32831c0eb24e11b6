"""`rankfold gate`, as a pipeline calls it."""

import json
import shutil

import numpy as np
import pytest


@pytest.fixture(scope="module")
def world(files, tmp_path_factory):
    """A store with an artifact, what evaluate found, and a policy that fits so small a set."""
    from typer.testing import CliRunner

    from rankfold.cli.app import app

    folder = tmp_path_factory.mktemp("gate")
    (folder / "policy.toml").write_text('[quality]\n"ndcg@10" = 0.3\n[size]\nrow_bytes = 200\n[evidence]\ndays = 30\nusers = 10\nartifact = true\n')
    shutil.copytree(files.folder / "store", folder / "store")
    given = ["--against", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")]
    done = CliRunner().invoke(app, ["evaluate", str(folder / "store"), *given, "-o", str(folder / "store.report.json")])
    assert done.exit_code == 0, done.output
    return folder


def test_good_evidence_passes_with_0(rankfold, world):
    result = rankfold("gate", world / "store", "--policy", world / "policy.toml")
    assert result.exit_code == 0, result.output
    assert "gate pass: all 5 rules hold" in result.stdout and "quality ndcg@10" in result.stdout
    document = json.loads(rankfold("gate", world / "store", "--policy", world / "policy.toml", "--json").stdout)
    assert document["state"] == "pass" and len(document["rules"]) == 5 and document["artifact"] == (world / "store" / "current").read_text().strip()


@pytest.mark.parametrize(("margin", "state"), [("[size]\nrow_bytes = 3", "fail"), ('[quality]\n"ndcg@10" = 0.0001', "inconclusive")])
def test_fail_and_inconclusive_end_with_4_and_are_told_apart(rankfold, world, tmp_path, margin, state):
    (tmp_path / "strict.toml").write_text(margin)
    result = rankfold("gate", world / "store", "--policy", tmp_path / "strict.toml", "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == 4 and document["state"] == state and document["error"]["exit_code"] == 4
    assert result.stderr.startswith(f"error: gate {state}: ")


def test_old_evidence_is_stale(rankfold, world):
    result = rankfold("gate", world / "store", "--policy", world / "policy.toml", "--now", "2100-01-01")
    assert result.exit_code == 4 and "the policy allows 30: stale" in result.stderr


def test_evidence_about_another_artifact_is_stale(rankfold, world, files, tmp_path):
    from rankfold.store import save

    other = save(files.table.remove([1]).compact(), tmp_path / "store")
    result = rankfold("gate", other, "--report", world / "store.report.json", "--policy", world / "policy.toml")
    assert result.exit_code == 4 and f"not about {other.name}: stale" in result.stderr


def test_a_report_alone_and_the_default_policy(rankfold, world):
    result = rankfold("gate", world / "store.report.json", "--json")
    document = json.loads(result.stdout)
    # 40 users are fewer than the default asks for.
    assert result.exit_code == 4 and document["state"] == "inconclusive" and "the policy asks for 200" in document["why"] and document["artifact"] is None


@pytest.mark.parametrize("change", ["nan", "null", "cut", "other"])
def test_damaged_evidence_never_passes(rankfold, world, tmp_path, change):
    text = (world / "store.report.json").read_text()
    damaged = json.loads(text)
    damaged["sections"][0]["points"][0]["quality"]["high"] = float("nan") if change == "nan" else None
    text = {"nan": json.dumps(damaged), "null": json.dumps(damaged), "cut": text[: len(text) // 2], "other": '{"title": 3}'}[change]
    (tmp_path / "bad.json").write_text(text)
    result = rankfold("gate", world / "store", "--report", tmp_path / "bad.json", "--policy", world / "policy.toml")
    assert result.exit_code == 3 and result.stderr.startswith("error: ")


def test_no_evidence_no_artifact_and_no_policy_are_refused(rankfold, world, files, tmp_path):
    assert rankfold("gate", files.path("store")).exit_code == 3
    assert "no artifact" in rankfold("gate", tmp_path / "nothing").stderr or rankfold("gate", tmp_path / "nothing").exit_code == 5
    assert rankfold("gate", world / "store", "--policy", tmp_path / "none.toml").exit_code == 3
    (tmp_path / "typo.toml").write_text("[qualty]\na = 1")
    assert "Did you mean quality?" in rankfold("gate", world / "store", "--policy", tmp_path / "typo.toml").stderr
    assert rankfold("gate", world / "store.report.json", "--report", world / "store.report.json").exit_code == 3
    assert rankfold("gate", world / "store", "--now", "soon").exit_code == 3


def test_a_manifest_that_was_changed_is_no_artifact(rankfold, world, tmp_path):
    shutil.copytree(world / "store", tmp_path / "store")
    shutil.copy(world / "store.report.json", tmp_path / "store.report.json")
    manifest = tmp_path / "store" / (tmp_path / "store" / "current").read_text().strip() / "manifest.json"
    manifest.write_bytes(manifest.read_bytes() + b" ")
    assert rankfold("gate", tmp_path / "store", "--policy", world / "policy.toml").exit_code == 5


def test_groups_of_users_and_items_become_slices(rankfold, world, files, tmp_path):
    (tmp_path / "users.csv").write_text("user_id,country\n" + "".join(f"{row},{'de' if row % 2 else 'fr'}\n" for row in range(80)))
    (tmp_path / "items.csv").write_text("id,shop\n" + "".join(f"{row},{row % 3}\n" for row in range(600)))
    given = ["--against", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")]
    groups = ["--user-groups", tmp_path / "users.csv", "--item-groups", tmp_path / "items.csv"]
    result = rankfold("evaluate", world / "store", *given, *groups, "-o", tmp_path / "found.json", "--json")
    assert result.exit_code == 0, result.output
    kinds = {one["kind"] for one in json.loads(result.stdout)["sliced"]["slices"]}
    assert {"country", "shop", "popularity"} <= kinds
    (tmp_path / "policy.toml").write_text('[slices]\nmost = 0.5\nkinds = ["country", "shop"]\n')
    assert rankfold("gate", world / "store", "--report", tmp_path / "found.json", "--policy", tmp_path / "policy.toml").exit_code == 0
    (tmp_path / "policy.toml").write_text('[slices]\nmost = 0.5\nkinds = ["age"]\n')
    assert rankfold("gate", world / "store", "--report", tmp_path / "found.json", "--policy", tmp_path / "policy.toml").exit_code == 4
    refused = rankfold("evaluate", world / "store", "--against", files.path("items.npy"), "--user-groups", tmp_path / "users.csv")
    assert refused.exit_code == 3 and "--users" in refused.stderr


def test_what_compress_writes_is_evidence_about_what_it_wrote(rankfold, files, tmp_path):
    given = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv"), "--codec", files.path("spec.json")]
    assert rankfold("compress", files.path("items.npy"), *given, "--out", tmp_path / "store").exit_code == 0
    (tmp_path / "policy.toml").write_text('[quality]\n"ndcg@10" = 0.3\n[evidence]\nartifact = true\n')
    assert rankfold("gate", tmp_path / "store", "--policy", tmp_path / "policy.toml").exit_code == 0
    found = json.loads((tmp_path / "store.report.json").read_text())["sections"][0]["provenance"]
    assert found["artifact"] == (tmp_path / "store" / "current").read_text().strip() and np.char.isalnum(found["task"])


def test_what_tune_writes_is_evidence_too(rankfold, files, tmp_path):
    given = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv"), "--bytes", "40", "--most-unknown", "0%"]
    assert rankfold("tune", files.path("items.npy"), *given, "--out", tmp_path / "store").exit_code == 0
    document = json.loads(rankfold("gate", tmp_path / "store", "--json").stdout)
    assert {rule["rule"]: rule["state"] for rule in document["rules"]}["artifact"] == "pass" and document["state"] in ("fail", "inconclusive", "pass")

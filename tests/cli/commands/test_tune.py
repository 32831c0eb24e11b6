"""`rankfold tune`."""

import json
import shlex

import numpy as np
import pytest

from rankfold.cli.commands.tune import about_events
from rankfold.errors import InputError
from rankfold.interactions import Interactions
from rankfold.report import card_of, check
from rankfold.store import load, verify


@pytest.fixture
def tune(rankfold, files, tmp_path):
    def call(*more, judged=True):
        evidence = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")] if judged else []
        return rankfold("tune", files.path("items.npy"), *evidence, "-o", tmp_path / "v1", *more)

    return call


def test_a_budget_becomes_an_artifact_a_recipe_and_a_report(tune, rankfold, files, tmp_path):
    result = tune("--bytes", "4", "--total", "20kB")
    assert result.exit_code == 0, result.output
    assert verify(tmp_path / "v1") == [] and load(tmp_path / "v1").count == 600
    assert sum(file.stat().st_size for file in next(path for path in (tmp_path / "v1").iterdir() if path.is_dir()).iterdir()) <= 20_000
    report = json.loads((tmp_path / "v1.report.json").read_text())
    check(report)
    (section,) = report["sections"]
    assert [one["holds"] for one in section["tuning"]["kept"]] == ["yes", "yes"] and section["choice"]["codec"] in section["tuning"]["total_bytes"]
    for words in ("frontier", "asked 4 bytes, got", "total bytes", "holds", "tried", "because", "next: rankfold report", "recipe.toml"):
        assert words in result.stdout
    assert rankfold("report", tmp_path / "v1.report.json", "-o", tmp_path / "v1.html").exit_code == 0
    card = json.loads((tmp_path / "v1.card.json").read_text())
    assert card == card_of(report) and card["artifact"] == (tmp_path / "v1" / "current").read_text().strip() and card["codec"] == section["choice"]["codec"]
    # The report says how to make the same bytes, and so does the recipe.
    typed = shlex.split(report["reproduce"][1])
    assert typed[:2] == ["rankfold", "compress"] and rankfold(*typed[1:]).exit_code == 0
    assert (tmp_path / "v1-again" / "current").read_text() == (tmp_path / "v1" / "current").read_text()
    # The recipe makes the same bytes; other files are told.
    evidence = ["--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")]
    again = rankfold("compress", files.path("items.npy"), *evidence, "--recipe", tmp_path / "v1.recipe.toml", "-o", tmp_path / "v2")
    assert again.exit_code == 0, again.output
    assert (tmp_path / "v1" / "current").read_text() == (tmp_path / "v2" / "current").read_text() and "not the files" not in again.stdout
    other = rankfold("compress", files.path("items.npy"), "--recipe", tmp_path / "v1.recipe.toml", "-o", tmp_path / "v3")
    assert other.exit_code == 0 and "not the files" in other.stdout
    refused = rankfold("compress", files.path("items.npy"), "--recipe", tmp_path / "v1.recipe.toml", "--unit", "-o", tmp_path / "v4")
    assert refused.exit_code == 2 and "leave it out" in refused.stderr


def test_json_is_one_document(tune, tmp_path):
    result = tune("--bytes", "4", "--json", judged=False)
    document = json.loads(result.stdout)
    assert document["artifact"].startswith(str(tmp_path / "v1")) and document["tuning"]["asked"] == {"row_bytes": 4}
    assert sum(row["chosen"] for row in document["frontier"]) == 1
    assert any("No users were given" in finding["text"] for finding in document["findings"])


def test_what_users_who_chose_nothing_do_not_confirm_is_not_published(tune, tmp_path, monkeypatch):
    from rankfold.tune import decide

    real = decide.kept_of
    monkeypatch.setattr(decide, "kept_of", lambda ask, point, loss, total, p99: real(ask, point, None, total, p99))
    result = tune("--max-loss", "50%", "--json")
    assert result.exit_code == 4, result.output
    document = json.loads(result.stdout)
    assert document["artifact"] is None and "inconclusive" in document["error"]["message"]
    assert not (tmp_path / "v1").exists() and (tmp_path / "v1.report.json").exists()
    assert document["card"] is None and not (tmp_path / "v1.card.md").exists()


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ((), 2, "expected at least one"), (("--target", "4y"), 3, "target: got"), (("--total", "1kB"), 3, "the ids of 600 rows"),
        (("--bytes", "4", "--weight", "all"), 2, "expected auto or none"), (("--bytes", "4", "--time-limit", "soon"), 3, "time_limit: got"),
        (("--bytes", "2", "--max-loss", "0.1%"), 3, "max_loss: 0.10% of ndcg@10 cannot be had together with row_bytes; the nearest"),
    ],
)  # fmt: skip
def test_bad_asks_write_nothing(tune, tmp_path, more, code, words):
    result = tune(*more)
    assert result.exit_code == code and words in result.stderr, result.output
    assert not (tmp_path / "v1").exists() and not (tmp_path / "v1.report.json").exists()


def test_unknown_ids_are_counted_and_refused_above_a_share(rankfold, files, tmp_path):
    lines = (tmp_path / "clicks.csv", files.folder / "clicks.csv")
    text = lines[1].read_text()
    lines[0].write_text(text + "".join(f"{user},9999,train\n" for user in range(60)) + "0,1,train\n0,1,train\n")
    asked = ["tune", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", lines[0], "--bytes", "3", "-o", tmp_path / "v1"]
    result = rankfold(*asked, "--json")
    notes = " ".join(finding["text"] for finding in json.loads(result.stdout)["findings"])
    assert result.exit_code == 0 and "60 events were left out" in notes and "repeat another" in notes
    result = rankfold(*asked, "--most-unknown", "1%")
    assert result.exit_code == 3 and "60 of" in result.stderr and "--most-unknown" in result.stderr


def test_events_that_repeat_are_counted():
    events = Interactions(np.array([0, 0, 1]), np.array([2, 2, 2]), dropped=0)
    assert about_events(events, 0.0) == ["1 events repeat another of the same user and item; each pair counts once."]
    with pytest.raises(InputError, match="1 of 4 events"):
        about_events(Interactions(events.user, events.item, dropped=1), 0.2)

"""`rankfold backtest`."""

import json

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.report import check
from rankfold.store import save
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def timed(files, tmp_path_factory):
    """Events with dates from 2024-01-01 on, in three forms: plain, with a leak, with propensities; and a table of one bit a coordinate."""
    folder = tmp_path_factory.mktemp("timed")
    rng = np.random.default_rng(3)
    liking = files.users @ files.items.T + 4 * rng.gumbel(size=(len(files.users), len(files.items)))
    best = np.argsort(-liking, axis=1)[:, :24]
    rows = [(user, int(item), 1 + place) for user in range(len(best)) for place, item in enumerate(rng.permutation(best[user]))]
    (folder / "events.csv").write_text("user,item,time\n" + "".join(f"{user},{item},2024-01-{day:02d}\n" for user, item, day in rows))
    split = "".join(f"{user},{item},{day},{'train' if day < 13 or day == 24 else 'test'}\n" for user, item, day in rows)
    (folder / "leak.csv").write_text("user,item,time,split\n" + split)
    chance = "".join(f"{user},{item},{day},{0.05 if item % 5 else 0.9}\n" for user, item, day in rows)
    (folder / "chance.csv").write_text("user,item,time,propensity\n" + chance)
    save(compress(as_vectors(files.items), from_spec({"codec": "sign"})), folder / "coarse")
    return folder


@pytest.fixture
def backtest(rankfold, files, timed):
    def call(*more, artifact=None, events="events.csv"):
        where = ["--against", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", timed / events]
        return rankfold("backtest", files.path("store") if artifact is None else timed / artifact, *where, *more)

    return call


def test_windows_are_shown_by_date(backtest):
    result = backtest("--windows", "3", "--trained-until", "2024-01-12")
    assert result.exit_code == 0, result.output
    assert "2024-01-13 to 2024-01-17" in result.stdout and "worst window" in result.stdout
    assert "Nothing says until when" not in result.stdout


def test_worst_first_and_all_of_it_as_json(backtest):
    document = json.loads(backtest("--windows", "3", "--json", artifact="coarse").stdout)
    windows = document["backtest"]["windows"]
    drops = [window["losses"]["ndcg@10"]["drop"] for window in windows]
    assert len(windows) == 3 and drops == sorted(drops, reverse=True) and drops[0] > 0.05
    assert {"ndcg@10", "recall@10"} <= set(windows[0]["losses"]) and windows[0]["fidelity"]["rbo@10"]["n"] > 10
    assert "training-unknown" in [finding["code"] for finding in document["backtest"]["findings"]]


def test_the_gate_looks_at_the_worst_window(backtest):
    assert backtest("--windows", "2", "--fail-if-drop", "0.5").exit_code == 0
    result = backtest("--windows", "2", "--fail-if-drop", "0.01", "--json", artifact="coarse")
    assert result.exit_code == 4 and "worst window" in result.stderr
    assert json.loads(result.stdout)["gate"]["state"] in ("fail", "inconclusive")


def test_leaks_are_refused(backtest):
    result = backtest(events="leak.csv")
    assert result.exit_code == 3 and "leak: 80 of" in result.stderr and result.stdout == ""


def test_propensities_reweight(backtest):
    result = backtest("--windows", "2", "--trained-until", "12", "--metric", "hit@5", "--clip", "10", events="chance.csv")
    assert result.exit_code == 0, result.output
    assert "recall@10 reweighted" in result.stdout and "hit@5" in result.stdout and "Weights above 10 were cut" in result.stdout


def test_the_table_goes_into_the_report(backtest, rankfold, files, tmp_path):
    report = tmp_path / "report.json"
    given = ["--against", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")]
    assert rankfold("evaluate", files.path("store"), *given, "--out", report).exit_code == 0
    for _ in range(2):
        assert backtest("--windows", "2", "--into", report).exit_code == 0
    content = json.loads(report.read_text())
    check(content)
    tables = [table for table in content["sections"][0]["measures"] if table["title"] == "Backtest"]
    assert len(tables) == 1 and len(tables[0]["lines"]) == 2
    page = tmp_path / "report.html"
    assert rankfold("report", report, "--out", page).exit_code == 0 and "Backtest" in page.read_text()


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (("--trained-until", "soon"), "trained_until: got 'soon'"),
        (("--trained-until", "2030-01-01"), "none is later"),
        (("--windows", "50"), "do not fit"),
        (("--metric", "auc"), "metric: got 'auc'"),
    ],
)
def test_bad_options_are_refused(backtest, more, text):
    result = backtest(*more)
    assert result.exit_code == 3 and text in result.stderr


def test_events_without_time_are_refused(rankfold, files):
    given = ["--against", files.path("items.npy"), "--users", files.path("users.npy"), "--interactions", files.path("clicks.csv")]
    result = rankfold("backtest", files.path("store"), *given)
    assert result.exit_code == 3 and "interactions: have no time" in result.stderr

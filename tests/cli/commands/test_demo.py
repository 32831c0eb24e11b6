"""`rankfold demo`."""

import json

import pytest

from rankfold.cli.commands import demo as demo_command


@pytest.fixture
def toured(monkeypatch, section):
    """The tour without its work: one section, and the page as a file."""

    def run(out, progress):
        out.mkdir(parents=True, exist_ok=True)
        (out / demo_command.tour.PAGE).write_text("<html>")
        return {"title": "rankfold on its bundled data", "made_with": {}, "sections": [section, {**section, "name": "art works"}], "reproduce": []}

    monkeypatch.setattr(demo_command.tour, "run", run)


def test_it_shows_every_section_and_the_page(rankfold, toured, tmp_path):
    result = rankfold("demo", "--out", tmp_path / "demo")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("rankfold on its bundled data\n")
    for part in (
        "packages: 1,000 rows",
        "art works: 1,000 rows",
        "chosen: residual 16",
        "nearest to vim",
        str(tmp_path / "demo" / "report.html"),
        "peak memory",
    ):
        assert part in result.stdout


def test_json_is_the_report_s_content(rankfold, toured, section, tmp_path):
    document = json.loads(rankfold("demo", "--out", tmp_path / "demo", "--json").stdout)
    assert document["sections"][0] == section
    assert document["report"].endswith("report.html")
    assert document["seconds"] >= 0


def test_the_bundled_data_can_be_unpacked_once(rankfold, tmp_path):
    result = rankfold("demo", "--unpack", tmp_path / "data", "--json")
    files = json.loads(result.stdout)["files"]
    assert {path.rsplit("/", 1)[1] for path in files} >= {"items.npz", "users.npy", "interactions.csv"}
    again = rankfold("demo", "--unpack", tmp_path / "data")
    assert again.exit_code == 3
    assert "already" in again.stderr


@pytest.mark.heavy
def test_the_whole_tour(rankfold, tmp_path):
    document = json.loads(rankfold("demo", "--out", tmp_path / "demo", "--json").stdout)
    assert [section["dim"] for section in document["sections"]] == [128, 384]
    assert (tmp_path / "demo" / "report.html").stat().st_size < 1_000_000

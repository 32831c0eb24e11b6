"""`rankfold export`."""

import json
import os

import numpy as np
import pytest

from rankfold.cli.commands import export as command
from rankfold.exchange.engine import Engine, Local
from rankfold.exchange.registry import ENGINES
from tests.exchange.samples import DIM, fake_engine, table_of


@pytest.fixture
def artifact(monkeypatch, tmp_path):
    """A table of sums of atoms where an artifact is asked for, an engine `fake`, and a file of queries."""
    monkeypatch.setattr(command, "load", lambda path: table_of())
    monkeypatch.setitem(ENGINES, "fake", fake_engine())
    monkeypatch.chdir(tmp_path)
    np.save("queries.npy", np.random.default_rng(3).standard_normal((7, DIM)).astype(np.float32))


def test_an_export(rankfold, artifact):
    result = rankfold("export", "store", "--to", "qdrant", "-o", "out")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("out: 50 rows of 5.0 values for qdrant, signed, ") and result.stdout.endswith(" bytes a row on disk.\n")
    assert sorted(os.listdir("out")) == ["collection.json", "export.json", "rows.jsonl"]


def test_queries_and_what_changes_is_said(rankfold, artifact):
    result = rankfold("export", "store", "--to", "milvus", "-o", "out", "--queries", "queries.npy", "--query-form", "codes")
    assert result.exit_code == 0 and "7 queries of 5.0 terms; positive terms only: lists change." in result.stdout
    assert "2i for its positive part" in result.stderr and "takes no negative query terms" in result.stderr
    result = rankfold("export", "store", "--to", "qdrant", "-o", "out", "--queries", "queries.npy", "--query-terms", "9", "--force")
    assert "7 queries of 9.0 terms; asked as they are." in result.stdout


def test_a_check_shows_the_agreement(rankfold, artifact):
    result = rankfold("export", "store", "--to", "fake", "-o", "out", "--queries", "queries.npy", "--check", "-k", "10")
    assert result.exit_code == 0, result.stderr
    assert "The files read back exactly." in result.stdout
    assert result.stdout.splitlines()[-1].split() == ["fake", "1.0", "7", "1.0000", "80"] and "agreement@10" in result.stdout
    result = rankfold("export", "store", "--to", "milvus", "-o", "other", "--check")
    assert "No engine that reads milvus runs from pip" in result.stdout


def test_json(rankfold, artifact):
    result = rankfold("export", "store", "--to", "fake", "-o", "out", "--check", "-k", "5", "--json")
    document = json.loads(result.stdout)
    assert document["path"] == "out" and document["rows"] == 50 and document["signs"] == "signed" and document["queries"] is None
    assert document["checked"] == [
        {"engine": "fake 1.0", "k": 5, "agreement": {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 50}, "row_bytes": 80.0},
    ]
    assert json.loads(rankfold("export", "store", "--to", "scipy", "-o", "other", "--json").stdout)["checked"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "lucene"], "engine: got 'lucene'; expected one of scipy"),
        (["--to", "scipy", "--query-terms", "5"], "without queries"),
        (["--to", "scipy", "--query-form", "codes"], "without queries"),
        (["--to", "scipy", "--queries", "queries.npy", "--query-form", "dense"], "query_form: got 'dense'"),
        (["--to", "milvus", "--signs", "signed"], "milvus holds no negative values"),
        (["--to", "scipy", "--queries", "none.npy"], "none.npy"),
    ],
)
def test_errors_leave_nothing(rankfold, artifact, arguments, words):
    result = rankfold("export", "store", "-o", "out", *arguments)
    assert result.exit_code == 3 and words in result.stderr and result.stderr.count("\n") == 1
    assert not os.path.exists("out")


def test_a_missing_engine_is_told_before_anything_is_written(rankfold, artifact, monkeypatch):
    monkeypatch.setattr("rankfold.exchange.engine.find_spec", lambda name: None)
    result = rankfold("export", "store", "--to", "sindi", "-o", "out", "--check")
    assert result.exit_code == 3 and 'pip install "rankfold[engines]"' in result.stderr and not os.path.exists("out")


def test_one_that_is_missing_among_several_is_named(rankfold, artifact, monkeypatch):
    fake = fake_engine()
    gone = Local("no-such-engine", "no_such_engine", None)
    monkeypatch.setitem(ENGINES, "fake", Engine("fake", fake.contract, fake.write, fake.read, (gone, gone, *fake.local)))
    result = rankfold("export", "store", "--to", "fake", "-o", "out", "--check")
    assert result.exit_code == 0
    assert result.stderr == 'no-such-engine is not installed, so nothing was searched in it. Install it with: pip install "rankfold[engines]"\n'


def test_a_table_without_latents(rankfold, files, tmp_path):
    result = rankfold("export", files.path("store"), "--to", "scipy", "-o", str(tmp_path / "out"))
    assert result.exit_code == 3 and "codec 'half' has no latents" in result.stderr and os.listdir(tmp_path) == []

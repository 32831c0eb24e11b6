"""`rankfold bench`."""

import json

import pytest

from rankfold.cli import searchspeed


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(searchspeed, "SECONDS", 0.02)
    monkeypatch.setattr(searchspeed, "MOST_QUERIES", 100)


def test_it_says_what_a_query_costs(rankfold, files):
    result = rankfold("bench", files.path("store"))
    assert result.exit_code == 0
    for part in ("cold start", "p99", "batch of 64", "queries/s", "rows/s", "GB"):
        assert part in result.stdout


def test_bytes_are_those_of_the_table(rankfold, files):
    document = json.loads(rankfold("bench", files.path("store"), "--json", "--queries", files.path("users.npy"), "--workers", 1).stdout)
    assert document["bytes"] == files.table.parts()
    assert document["bytes_per_query"] == 600 * 16 * 2
    assert document["workers"] == 1
    assert 0 < document["single"]["p50_ms"] <= document["single"]["p95_ms"] <= document["single"]["p99_ms"]


def test_queries_of_another_dimension_are_refused(rankfold, files, tmp_path):
    import numpy as np

    np.save(tmp_path / "wrong.npy", np.ones((3, 5), np.float32))
    result = rankfold("bench", files.path("store"), "--queries", tmp_path / "wrong.npy")
    assert result.exit_code == 3
    assert "expected 16" in result.stderr

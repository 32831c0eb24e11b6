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


def test_mixed_load_cost_and_energy_are_told(rankfold, files):
    document = json.loads(rankfold("bench", files.path("store"), "--json").stdout)
    assert document["mixed"]["p50_ms"] <= document["mixed"]["p99_ms"] and document["mixed"]["clients"] == 2
    assert document["single"]["queries_per_cpu_s"] > 0 and "joules_per_query" in document["single"]


def test_a_log_is_replayed(rankfold, files, tmp_path):
    (tmp_path / "log.csv").write_text("user,item,time\n" + "".join(f"{request % 4},{request},{request}\n" for request in range(40)) + "999999,1,5\n")
    result = rankfold("bench", files.path("store"), "--queries", files.path("users.npy"), "--replay", tmp_path / "log.csv", "--json")
    replay = json.loads(result.stdout)["replay"]
    assert replay["requests"] == 40 and replay["different_queries"] == 4 and replay["hit_rate"] == 0.9
    shown = rankfold("bench", files.path("store"), "--queries", files.path("users.npy"), "--replay", tmp_path / "log.csv").stdout
    assert "40 requests of 4 queries; 90.0 % were remembered" in shown
    assert rankfold("bench", files.path("store"), "--replay", tmp_path / "log.csv").exit_code == 3


def test_two_measurements_are_compared(rankfold, files, tmp_path):
    document = json.loads(rankfold("bench", files.path("store"), "--json").stdout)
    (tmp_path / "a.json").write_text(json.dumps(document))
    document["single"]["p50_ms"] /= 2
    (tmp_path / "b.json").write_text(json.dumps(document | {"k": 99}))
    result = rankfold("bench", "--compare", tmp_path / "a.json", tmp_path / "b.json")
    assert result.exit_code == 0 and "2.00x" in result.stdout and "not the same in both: k: 10 and 99" in result.stdout
    found = json.loads(rankfold("bench", "--compare", tmp_path / "a.json", tmp_path / "b.json", "--json").stdout)
    assert next(row for row in found["figures"] if row["figure"] == "one query p50, ms")["better"] == pytest.approx(2)
    assert rankfold("bench").exit_code == 3 and rankfold("bench", files.path("store"), "--compare", "a", "b").exit_code == 3

"""A replayed log counts the queries that come again."""

import numpy as np
import pytest

from rankfold.cli import replay
from rankfold.search import Searcher


def test_requests_go_by_time_and_the_last_ones_are_kept(monkeypatch):
    user = np.array([4, 1, 2, 3])
    assert replay.requests_of(user, None).tolist() == [4, 1, 2, 3]
    assert replay.requests_of(user, np.array([9, 1, 1, 0])).tolist() == [3, 1, 2, 4]
    monkeypatch.setattr(replay, "MOST_REQUESTS", 2)
    assert replay.requests_of(user, np.array([9, 1, 1, 0])).tolist() == [2, 4]


def test_repeats_are_hits(files):
    requests = np.array([0, 1, 0, 0, 2, 1])
    found = replay.replayed(Searcher(files.table), files.users, requests, 5, 10**6)
    assert found["hit_rate"] == 0.5 and found["requests"] == 6 and found["different_queries"] == 3
    assert 0 < found["held_bytes"] <= 10**6 and found["plain"]["p50_ms"] > 0 and found["hot"]["p99_ms"] > 0


def test_percentiles_are_milliseconds():
    found = replay.percentiles(np.arange(1, 101) / 1000)
    assert found["p50_ms"] == pytest.approx(50.5) and found["p99_of_p50"] == pytest.approx(99.01 / 50.5)
    assert replay.percentiles(np.zeros(3))["p99_of_p50"] is None

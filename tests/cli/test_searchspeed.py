"""Timings of an artifact."""

import numpy as np
import pytest

from rankfold.cli import searchspeed


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(searchspeed, "SECONDS", 0.02)


def test_sampled_queries_are_decoded_rows(files):
    queries = searchspeed.sample_queries(files.table, 10, seed=3)
    decoded = files.table.decode()
    assert queries.shape == (10, 16)
    assert all((decoded == query).all(axis=1).any() for query in queries)
    assert np.array_equal(queries, searchspeed.sample_queries(files.table, 10, seed=3))


def test_a_small_table_gives_all_its_rows(files):
    assert len(searchspeed.sample_queries(files.table, 10_000, seed=0)) == 600


def test_cold_start_counts_both_steps(files):
    found = searchspeed.cold_start(files.folder / "store", 5)
    assert found["load_ms"] > 0
    assert found["first_query_ms"] > 0


def test_speed_with_fewer_queries_than_a_batch(files):
    found = searchspeed.speed(files.table, files.users[:3], 5, workers=1)
    assert found["batch_64"]["batches"] >= 1
    assert found["single"]["queries"] >= 1
    assert found["rows_per_s"] > 0

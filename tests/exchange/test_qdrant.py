"""Qdrant points."""

import json

import numpy as np
from hypothesis import HealthCheck, given, settings

from rankfold.exchange.qdrant import ENGINE, write
from rankfold.exchange.rows import sparse_rows
from tests.exchange.samples import any_rows, back_and_forth, same, some_rows


@given(any_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_reads_back(tmp_path, rows):
    assert same(back_and_forth(ENGINE, tmp_path, rows), rows)


def lines(folder):
    return [json.loads(line) for line in (folder / "rows.jsonl").read_text().splitlines()]


def small(ids):
    return sparse_rows(np.array([[3, 1], [0, 2]]), np.array([[0.5, -0.25], [1, 0]], np.float32), 4, ids)


def test_points_and_their_collection(tmp_path):
    assert write(tmp_path, "rows", small([7, 9])) == []
    first = {"id": 7, "vector": {"codes": {"indices": [1, 3], "values": [-0.25, 0.5]}}}
    assert lines(tmp_path) == [first, {"id": 9, "vector": {"codes": {"indices": [0], "values": [1.0]}}}]
    assert json.loads((tmp_path / "collection.json").read_text())["sparse_vectors"] == {"codes": {"index": {"datatype": "float32"}}}


def test_ids_that_qdrant_cannot_hold_go_into_the_payload(tmp_path):
    for number, ids in enumerate((["a", 'b"\n'], [-1, 4])):
        place = tmp_path / str(number)
        place.mkdir()
        (note,) = write(place, "rows", small(ids))
        assert "point ids are row numbers" in note
        assert [(point["id"], point["payload"]["id"]) for point in lines(place)] == [(0, ids[0]), (1, ids[1])]


def test_batches_make_no_difference(tmp_path, monkeypatch):
    monkeypatch.setattr("rankfold.exchange.qdrant.BATCH", 7)
    assert same(back_and_forth(ENGINE, tmp_path, some_rows()), some_rows())

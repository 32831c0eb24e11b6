"""Rows for Milvus."""

import json

import numpy as np
from hypothesis import HealthCheck, given, settings

from rankfold.exchange.milvus import ENGINE, write
from rankfold.exchange.rows import sparse_rows
from tests.exchange.samples import any_rows, back_and_forth, same


@given(any_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_reads_back(tmp_path, rows):
    assert same(back_and_forth(ENGINE, tmp_path, rows), rows)


def test_a_known_answer(tmp_path):
    write(tmp_path, "rows", sparse_rows(np.array([[3, 1]]), np.array([[0.5, 0.25]], np.float32), 4, ['a"b']))
    assert json.loads((tmp_path / "rows.jsonl").read_text()) == {"id": 'a"b', "codes": {"1": 0.25, "3": 0.5}}

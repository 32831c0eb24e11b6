"""Bulk requests for Elasticsearch and OpenSearch."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from rankfold.errors import InputError
from rankfold.exchange.elasticsearch import ENGINE, OPENSEARCH_ENGINE
from rankfold.exchange.numbertext import id_texts
from rankfold.exchange.rows import sparse_rows
from tests.exchange.samples import any_rows, back_and_forth, some_rows


@given(any_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_reads_back_with_its_id_as_text(tmp_path, rows):
    back = back_and_forth(ENGINE, tmp_path, rows)
    assert id_texts(back.ids) == id_texts(rows.ids)
    assert all(np.array_equal(getattr(back, name), getattr(rows, name)) for name in ("indptr", "indices", "data"))


def test_a_known_answer(tmp_path):
    for engine, kind in ((ENGINE, "sparse_vector"), (OPENSEARCH_ENGINE, "rank_features")):
        place = tmp_path / engine.name
        place.mkdir()
        engine.write(place, "rows", sparse_rows(np.array([[3, 1]]), np.array([[0.5, 0.25]], np.float32), 4, [7]))
        assert [json.loads(line) for line in (place / "rows.bulk").read_text().splitlines()] == [{"index": {"_id": "7"}}, {"codes": {"1": 0.25, "3": 0.5}}]
        assert json.loads((place / "index.json").read_text())["mappings"]["properties"]["codes"] == {"type": kind}


def test_long_ids_are_refused(tmp_path):
    rows = some_rows(ids=["x" * 513, *(str(row) for row in range(1, 40))])
    with pytest.raises(InputError, match="number 0 has 513 bytes"):
        ENGINE.write(tmp_path, "rows", rows)

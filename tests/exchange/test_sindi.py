"""Arrays for SINDI."""

import json

import numpy as np
from hypothesis import HealthCheck, given, settings

from rankfold.exchange.sindi import ENGINE, write
from tests.exchange.samples import any_rows, back_and_forth, same, some_rows


@given(any_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_reads_back(tmp_path, rows):
    assert same(back_and_forth(ENGINE, tmp_path, rows), rows)


def load(folder, name):
    return np.load(folder / f"rows.{name}.npy", allow_pickle=False)


def test_the_arrays_of_the_build_call(tmp_path):
    rows = some_rows(ids=np.arange(40) * 3)
    assert write(tmp_path, "rows", rows) == []
    assert [load(tmp_path, name).dtype.str for name in ("indptr", "indices", "values", "labels")] == ["<u4", "<u4", "<f4", "<i8"]
    assert load(tmp_path, "indptr").tolist() == rows.indptr.tolist() and load(tmp_path, "labels").tolist() == rows.ids.tolist()
    said = json.loads((tmp_path / "rows.parameters.json").read_text())
    assert said["dim"] == 4 and said["index_param"]["term_id_limit"] == 30


def test_text_ids_get_row_numbers_as_labels(tmp_path):
    (note,) = write(tmp_path, "rows", some_rows(ids=[f"x{row}" for row in range(40)]))
    assert "labels are row numbers" in note and load(tmp_path, "labels").tolist() == list(range(40)) and load(tmp_path, "ids")[39] == b"x39"

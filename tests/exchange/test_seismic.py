"""Arrays for Seismic."""

import numpy as np
from hypothesis import HealthCheck, given, settings

from rankfold.exchange.rows import sparse_rows
from rankfold.exchange.seismic import ENGINE, write
from tests.exchange.samples import any_rows, back_and_forth, same, some_rows


@given(any_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_reads_back(tmp_path, rows):
    assert same(back_and_forth(ENGINE, tmp_path, rows), rows)


def test_the_arrays_of_its_dataset(tmp_path):
    rows = some_rows(signed=False)
    assert write(tmp_path, "rows", rows) == []
    kinds = [np.load(tmp_path / f"rows.{name}.npy", allow_pickle=False).dtype.str for name in ("offsets", "components", "values")]
    assert kinds == ["<i8", "<i8", "<f4"]


def test_many_columns_need_the_large_vocabulary(tmp_path):
    (note,) = write(tmp_path, "rows", sparse_rows(np.array([[1]]), np.ones((1, 1), np.float32), 65_536, [1]))
    assert "SeismicDatasetLV" in note

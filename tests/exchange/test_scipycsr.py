"""SciPy's own file."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from rankfold.exchange.scipycsr import ENGINE, write
from tests.exchange.samples import any_rows, back_and_forth, dense, same, some_rows


@given(any_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_reads_back(tmp_path, rows):
    assert same(back_and_forth(ENGINE, tmp_path, rows), rows)


def test_the_layout_is_that_of_scipy(tmp_path):
    rows = some_rows()
    write(tmp_path, "rows", rows)
    with np.load(tmp_path / "rows.npz", allow_pickle=False) as file:
        assert sorted(file.files) == ["data", "format", "indices", "indptr", "shape"]
        assert file["format"].item() == b"csr" and file["shape"].tolist() == [40, 30]
        assert file["indices"].dtype == file["indptr"].dtype == np.int32 and file["data"].dtype == np.float32


def test_scipy_reads_it(tmp_path):
    sparse = pytest.importorskip("scipy.sparse")
    rows = some_rows()
    write(tmp_path, "rows", rows)
    matrix = sparse.load_npz(tmp_path / "rows.npz")
    assert matrix.format == "csr" and matrix.has_canonical_format
    assert np.array_equal(matrix.toarray(), dense(rows))

"""Parquet of lists."""

import sys

import pytest
from hypothesis import HealthCheck, given, settings

from rankfold.errors import MissingExtra
from rankfold.exchange.parquetlists import ENGINE, write
from rankfold.exchange.rows import sparse_rows
from tests.exchange.samples import any_rows, back_and_forth, same, some_rows


@given(any_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_reads_back(tmp_path, rows):
    assert same(back_and_forth(ENGINE, tmp_path, rows), rows)


def test_the_columns(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = some_rows()
    write(tmp_path, "rows", rows)
    table = parquet.read_table(tmp_path / "rows.parquet")
    assert [str(table.schema.field(name).type).split("<")[0] for name in ("id", "indices", "values")] == ["int64", "list", "list"]
    assert str(table.schema.field("indices").type.value_type) == "uint16" and str(table.schema.field("values").type.value_type) == "float"
    assert table["indices"][0].as_py() == rows.indices[:4].tolist() and table["indices"][2].as_py() == []
    assert table.schema.metadata[b"rankfold.width"] == b"30"


def test_many_columns_take_32_bits_and_many_rows_several_groups(tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr("rankfold.exchange.parquetlists.ROW_GROUP", 7)
    rows = some_rows()
    wide = sparse_rows(rows.indices[:8].reshape(2, 4), rows.data[:8].reshape(2, 4), 70_000, [1, 2])
    write(tmp_path, "wide", wide)
    assert str(parquet.read_table(tmp_path / "wide.parquet").schema.field("indices").type.value_type) == "uint32"
    assert same(back_and_forth(ENGINE, tmp_path, rows), rows)


def test_pyarrow_is_an_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtra, match="parquet"):
        write(tmp_path, "rows", some_rows())

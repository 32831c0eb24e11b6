"""COPY text for pgvector."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from rankfold.errors import InputError
from rankfold.exchange.pgvector import ENGINE, unescaped, write
from rankfold.exchange.rows import sparse_rows
from tests.exchange.samples import any_rows, back_and_forth, same, some_rows


@given(any_rows())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_reads_back(tmp_path, rows):
    assert same(back_and_forth(ENGINE, tmp_path, rows), rows)


def small(ids):
    return sparse_rows(np.array([[8, 0], [0, 2]]), np.array([[-0.2, 0.3], [0, 0]], np.float32), 4096, ids)


def test_copy_text_counts_from_one(tmp_path):
    assert write(tmp_path, "rows", small([7, -9])) == []
    assert (tmp_path / "rows.copy").read_text() == "7\t{1:0.3,9:-0.2}/4096\n-9\t{}/4096\n"
    sql = (tmp_path / "rows.sql").read_text()
    assert "CREATE TABLE rankfold_rows (id bigint PRIMARY KEY, codes sparsevec(4096) NOT NULL);" in sql
    assert "\\copy rankfold_rows FROM 'rows.copy'" in sql and "sparsevec_ip_ops" in sql


def test_text_ids_are_escaped(tmp_path):
    write(tmp_path, "rows", small(["a\tb\nc\\n", "\r"]))
    first = (tmp_path / "rows.copy").read_bytes().split(b"\n")[0]
    assert first.startswith(b"a\\tb\\nc\\\\n\t{1:")
    assert unescaped("a\\tb\\nc\\\\n") == "a\tb\nc\\n"
    assert "id text" in (tmp_path / "rows.sql").read_text()


def test_a_nul_is_refused(tmp_path):
    with pytest.raises(InputError, match="number 0 holds a NUL"):
        write(tmp_path, "rows", small(np.array([b"a\0b", b"c"])))


def test_rows_that_an_index_refuses_are_told(tmp_path):
    index = np.arange(1_001)[None, :]
    (note,) = write(tmp_path, "rows", sparse_rows(index, np.ones(index.shape, np.float32), 2_000, [1]))
    assert "HNSW" in note and "1001" in note


def test_batches_make_no_difference(tmp_path, monkeypatch):
    monkeypatch.setattr("rankfold.exchange.pgvector.BATCH", 7)
    assert same(back_and_forth(ENGINE, tmp_path, some_rows()), some_rows())

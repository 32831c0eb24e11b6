"""Sparse rows, and how they come out of a table."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.codecs import get
from rankfold.codes import Codes
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.exchange.rows import joined, rows_of, sparse_rows
from rankfold.table import Segment
from rankfold.vectors import as_vectors
from tests.exchange.samples import LATENTS, Sums, dense, same, some_rows, table_of


def f32(*values):
    return np.array(values, np.float32)


def test_a_known_answer():
    rows = sparse_rows(np.array([[7, 2, 4], [1, 0, 9]]), f32([0.5, -2, 0], [0, 0, 3]), 10, ["a", "bc"])
    assert rows.ids.tolist() == [b"a", b"bc"]
    assert rows.indptr.tolist() == [0, 2, 3] and rows.indptr.dtype == np.int64
    assert rows.indices.tolist() == [2, 7, 9] and rows.indices.dtype == np.int32
    assert rows.data.tolist() == [-2, 0.5, 3] and rows.data.dtype == np.float32
    assert (rows.count, rows.nonzeros, rows.most, rows.has_negative) == (2, 3, 2, True)


def test_values_of_one_column_are_added_and_what_cancels_is_gone():
    rows = sparse_rows(np.array([[3, 3, 1], [2, 2, 5]]), f32([1, 2, 4], [1, -1, 6]), 8, [5, 6])
    assert rows.indices.tolist() == [1, 3, 5] and rows.data.tolist() == [4, 3, 6] and rows.lengths.tolist() == [2, 1]


def test_rows_without_values_are_kept():
    rows = sparse_rows(np.zeros((3, 2), int), np.zeros((3, 2), np.float32), 4, [1, 2, 3])
    assert rows.nonzeros == 0 and rows.most == 0 and rows.lengths.tolist() == [0, 0, 0] and not rows.has_negative


@pytest.mark.parametrize(
    ("index", "value", "width", "ids", "words"),
    [
        ([[4]], f32([1]), 4, [1], "index: got 4 to 4; expected 0 to 3"),
        ([[-1]], f32([1]), 4, [1], "index: got -1"),
        ([[0.0]], f32([1]), 4, [1], "expected whole numbers and float32"),
        ([[0]], np.array([[1.0]]), 4, [1], "got int64 of shape (1, 1) and float64"),
        ([[0, 1]], f32([1]), 4, [1], "both (n, k)"),
        ([[0], [1]], f32([1], [np.nan]), 4, [1, 2], "row 1 holds a value that is not finite"),
        ([[0]], f32([np.inf]), 4, [1], "row 0 holds a value that is not finite"),
        ([[0], [1]], f32([1], [1]), 4, [1, 1], "same id"),
        ([[0]], f32([1]), 0, [1], "width: got 0"),
        ([[0]], f32([1]), 1 << 31, [1], "width"),
    ],
)
def test_what_is_refused(index, value, width, ids, words):
    with pytest.raises(InputError) as error:
        sparse_rows(np.array(index), value, width, ids)
    assert words in str(error.value)


def test_take_and_join():
    rows = some_rows()
    assert np.array_equal(dense(rows.take(np.array([5, 2, 0]))), dense(rows)[[5, 2, 0]])
    parts = [rows.take(np.arange(3)), rows.take(np.arange(3, rows.count))]
    assert same(joined(parts, rows.ids), rows)


def test_a_table_decodes_to_its_rows_times_its_atoms():
    table = table_of()
    rows, atoms = rows_of(table)
    assert rows.width == LATENTS and rows.ids.tolist() == list(range(50))
    np.testing.assert_allclose(dense(rows) @ atoms, table.decode(), atol=1e-5)


def test_blocks_make_no_difference(monkeypatch):
    whole = rows_of(table_of())[0]
    monkeypatch.setattr("rankfold.exchange.rows.BLOCK_ROWS", 7)
    assert same(rows_of(table_of())[0], whole)


def test_removed_rows_are_left_out():
    table = table_of()
    rows, _ = rows_of(table.remove(np.array([0, 30])))
    assert rows.ids.tolist() == [one for one in range(50) if one not in (0, 30)]
    assert np.array_equal(dense(rows), np.delete(dense(rows_of(table)[0]), [0, 30], axis=0))


def test_a_codec_without_latents_is_refused():
    table = compress(as_vectors(np.eye(8, dtype=np.float32)), get("half")())
    with pytest.raises(InputError, match="codec 'half' has no latents"):
        rows_of(table)


def test_several_dictionaries_are_refused_and_an_equal_one_is_not():
    table = table_of()
    second = table.segments[1]
    copied = replace(second, state={"atoms": second.state["atoms"].copy()})
    assert same(rows_of(replace(table, segments=(table.segments[0], copied)))[0], rows_of(table)[0])
    other = Segment(Sums(), {"atoms": -second.state["atoms"]}, Codes(dict(second.codes.columns)), second.first)
    with pytest.raises(InputError, match="several dictionaries"):
        rows_of(replace(table, segments=(table.segments[0], other)))

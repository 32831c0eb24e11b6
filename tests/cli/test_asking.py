"""Queries and filters of a command line become vectors and rows."""

import numpy as np
import pytest

from rankfold.cli.asking import allowed_rows, asked_vectors, rows_of_texts
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.vectors import as_vectors


def made(ids):
    return compress(as_vectors(np.eye(4, dtype=np.float32), ids), from_spec({"codec": "half"}))


def test_ids_of_both_kinds_are_found():
    assert rows_of_texts(["12", "10"], made([10, 11, 12, 13]), "like").tolist() == [2, 0]
    assert rows_of_texts(["k\u00e4se"], made(["a", "b", "k\u00e4se", "d"]), "like").tolist() == [2]
    with pytest.raises(InputError, match="like: 'z' is not in the table"):
        rows_of_texts(["a", "z"], made(["a", "b", "c", "d"]), "like")


def test_rows_ask_for_others_than_themselves():
    vectors, barred = asked_vectors(None, ["11", "13"], made([10, 11, 12, 13]), None)
    assert vectors.ids.tolist() == [11, 13] and barred.values.tolist() == [1, 3]
    np.testing.assert_allclose(vectors.read(), np.eye(4)[[1, 3]], atol=1e-3)


def test_conditions_and_candidates_both_hold(tmp_path):
    table = made([10, 11, 12, 13])
    queries = as_vectors(np.ones((2, 4), np.float32), [7, 8])
    (tmp_path / "items.csv").write_text("id,kind\n10,a\n11,b\n12,a\n13,a\n")
    (tmp_path / "pairs.csv").write_text("user,item\n7,10\n7,11\n8,13\n9,10\n")
    assert allowed_rows(None, [], None, queries, table) is None
    assert allowed_rows(tmp_path / "items.csv", ["kind=a"], None, queries, table).tolist() == [True, False, True, True]
    lists = allowed_rows(tmp_path / "items.csv", ["kind=a"], tmp_path / "pairs.csv", queries, table)
    assert [lists.of(query).tolist() for query in range(2)] == [[0], [3]]
    with pytest.raises(InputError, match="together"):
        allowed_rows(tmp_path / "items.csv", [], None, queries, table)

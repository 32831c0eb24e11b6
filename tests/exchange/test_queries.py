"""Queries as sparse rows."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.exchange.queries import coded, projected, query_rows
from rankfold.exchange.rows import rows_of
from rankfold.vectors import as_vectors
from tests.exchange.samples import DIM, LATENTS, NONZEROS, dense, same, table_of

QUERIES = np.random.default_rng(5).standard_normal((6, DIM)).astype(np.float32)


def test_projected_queries_score_as_the_decoded_rows_do():
    table = table_of()
    rows, atoms = rows_of(table)
    asked = projected(atoms, QUERIES, np.arange(6))
    assert asked.most == LATENTS
    np.testing.assert_allclose(dense(asked) @ dense(rows).T, QUERIES @ table.decode().T, atol=1e-5)


def test_fewer_terms_are_the_largest():
    _, atoms = rows_of(table_of())
    whole, cut = (dense(projected(atoms, QUERIES, np.arange(6), terms=terms)) for terms in (None, 7))
    assert ((cut != 0).sum(axis=1) == 7).all() and np.array_equal(cut[cut != 0], whole[cut != 0])
    assert (np.abs(cut).max(axis=1) == np.abs(whole).max(axis=1)).all()
    assert (np.where(cut != 0, np.abs(cut), np.inf).min(axis=1) >= np.where(cut == 0, np.abs(whole), 0).max(axis=1)).all()


def test_equal_products_keep_the_first_atoms():
    asked = projected(np.ones((5, 2), np.float32), np.ones((1, 2), np.float32), [9], terms=3)
    assert asked.indices.tolist() == [0, 1, 2]


def test_blocks_make_no_difference(monkeypatch):
    _, atoms = rows_of(table_of())
    whole = projected(atoms, QUERIES, np.arange(6))
    monkeypatch.setattr("rankfold.exchange.queries.BLOCK_VALUES", 2 * LATENTS)
    assert same(projected(atoms, QUERIES, np.arange(6)), whole)


def test_codes_are_what_the_codec_makes_of_a_query():
    asked = coded(table_of(), QUERIES, np.arange(6))
    assert asked.lengths.tolist() == [NONZEROS] * 6 and asked.width == LATENTS


def test_the_doors():
    table = table_of()
    _, atoms = rows_of(table)
    queries = as_vectors(QUERIES, [f"u{row}" for row in range(6)], space="model-1")
    assert query_rows(table, atoms, queries, form="codes").ids.tolist() == [f"u{row}".encode() for row in range(6)]
    for changes, words in (
        ({"form": "dense"}, "query_form: got 'dense'"),
        ({"form": "codes", "terms": 3}, "query_terms: got 3 for codes"),
        ({"terms": 0}, "query_terms: got 0"),
    ):
        with pytest.raises(InputError, match=words):
            query_rows(table, atoms, queries, **changes)
    with pytest.raises(InputError, match="dimensions"):
        query_rows(table, atoms, as_vectors(QUERIES[:, :-1]))


def test_an_empty_query_has_no_terms():
    _, atoms = rows_of(table_of())
    assert projected(atoms, np.zeros((1, DIM), np.float32), [1]).nonzeros == 0

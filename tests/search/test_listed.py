"""Lists of rows are scored exactly, each for its own query."""

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.search import Rows, listed
from rankfold.vectors import as_vectors


def made(spec, rows=400):
    rng = np.random.default_rng(0)
    table = compress(as_vectors(rng.standard_normal((rows, 16)).astype(np.float32)), from_spec(spec)).remove(np.array([5, 6]))
    lists = Rows.from_lists([rng.choice(rows, size, replace=False) for size in (3, 0, 50, 400, 1)] + [[5], [5, 6, 9]])
    return table, rng.standard_normal((7, 16)).astype(np.float32), lists


@pytest.mark.parametrize("spec", [{"codec": "pq", "groups": 4}, {"codec": "int8"}])
@pytest.mark.parametrize("pairs", [1, 60, 1 << 20])
def test_scores_are_those_of_decoded_rows_however_they_are_cut(spec, pairs, monkeypatch):
    monkeypatch.setattr(listed, "PASS_PAIRS", pairs)
    table, queries, lists = made(spec)
    expected = np.einsum("nd,nd->n", queries[lists.queries()], table.decode(lists.values))
    expected[np.isin(lists.values, [5, 6])] = -np.inf
    np.testing.assert_allclose(listed.listed_scores(table, queries, lists), expected, atol=1e-4)


def test_the_best_of_lists_stand_in_order_and_gaps_are_empty():
    table, queries, lists = made({"codec": "half"})
    rows, scores = listed.listed_top(table, queries, lists, 4)
    exact = queries @ table.decode().T
    for query in range(7):
        mine = [row for row in lists.of(query) if row not in (5, 6)]
        best = sorted(mine, key=lambda row: (-exact[query, row], row))[:4]
        assert rows[query].tolist() == best + [-1] * (4 - len(best))
        np.testing.assert_allclose(scores[query, : len(best)], exact[query, best], atol=1e-4)
        assert (scores[query, len(best) :] == -np.inf).all()


def test_barred_rows_leave_their_own_lists_only():
    left = listed.without(Rows.from_lists([[1, 2, 3], [2], []]), Rows.from_lists([[2, 9], [], [2]]))
    assert [left.of(query).tolist() for query in range(3)] == [[1, 3], [2], []]
    same = Rows.from_lists([[1]])
    assert listed.without(same, None) is same and listed.without(same, Rows.empty(1)) is same


def test_passes_hold_few_pairs_and_every_query_once(monkeypatch):
    monkeypatch.setattr(listed, "PASS_PAIRS", 10)
    lists = Rows.from_lists([list(range(size)) for size in (4, 4, 4, 50, 0, 0, 9, 2)])
    assert list(listed.list_passes(lists)) == [(0, 2), (2, 3), (3, 4), (4, 7), (7, 8)]
    monkeypatch.setattr(listed, "PASS_QUERIES", 2)
    assert list(listed.list_passes(lists)) == [(0, 2), (2, 3), (3, 4), (4, 6), (6, 7), (7, 8)]

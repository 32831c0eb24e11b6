"""FactorSearcher gives the exact lists of float32 rows, by candidates or by scoring all, under every filter."""

import numpy as np
import pytest

from rankfold import kernels
from rankfold.errors import InputError
from rankfold.search import Rows
from rankfold.search import factors as module
from rankfold.search.factors import FactorSearcher
from rankfold.vectors import as_vectors


def made(rows=6000, dim=24, queries=70, seed=0, spread=0.8):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, dim)) * rng.lognormal(0, spread, (rows, 1))
    x[5] = 0
    x[17] = x[-100 % rows]  # equal scores go by row number
    return as_vectors(x.astype(np.float32), np.arange(rows) * 2, zero_rows="keep"), rng.standard_normal((queries, dim)).astype(np.float32)


def exact(vectors, queries, k, barred=None):
    scores = queries.astype(np.float64) @ vectors.read().astype(np.float64).T
    if barred is not None:
        scores[barred] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, order, axis=1)
    return np.where(best > -np.inf, order, -1), best


@pytest.fixture(params=["candidates", "all"])
def way(request, monkeypatch):
    """Candidates where there are no tiles too (the kernel's twin is exact), or every row scored."""
    monkeypatch.setattr(module, "TILES", kernels.level() if request.param == "candidates" else "none")
    monkeypatch.setattr(module, "LEAST_ROWS_EACH", 8)
    return request.param


@pytest.mark.parametrize("k", [1, 10, 150])
def test_lists_are_exact(way, k):
    vectors, queries = made()
    searcher = FactorSearcher(vectors, workers=2)
    assert (searcher._coded is None) == (way == "all")
    ranking = searcher.search(queries, k)
    rows, scores = exact(vectors, queries, k)
    np.testing.assert_array_equal(ranking.rows, rows)
    np.testing.assert_allclose(ranking.scores, scores, rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(searcher.ids(ranking), 2 * rows)


def test_candidates_are_taken_and_proven(monkeypatch):
    monkeypatch.setattr(module, "TILES", kernels.level())
    vectors, queries = made(rows=20_000)
    searcher = FactorSearcher(vectors, workers=1)
    asked = []
    whole = searcher._all_scored
    monkeypatch.setattr(searcher, "_all_scored", lambda queries, *more: asked.append(len(queries)) or whole(queries, *more))
    np.testing.assert_array_equal(searcher.search(queries, 20).rows, exact(vectors, queries, 20)[0])
    assert sum(asked) < 10, "few queries or none need every row"


def test_rows_that_rounding_cannot_tell_apart_are_all_scored(way):
    rng = np.random.default_rng(1)
    x = np.ones((4000, 16)) + 1e-4 * rng.standard_normal((4000, 16))
    vectors, queries = as_vectors(x.astype(np.float32)), rng.standard_normal((9, 16)).astype(np.float32)
    ranking = FactorSearcher(vectors).search(queries, 5)
    np.testing.assert_allclose(ranking.scores, exact(vectors, queries, 5)[1], atol=1e-5)


def test_filters_are_kept(way):
    vectors, queries = made(queries=12)
    rng = np.random.default_rng(2)
    first, _ = exact(vectors, queries, 40)
    exclude = Rows.from_lists([[*row[:5], *rng.choice(6000, 20)] for row in first])
    allow, lists = rng.random(6000) < 0.3, Rows.from_lists([rng.choice(6000, size, replace=False) for size in range(0, 120, 10)])
    barred = np.zeros((12, 6000), np.bool_)
    barred[exclude.queries(), exclude.values] = True
    searcher = FactorSearcher(vectors)
    for given, closed in ((None, False), (allow, ~allow), (lists, ~np.array([np.isin(np.arange(6000), lists.of(query)) for query in range(12)]))):
        ranking = searcher.search(queries, 30, exclude=exclude, allow=given)
        rows, _ = exact(vectors, queries, 30, barred | closed)
        np.testing.assert_array_equal(ranking.rows, rows)


def test_more_places_than_rows_and_queries_of_zeros(way):
    vectors, queries = made(rows=20)
    queries[3] = 0
    ranking = FactorSearcher(vectors).search(queries, 25)
    assert (ranking.rows[:, 20:] == -1).all() and (ranking.scores[:, 20:] == -np.inf).all()
    few = FactorSearcher(vectors).search(queries, 7)
    assert few.rows[3].tolist() == list(range(7)), "equal scores go by row number, at the cut too"
    searcher = FactorSearcher(vectors)
    for wrong, message in ((queries[:, :3], "3 dimensions"), (np.full((1, 24), np.nan, np.float32), "nan")):
        with pytest.raises(InputError, match=message):
            searcher.search(wrong, 3)
    with pytest.raises(InputError, match="k: got 0"):
        searcher.search(queries, 0)

"""Searches that ask for what is not there, or all at once: an empty answer or a message, never a crash or a wrong list."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.search import FactorSearcher, HotSearcher, Rows, Searcher
from rankfold.search import searcher as module
from rankfold.table import build
from rankfold.vectors import as_vectors

SPECS = [
    {"codec": "half"},
    {"codec": "pq", "groups": 4},
    {"codec": "layered", "coarse": {"codec": "residual", "levels": 2}, "fine": {"codec": "trellis", "bytes": 4}},
]


@cache
def table_of(codec, rows):
    x = np.random.default_rng(0).standard_normal((rows, 16)).astype(np.float32)
    return compress(as_vectors(x), from_spec(next(spec for spec in SPECS if spec["codec"] == codec)))


def made(spec, rows=300):
    return table_of(spec["codec"], rows), np.random.default_rng(1).standard_normal((7, 16)).astype(np.float32)


def searchers(table):
    """Every way to search a table; the last of a layered one scans its coarse level."""
    some = [Searcher(table), Searcher(table, rerank=table, workers=1), HotSearcher(Searcher(table), 10_000)]
    layered = all(segment.codec.name == "layered" or getattr(segment.codec, "inner", segment.codec).name == "layered" for segment in table.segments)
    return [*some, Searcher(table, refine=20)] if layered and table.segments else some


def assert_nothing(ranking, queries, k):
    assert ranking.rows.shape == (queries, k) and (ranking.rows == -1).all() and (ranking.scores == -np.inf).all()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["codec"])
def test_more_places_than_rows_hold_every_row_once_and_then_nothing(spec):
    table, queries = made(spec)
    table = table.remove(np.arange(100))
    for searcher in searchers(table):
        ranking = searcher.search(queries, 1000)
        assert (np.sort(ranking.rows[:, :200], axis=1) == np.arange(100, 300)).all()
        assert (ranking.rows[:, 200:] == -1).all() and (ranking.scores[:, 200:] == -np.inf).all()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["codec"])
def test_a_table_without_rows_and_one_whose_rows_are_all_removed_rank_nothing(spec):
    table, queries = made(spec)
    empty = replace(build(16, False, np.empty(0, np.int64), []), space=table.space)
    gone = replace(table, alive=np.zeros(300, np.bool_))
    for searcher in (*searchers(empty), *searchers(gone)):
        assert_nothing(searcher.search(queries, 5), 7, 5)
        assert (searcher.ids(searcher.search(queries, 5)) == -1).all()
    assert_nothing(Searcher(gone).search(queries, 5, allow=np.ones(300, np.bool_)), 7, 5)
    assert (Searcher(gone).score(queries[:1], Rows.from_lists([[1, 2]])) == -np.inf).all()
    assert_nothing(Searcher(gone.compact()).search(queries, 5), 7, 5)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["codec"])
def test_filters_that_leave_nothing_leave_an_empty_list(spec):
    table, queries = made(spec)
    nothing, everything = np.zeros(300, np.bool_), Rows.from_lists([range(300)] * 7)
    for searcher in searchers(table):
        for more in ({"allow": nothing}, {"allow": Rows.empty(7)}, {"exclude": everything}, {"allow": everything, "exclude": everything}):
            assert_nothing(searcher.search(queries, 5, **more), 7, 5)
        one = searcher.search(queries, 5, allow=np.arange(300) == 17)
        assert (one.rows[:, 0] == 17).all() and (one.rows[:, 1:] == -1).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_queries_that_are_no_numbers_are_refused(value):
    table, queries = made(SPECS[0])
    queries[3, 5] = value
    for searcher in (*searchers(table), FactorSearcher(as_vectors(table.decode()))):
        with pytest.raises(InputError, match="queries: row 3 holds"):
            searcher.search(queries, 3)
    with pytest.raises(InputError, match="queries: row 3 holds"):
        Searcher(table).score(queries, Rows.empty(7))


@pytest.mark.parametrize("searches", [1_000, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_searches_from_many_threads_give_the_same_lists_and_few_run_at_once(monkeypatch, searches):
    table, queries = made(SPECS[0], rows=150)
    searcher = Searcher(table, workers=1)
    expected = searcher.search(queries, 4)
    now, most, lock = [0], [0], threading.Lock()
    whole = Searcher._search

    def counted(self, *given, **more):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        try:
            return whole(self, *given, **more)
        finally:
            with lock:
                now[0] -= 1

    monkeypatch.setattr(Searcher, "_search", counted)

    def ask(number):
        found = searcher.search(queries[number % 7 : number % 7 + 1], 4)
        return (found.rows[0] == expected.rows[number % 7]).all() and np.allclose(found.scores[0], expected.scores[number % 7])

    with ThreadPoolExecutor(300) as pool:
        assert all(pool.map(ask, range(searches)))
    assert 1 < most[0] <= module.MOST_AT_ONCE


def test_threads_that_begin_together_on_a_fresh_searcher_get_the_same_lists():
    table, queries = made(SPECS[1], rows=2000)
    expected = Searcher(table).search(queries, 6)
    searcher = Searcher(table, block=128, workers=2)
    allow = Rows.from_lists([range(number, 2000, 3) for number in range(7)])
    with ThreadPoolExecutor(40) as pool:
        plain = list(pool.map(lambda number: searcher.search(queries, 6), range(40)))
        filtered = list(pool.map(lambda number: searcher.search(queries, 6, allow=allow), range(40)))
    assert all((found.rows == expected.rows).all() for found in plain)
    assert all((found.rows == filtered[0].rows).all() for found in filtered)

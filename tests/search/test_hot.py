"""Remembered lists are those of the search, of the table that is searched now; hot rows are the rows themselves."""

import threading

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.search import HotRows, HotSearcher, Rows, Searcher
from rankfold.search.tinylfu import TinyLFU
from rankfold.vectors import as_vectors


def made(seed=0):
    rng = np.random.default_rng(seed)
    table = compress(as_vectors(rng.standard_normal((400, 16)).astype(np.float32)), from_spec({"codec": "int8"}))
    return table, rng.standard_normal((12, 16)).astype(np.float32)


class Counting(Searcher):
    asked = 0

    def search(self, queries, k, **more):
        self.asked += len(queries)
        return super().search(queries, k, **more)


def test_lists_are_those_of_the_search_whatever_came_before():
    table, queries = made()
    plain, hot = Searcher(table), HotSearcher(Searcher(table), 1 << 20)
    rng = np.random.default_rng(1)
    masks = [None, rng.random(400) < 0.5, rng.random(400) < 0.1]
    lists = [None, Rows.from_lists([rng.choice(400, 30, replace=False) for _ in range(12)]), Rows.empty(12)]
    for step in range(80):
        some = rng.choice(12, rng.integers(1, 12), replace=False)
        k, exclude, allow = int(rng.integers(2, 4)), lists[step % 3], (masks + lists[1:])[rng.integers(5)]
        cut = [one.take(some) if isinstance(one, Rows) else one for one in (exclude, allow)]
        found, expected = (one.search(queries[some], k, exclude=cut[0], allow=cut[1]) for one in (hot, plain))
        np.testing.assert_array_equal(found.rows, expected.rows)
        np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)
        found.rows[:], found.scores[:] = -5, 7  # what a caller does to its own list changes nothing
    assert hot.cache.hits > 80


def test_a_changed_table_never_gets_an_old_list_though_the_cache_is_shared():
    table, queries = made()
    cache = TinyLFU(1 << 20)
    before = HotSearcher(Searcher(table), cache).search(queries, 3)
    fewer = table.remove(np.unique(before.rows[:, 0]))
    after = HotSearcher(Searcher(fewer), cache).search(queries, 3)
    assert not np.isin(after.rows, before.rows[:, 0]).any()
    np.testing.assert_array_equal(HotSearcher(Searcher(table), cache).search(queries, 3).rows, before.rows)


def test_bytes_are_bounded_and_repeats_are_not_searched():
    table, queries = made()
    hot = HotSearcher(Counting(table), 5000)
    for _ in range(5):
        hot.search(queries, 50)
    assert 0 < hot.cache.nbytes <= 5000
    small = HotSearcher(Counting(table), 1 << 20)
    for _ in range(5):
        small.search(queries, 50)
    assert small.searcher.asked == 12 and small.count == 400
    np.testing.assert_array_equal(small.ids(small.search(queries, 4)), small.search(queries, 4).rows)


def test_what_a_search_refuses_is_refused_of_remembered_queries_too():
    table, queries = made()
    hot = HotSearcher(Searcher(table), 1 << 20)
    hot.search(queries, 3)
    for more, message in (
        ({"k": 0}, "k: got 0"),
        ({"exclude": Rows.empty(3)}, "exclude: got lists for 3"),
        ({"allow": np.ones(5, np.bool_)}, "allow: got dtype bool of shape .5,."),
        ({"allow": Rows.from_lists([[400]] * 12)}, "allow: got row number 400"),
    ):
        with pytest.raises(InputError, match=message):
            hot.search(queries, **{"k": 3, **more})
    with pytest.raises(InputError, match="nan"):
        hot.search(np.full((1, 16), np.nan, np.float32), 3)


def test_hot_rows_are_the_rows_and_strangers_do_not_push_them_out():
    table, _ = made()
    read = []
    hot = HotRows(lambda rows: read.append(rows.size) or table.decode(rows), table.count, table.dim, 20 * 64)
    rng = np.random.default_rng(2)
    for _ in range(30):
        rows = np.concatenate([rng.permutation(15), rng.integers(15, 400, 10), [3, 3]])
        np.testing.assert_array_equal(hot.decode(rows), table.decode(rows))
    before = sum(read)
    hot.decode(np.arange(15))
    assert sum(read) == before, "the fifteen rows of every request are there"
    assert hot.hits + hot.misses == 30 * 27 + 15
    assert (hot._place_of[hot._row_at[hot._row_at >= 0]] == np.flatnonzero(hot._row_at >= 0)).all() and (hot._place_of >= 0).sum() == (hot._row_at >= 0).sum()
    with pytest.raises(InputError, match="expected whole numbers from 0 to 399"):
        hot.decode(np.array([400]))
    with pytest.raises(InputError, match="at least 64, one row"):
        HotRows(table.decode, 400, 16, 63)


def test_hot_rows_that_lose_their_fame_give_way():
    table, _ = made()
    hot = HotRows(table.decode, table.count, table.dim, 10 * 64)
    for _ in range(60):
        hot.decode(np.arange(10))
    for _ in range(80):
        hot.decode(np.arange(100, 110))
    before = hot.misses
    hot.decode(np.arange(100, 110))
    assert hot.misses == before


def test_threads_read_the_same_rows():
    table, _ = made()
    hot, decoded, wrong = HotRows(table.decode, table.count, table.dim, 30 * 64), table.decode(), []

    def work(seed):
        rng = np.random.default_rng(seed)
        for _ in range(150):
            rows = (400 * rng.random(20) ** 4).astype(np.int64)
            if not np.array_equal(hot.decode(rows), decoded[rows]):
                wrong.append(rows)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and hot.hits > 0

"""Search in lists: with all of them the exhaustive search's answer, with a few of them its best rows; filters, changes, threads, ties, bad input."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.partitioning import Lists, partitioned
from rankfold.search import PartitionSearcher, Rows, Searcher
from rankfold.search import probing as module
from rankfold.store import load, save
from rankfold.vectors import as_vectors

LAYERED = {"codec": "layered", "coarse": {"codec": "residual", "levels": 2, "refits": 0}, "fine": {"codec": "trellis", "bytes": 4}}


def vectors(rows=1200, dim=16, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((40, dim))
    x = centres[rng.integers(0, 40, rows)] + 0.4 * rng.standard_normal((rows, dim))
    # Lengths vary, as popularity makes them.
    return (x * rng.lognormal(0, 0.5, (rows, 1))).astype(np.float32), rng.standard_normal((9, dim)).astype(np.float32)


def made(lists=None, spec=None, rows=1200, **more):
    x, queries = vectors(rows, **more)
    return partitioned(compress(as_vectors(x, np.arange(rows) * 3), from_spec(spec or {"codec": "scalar", "bits": 4})), lists or Lists(24)), queries


def assert_equal(one, other):
    np.testing.assert_array_equal(one.rows, other.rows)
    np.testing.assert_array_equal(one.scores, other.scores)


@pytest.mark.parametrize("lists", [Lists(1), Lists(24), Lists(24, copies=2), Lists(24, arrange=False), Lists(30, groups=5), Lists(1200)])
@pytest.mark.parametrize("k", [1, 30, 1200, 2000])
def test_all_lists_give_the_exhaustive_answer(lists, k):
    table, queries = made(lists)
    assert_equal(PartitionSearcher(table, probes=5000, workers=1).search(queries, k), Searcher(table, workers=1).search(queries, k))


def test_two_levels_in_all_lists_give_the_two_level_answer():
    table, queries = made(spec=LAYERED)
    wide, few = (PartitionSearcher(table, probes=24, refine=refine).search(queries, 10) for refine in (1200, 60))
    assert_equal(wide, Searcher(table).search(queries, 10))
    two = Searcher(table, refine=60).search(queries, 10)
    assert np.mean([np.isin(a, b).mean() for a, b in zip(few.rows, two.rows, strict=True)]) > 0.97


@pytest.mark.parametrize("copies", [1, 2])
def test_more_probes_find_more_and_no_row_twice(copies):
    table, queries = made(Lists(48, copies=copies))
    exact, searcher = Searcher(table).search(queries, 40), PartitionSearcher(table, probes=1)
    found = []
    for probes in (1, 2, 4, 8, 16, 48):
        rows = searcher.search(queries, 40, probes=probes).rows
        found.append(np.mean([np.isin(a, b).mean() for a, b in zip(exact.rows, rows, strict=True)]))
        assert all(np.unique(row[row >= 0]).size == (row >= 0).sum() for row in rows)
    assert found == sorted(found) and found[0] < 0.5 and 0.7 < found[3] < 1 and found[-1] == 1


def test_the_list_is_the_best_of_the_rows_in_the_probed_lists():
    table, queries = made(Lists(24, copies=2))
    searcher = PartitionSearcher(table, probes=3)
    lists = searcher.route(queries)
    assert (lists.lengths() == 3).all()
    inside = Rows.from_lists([np.unique(np.concatenate([table.partition.rows(number) for number in lists.of(query)])) for query in range(len(queries))])
    assert_equal(searcher.search(queries, 25), Searcher(table).search(queries, 25, allow=inside))


def test_short_rows_do_not_hide_the_one_long_row_of_their_list():
    rng = np.random.default_rng(0)
    x = np.concatenate([0.01 * rng.standard_normal((300, 8)), [[5] + [0] * 7], 0.5 * np.eye(8)[rng.integers(1, 8, 100)]]).astype(np.float32)
    table = partitioned(compress(as_vectors(x), from_spec({"codec": "half"})), Lists(8))
    assert table.ids[PartitionSearcher(table, probes=1).search(np.eye(8, dtype=np.float32)[:1], 1).rows[0, 0]] == 300


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("passes", [1, 4, 8192])
def test_threads_batches_and_passes_change_nothing(monkeypatch, workers, passes):
    table, queries = made(Lists(24, copies=2))
    whole = PartitionSearcher(table, probes=6, workers=1).search(queries, 20)
    monkeypatch.setattr(module, "PASS_BLOCKS", passes)
    monkeypatch.setattr(module, "PASS_QUERIES", 5)
    searcher = PartitionSearcher(table, probes=6, workers=workers)
    assert_equal(searcher.search(queries, 20), whole)
    for number in range(len(queries)):
        alone = searcher.search(queries[number : number + 1], 20)
        np.testing.assert_array_equal(alone.rows[0], whole.rows[number])


@pytest.mark.parametrize("lists", [Lists(24), Lists(24, copies=2), Lists(24, arrange=False)])
@pytest.mark.parametrize("spec", [{"codec": "scalar", "bits": 2}, LAYERED])
def test_filters_changes_and_compaction_as_exhaustive_search_has_them(lists, spec):
    table, queries = made(lists, spec)
    rng = np.random.default_rng(1)
    changed = table.remove(table.ids[rng.random(1200) < 0.2]).add(as_vectors(vectors(80, seed=3)[0], np.arange(80) * 3 + 1))
    for one in (table, changed, changed.compact()):
        barred = Rows.from_lists([rng.choice(one.count, 70, replace=False) for _ in queries])
        for filters in ({}, {"exclude": barred}, {"allow": barred}, {"allow": rng.random(one.count) < 0.1}, {"allow": rng.random(one.count) < 0.7}):
            assert_equal(PartitionSearcher(one, probes=24).search(queries, 25, **filters), Searcher(one).search(queries, 25, **filters))


def test_added_rows_are_found_in_their_lists_at_once():
    table, _ = made()
    fresh = 1.5 * table.decode(np.arange(0, 1200, 24))
    ids = 10_000 + np.arange(50)
    more = table.add(as_vectors(fresh, ids))
    for one in (more, more.compact()):
        searcher = PartitionSearcher(one, probes=4)
        found = searcher.ids(searcher.search(fresh, 40))
        assert (found == ids[:, None]).any(axis=1).mean() > 0.8


def test_a_filter_looks_further_until_as_many_rows_are_open():
    table, queries = made(Lists(48))
    allow = np.random.default_rng(2).random(1200) < 0.05
    best = PartitionSearcher(table, probes=8).search(queries, 10, allow=allow)
    exact = Searcher(table).search(queries, 10, allow=allow)
    assert np.mean([np.isin(a, b).mean() for a, b in zip(exact.rows, best.rows, strict=True)]) > 0.95
    nobody = PartitionSearcher(table, probes=8).search(queries, 10, allow=np.zeros(1200, np.bool_))
    assert (nobody.rows == -1).all() and (nobody.scores == -np.inf).all()
    one = PartitionSearcher(table, probes=1).search(queries, 10, allow=np.arange(1200) == 77)
    assert (one.rows[:, 0] == 77).all() and (one.rows[:, 1:] == -1).all()


def test_fewer_rows_in_the_lists_than_asked_for():
    table, queries = made(Lists(1200))
    found = PartitionSearcher(table, probes=3).search(queries, 10)
    assert ((found.rows >= 0).sum(axis=1) == 3).all() and (found.scores[:, 3:] == -np.inf).all()
    assert (PartitionSearcher(table, probes=3).ids(found)[:, 3:] == -1).all()


def test_equal_rows_come_by_number():
    x = np.repeat(vectors(30)[0], 20, axis=0)
    table = partitioned(compress(as_vectors(x), from_spec({"codec": "half"})), Lists(9))
    queries = vectors()[1]
    assert_equal(PartitionSearcher(table, probes=9).search(queries, 33), Searcher(table).search(queries, 33))


def test_a_mapped_table_packs_only_the_lists_that_are_asked_for(tmp_path):
    table, queries = made(Lists(60))
    searcher = PartitionSearcher(load(save(table, tmp_path)), probes=2)
    searcher.search(queries[:1], 5)
    part = searcher._parts[0]
    assert part.ready == 2
    searcher.search(queries, 5, probes=60)
    assert part.ready == 60


def test_many_threads_that_pack_the_same_lists_get_the_same_answers():
    table, queries = made(Lists(40, copies=2))
    expected = PartitionSearcher(table, probes=9, workers=1).search(queries, 15)
    searcher = PartitionSearcher(table, probes=9, workers=2)
    with ThreadPoolExecutor(16) as pool:
        for found in pool.map(lambda _: searcher.search(queries, 15), range(48)):
            assert_equal(found, expected)


def test_groups_of_lists_route_as_all_lists_do(monkeypatch):
    table, queries = made(Lists(400, groups=20), rows=4000)
    searcher = PartitionSearcher(table, probes=12)
    grouped = searcher.route(queries)
    monkeypatch.setattr("rankfold.search.routing.GROUPED_LISTS", 1000)
    flat = searcher.route(queries)
    assert (grouped.lengths() == 12).all() and np.mean([np.isin(flat.of(q), grouped.of(q)).mean() for q in range(9)]) > 0.9


@pytest.mark.parametrize("bad", [{"probes": 0}, {"probes": True}, {"probes": 2.0}, {"probes": None}, {"probes": 2, "refine": 0}, {"probes": 2, "refine": 10}])
def test_settings_that_cannot_be_are_refused(bad):
    with pytest.raises(InputError):
        PartitionSearcher(made()[0], **bad)


def test_bad_questions_are_refused():
    table, queries = made()
    searcher = PartitionSearcher(table, probes=2)
    nan = queries.copy()
    nan[3, 2] = np.nan
    for bad in (lambda: searcher.search(nan, 5), lambda: searcher.search(queries, 0), lambda: searcher.search(queries[:, :5], 5)):
        with pytest.raises(InputError):
            bad()
    for bad in (0, True, 1.5):
        with pytest.raises(InputError, match="probes"):
            searcher.search(queries, 5, probes=bad)
    with pytest.raises(InputError, match="no partition"):
        PartitionSearcher(compress(as_vectors(vectors()[0]), from_spec({"codec": "half"})), probes=2)

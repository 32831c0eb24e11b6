"""A searcher returns the exact top k over the decoded rows: masks, ties, several segments, threads, the second pass."""

from functools import cache

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.search import Rows, Searcher
from rankfold.search import searcher as module
from rankfold.vectors import as_vectors


def oracle(table, queries, k, *, exclude=None, allow=None):
    """Every decoded row scored and sorted, the slow way."""
    scores = np.einsum("qd,nd->qn", queries.astype(np.float64), table.decode().astype(np.float64))
    if table.alive is not None:
        scores[:, ~table.alive] = -np.inf
    if allow is not None:
        barred = ~allow if isinstance(allow, np.ndarray) else ~np.array([np.isin(np.arange(table.count), allow.of(query)) for query in range(allow.count)])
        scores[np.broadcast_to(barred, scores.shape)] = -np.inf
    for query in range(queries.shape[0]):
        if exclude is not None:
            scores[query, exclude.of(query)] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, order, axis=1)
    return np.where(best > -np.inf, order, -1), best


def assert_same_list(ranking, rows, scores):
    """Same scores place by place, and the same rows wherever neighbours in the list are clearly apart."""
    finite = scores > -np.inf
    np.testing.assert_array_equal(ranking.rows >= 0, finite)
    scale = np.abs(scores[finite]).max(initial=1.0)
    np.testing.assert_allclose(ranking.scores[finite], scores[finite], atol=2e-5 * scale)
    gaps = np.abs(np.diff(np.where(finite, scores, -1e30), axis=1, append=-2e30))
    apart = (gaps > 1e-4 * scale) & (np.roll(gaps, 1, axis=1) > 1e-4 * scale)
    apart[:, 0] = gaps[:, 0] > 1e-4 * scale
    apart[:, -1] = False
    np.testing.assert_array_equal(ranking.rows[apart & finite], rows[apart & finite])


def made(spec=None, rows=700, dim=24, seed=0, **more):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, dim)).astype(np.float32)
    return compress(as_vectors(x, np.arange(rows) * 3), from_spec(spec or {"codec": "half"}), **more), rng.standard_normal((9, dim)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 64, 100, 4096])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_blocks_and_threads_change_nothing(block, workers):
    table, queries = made()
    whole = Searcher(table, workers=1).search(queries, 20)
    some = Searcher(table, block=block, workers=workers).search(queries, 20)
    np.testing.assert_array_equal(some.rows, whole.rows)
    np.testing.assert_array_equal(some.scores, whole.scores)
    assert_same_list(whole, *oracle(table, queries, 20))


def test_a_query_gets_the_same_list_alone_and_in_a_batch():
    table, queries = made({"codec": "pq", "groups": 4})
    searcher = Searcher(table, workers=1)
    together = searcher.search(queries, 15)
    for number in range(queries.shape[0]):
        alone = searcher.search(queries[number : number + 1], 15)
        np.testing.assert_array_equal(alone.rows[0], together.rows[number])
        np.testing.assert_allclose(alone.scores[0], together.scores[number], rtol=1e-6)


def test_equal_scores_go_by_row_number():
    x = np.tile(np.array([[1.0, 0.0], [0.0, 1.0]], np.float32), (50, 1))
    table = compress(as_vectors(x), from_spec({"codec": "half"}))
    ranking = Searcher(table, block=7, workers=2).search(np.array([[1.0, 0.0]], np.float32), 60)
    np.testing.assert_array_equal(ranking.rows[0], np.concatenate([np.arange(0, 100, 2), np.arange(1, 21, 2)]))


def test_masks_exclusions_and_removed_rows():
    table, queries = made()
    table = table.remove(np.array([0, 3, 30]))
    exclude = Rows.from_lists([[1, 2, 3, 100]] * 4 + [[]] + [[699]] * 4)
    allow = np.arange(700) % 3 != 0
    searcher = Searcher(table, block=50, workers=2)
    ranking = searcher.search(queries, 30, exclude=exclude, allow=allow)
    assert_same_list(ranking, *oracle(table, queries, 30, exclude=exclude, allow=allow))
    assert 1 not in ranking.rows[:4] and not np.isin(ranking.rows, [10]).any()
    assert (ranking.rows % 3 != 0).all()


def test_fewer_rows_than_asked_for_leaves_gaps_at_the_end():
    table, queries = made(rows=5)
    ranking = Searcher(table).search(queries, 8, allow=np.array([True, False, True, True, False]))
    assert (ranking.rows[:, 3:] == -1).all() and (ranking.scores[:, 3:] == -np.inf).all()
    assert (np.sort(ranking.rows[:, :3], axis=1) == [0, 2, 3]).all()
    ids = Searcher(table).ids(ranking)
    assert (np.sort(ids[:, :3], axis=1) == [0, 6, 9]).all() and (ids[:, 3:] == -1).all()


@pytest.mark.parametrize(
    "spec", [{"codec": "pq", "groups": 6}, {"codec": "residual", "levels": 4}, {"codec": "sign"}, {"codec": "normed", "inner": {"codec": "pq", "groups": 4}}]
)
def test_rounded_scans_still_give_the_exact_list(spec):
    table, queries = made(spec, rows=1500)
    # A spiky query makes eight-bit tables coarse, so that the second pass has work to do.
    queries[0] *= np.float32(0.01)
    queries[0, 3] = 50.0
    ranking = Searcher(table, block=128).search(queries, 10)
    assert_same_list(ranking, *oracle(table, queries, 10))


def test_the_second_pass_finds_rows_that_rounding_hid():
    table, queries = made(rows=900)
    searcher = Searcher(table, block=200, workers=2)
    for block in searcher._blocks:
        exact_scan = block.segment.codec

        class Rounded(type(exact_scan)):
            def scan(self, prepared, packed, out):
                super().scan(prepared, packed, out)
                np.round(out / 8, out=out)
                out *= 8
                return np.full(out.shape[0], 4.1, np.float32)

        object.__setattr__(block.segment, "codec", Rounded())
    assert_same_list(searcher.search(queries, 10), *oracle(table, queries, 10))


def test_rerank_orders_by_the_better_table():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((800, 32)).astype(np.float32)
    coarse = compress(as_vectors(x), from_spec({"codec": "sign"}))
    fine = compress(as_vectors(x), from_spec({"codec": "half"}))
    queries = rng.standard_normal((20, 32)).astype(np.float32)
    exact, _ = oracle(fine, queries, 10)
    plain = Searcher(coarse).search(queries, 10)
    second = Searcher(coarse, rerank=fine, oversample=20).search(queries, 10)
    overlap = [np.mean([np.isin(a, b).mean() for a, b in zip(ranking.rows, exact, strict=True)]) for ranking in (plain, second)]
    assert overlap[1] > overlap[0] + 0.1
    np.testing.assert_allclose(second.scores, np.take_along_axis(queries @ fine.decode().T, second.rows, axis=1), atol=1e-4)


def test_refusals():
    table, queries = made()
    with pytest.raises(InputError, match="k: got 0"):
        Searcher(table).search(queries, 0)
    with pytest.raises(InputError, match="24"):
        Searcher(table).search(queries[:, :5], 3)
    with pytest.raises(InputError, match="exclude: got lists for 2"):
        Searcher(table).search(queries, 3, exclude=Rows.from_lists([[1], [2]]))
    with pytest.raises(InputError, match="exclude"):
        Searcher(table).search(queries, 3, exclude=Rows.from_lists([[700]] * 9))
    with pytest.raises(InputError, match="allow"):
        Searcher(table).search(queries, 3, allow=np.ones(3, bool))
    with pytest.raises(InputError, match="rerank"):
        Searcher(table, rerank=made(rows=10)[0])


def test_queries_of_another_space_are_refused():
    x = np.eye(8, dtype=np.float32)
    table = compress(as_vectors(x, space="als-1"), from_spec({"codec": "half"}))
    with pytest.raises(InputError, match="als-2.*als-1"):
        Searcher(table).search(as_vectors(x, space="als-2"), 1)
    np.testing.assert_array_equal(Searcher(table).search(as_vectors(x, space="als-1"), 1).rows[:, 0], np.arange(8))


FILTERED = {"int8": {"codec": "int8"}, "pq": {"codec": "pq", "groups": 6}, "residual": {"codec": "residual", "levels": 2, "refits": 1}}


@cache
def two_segments(name):
    """2,300 rows in two segments, two of them removed, and queries."""
    table, queries = made(FILTERED[name], rows=2000)
    more = as_vectors(np.random.default_rng(3).standard_normal((300, 24)).astype(np.float32), np.arange(9000, 9300))
    return table.add(more).remove(np.array([0, 9000])), queries


@pytest.mark.parametrize("codec", FILTERED)
@pytest.mark.parametrize("share", [0.5, 0.05, 0.005, "few neighbours", 0])
def test_lists_are_exact_under_filters_of_every_share(codec, share):
    table, queries = two_segments(codec)
    rng = np.random.default_rng(4)
    allow = np.zeros(2300, np.bool_)
    allow[np.arange(1000, 1030) if share == "few neighbours" else rng.choice(2300, int(2300 * share), replace=False)] = True
    exclude = Rows.from_lists([rng.choice(np.flatnonzero(allow), min(3, int(allow.sum())), replace=False) for _ in range(9)])
    searcher = Searcher(table, block=128, workers=2)
    for asked in (queries[:1], queries):
        part = exclude.slice(0, len(asked))
        assert_same_list(searcher.search(asked, 20, exclude=part, allow=allow), *oracle(table, asked, 20, exclude=part, allow=allow))


def test_each_query_may_have_its_own_rows_few_or_many(monkeypatch):
    monkeypatch.setattr(module, "ALONE_ROWS", 0)
    table, queries = made({"codec": "pq", "groups": 6}, rows=2000)
    table = table.remove(np.array([3, 6]))
    rng = np.random.default_rng(5)
    allow = Rows.from_lists([rng.choice(2000, size, replace=False) for size in (0, 1, 10, 40, 60, 500, 1990, 2000)] + [[1, 2]])
    exclude = Rows.from_lists([rng.choice(2000, 200, replace=False) for _ in range(9)])
    for searcher in (Searcher(table, block=256, workers=2), Searcher(table, rerank=table, oversample=2)):
        for some in (allow, Rows.from_lists([range(0, 2000, 2)] * 9)):
            ranking = searcher.search(queries, 30, exclude=exclude, allow=some)
            assert_same_list(ranking, *oracle(table, queries, 30, exclude=exclude, allow=some))


def test_given_candidates_get_the_scores_of_a_search():
    table, queries = made(rows=300)
    fine = compress(as_vectors(table.decode(), table.ids), from_spec({"codec": "int8"}))
    table = table.remove(np.array([0]))
    candidates = Rows.from_lists([[0, 5, 9]] + [[]] * 7 + [range(300)])
    for searcher, scored in ((Searcher(table), table), (Searcher(table, rerank=fine), fine)):
        scores = searcher.score(queries, candidates)
        assert scores.dtype == np.float32 and scores[0] == -np.inf and scores[3] == -np.inf
        expected = np.einsum("nd,nd->n", queries[candidates.queries()], scored.decode(candidates.values))
        np.testing.assert_allclose(scores[scores > -np.inf], expected[scores > -np.inf], atol=1e-4)
    with pytest.raises(InputError, match="candidates: got lists for 1"):
        Searcher(table).score(queries, Rows.from_lists([[1]]))


def test_similar_rows_leave_themselves_out():
    rng = np.random.default_rng(6)
    centres = np.eye(8, dtype=np.float32)[np.arange(200) % 8] * 4
    table = compress(as_vectors(centres + 0.1 * rng.standard_normal((200, 8)).astype(np.float32)), from_spec({"codec": "half"})).remove(np.array([9]))
    searcher = Searcher(table)
    ranking = searcher.similar(np.array([1, 3, 1]), 10)
    assert ((ranking.rows - np.array([[1], [3], [1]])) % 8 == 0).all() and not (ranking.rows == np.array([[1], [3], [1]])).any() and 9 not in ranking.rows
    np.testing.assert_array_equal(ranking.rows[0], ranking.rows[2])
    without = searcher.similar(np.array([1, 3]), 10, exclude=Rows.from_lists([ranking.rows[0], []]), allow=np.arange(200) != ranking.rows[1, 0])
    assert not np.isin(without.rows[0], ranking.rows[0]).any() and without.rows[1, 0] == ranking.rows[1, 1]
    for wrong, message in ((np.array([9]), "row 9, which was removed"), (np.array([200]), "whole numbers from 0 to 199"), (np.empty(0, np.int64), "got none")):
        with pytest.raises(InputError, match=message):
            searcher.similar(wrong, 3)
    with pytest.raises(InputError, match="exclude: got lists for 1 queries; expected 2"):
        searcher.similar(np.array([1, 2]), 3, exclude=Rows.empty(1))

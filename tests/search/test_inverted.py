"""Inverted search gives the exact list by codes; with few lists it states what it misses."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.arrays import unit_rows
from rankfold.codecs import from_spec
from rankfold.codes import Codes
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.search import InvertedSearcher, Rows, Searcher, inverted, postings
from rankfold.search.inverted import strongest
from rankfold.table import Segment, Table, encode_rows
from rankfold.vectors import as_vectors

SPEC = {"codec": "sparse", "nonzeros": 6, "dictionary": 128}


def vectors(rows, seed=0, dim=16):
    rng = np.random.default_rng(seed)
    return unit_rows((rng.standard_normal((rows, dim)) * np.linspace(2, 0.5, dim)).astype(np.float32))


def coded(x, atoms=128, seed=0, every=3):
    """A table of the rows by atoms that are as good as any here, drawn at random: nothing need be learned."""
    rng = np.random.default_rng(seed)
    one = from_spec(SPEC | {"dictionary": atoms})
    state = one.with_dictionary(unit_rows(rng.standard_normal((atoms, x.shape[1])).astype(np.float32)), x, np.ones(len(x), np.float32), rng)
    return Table(x.shape[1], True, np.arange(len(x)) * every, (Segment(one, state, Codes(encode_rows(one, state, x)), 0),))


@pytest.fixture(scope="module")
def table():
    return coded(vectors(1500))


def dense_codes(table):
    """The codes of a table's rows as vectors of all latents (n, h)."""
    parts = []
    for segment in table.segments:
        index, value = segment.codec.latents(segment.state, segment.codes)
        spread = np.zeros((segment.count, segment.state["atoms"].shape[0]))
        np.add.at(spread, (np.arange(segment.count)[:, None], index), value)
        parts.append(spread)
    return np.concatenate(parts)


def brute_force(table, codes, k, exclude=None, allow=None):
    """Every pair of codes multiplied and sorted, the slow way."""
    scores = codes.astype(np.float64) @ dense_codes(table).T
    if table.alive is not None:
        scores[:, ~table.alive] = -np.inf
    if allow is not None:
        scores[:, ~allow] = -np.inf
    for query in range(len(codes)):
        if exclude is not None:
            scores[query, exclude.of(query)] = -np.inf
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, order, axis=1)
    return np.where(best > -np.inf, order, -1), best


def assert_same_list(ranking, rows, scores):
    """The same scores, and the same rows where neighbours are apart."""
    count, finite = scores.shape[1], scores > -np.inf
    np.testing.assert_array_equal(ranking.rows[:, :count] >= 0, finite)
    assert (ranking.rows[:, count:] == -1).all()
    np.testing.assert_allclose(ranking.scores[:, :count][finite], scores[finite], atol=1e-5 * np.abs(scores[finite]).max(initial=1))
    gaps = np.abs(np.diff(np.maximum(scores, -1e6), axis=1, prepend=1e6, append=-2e6))
    apart = (np.minimum(gaps[:, :-1], gaps[:, 1:]) > 1e-4) & finite
    apart[:, -1] = False
    np.testing.assert_array_equal(ranking.rows[:, :count][apart], rows[apart])


def codes_of(table, rows):
    segment = table.segments[0]
    return segment.codec.latents(segment.state, segment.codes.rows(rows))


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("window", [64, 500, 16_384])
def test_by_codes_is_exact(table, monkeypatch, window, workers):
    monkeypatch.setattr(postings, "WINDOW_ROWS", window)
    queries = vectors(9, seed=5)
    searcher = InvertedSearcher(table, workers=workers)
    assert searcher.recall(10) == 1.0
    ranking = searcher.search(queries, 25)
    assert_same_list(ranking, *brute_force(table, searcher._coded(queries)[0], 25))


def test_given_codes_search_as_the_rows_they_are_of(table):
    index, value = codes_of(table, np.arange(40))
    ranking = InvertedSearcher(table).search_codes(index, value, 12)
    assert_same_list(ranking, *brute_force(table, dense_codes(table)[:40], 12))
    assert (value < 0).any()  # signs matter: the same magnitudes rank otherwise
    assert not np.array_equal(InvertedSearcher(table).search_codes(index, np.abs(value), 12).rows, ranking.rows)


def test_masks_removed_and_added_rows(table):
    more = table.remove(np.array([0, 9, 30])).add(as_vectors(vectors(70, seed=8), np.arange(70) * 3 + 1))
    index, value = codes_of(table, np.arange(30))
    exclude, allow = Rows.from_lists([[1, 5, 1510, 1511]] * 29 + [[]]), np.arange(1570) % 4 != 2
    searcher = InvertedSearcher(more, workers=2)
    ranking = searcher.search_codes(index, value, 40, exclude=exclude, allow=allow)
    assert_same_list(ranking, *brute_force(more, dense_codes(table)[:30], 40, exclude, allow))
    assert (ranking.rows >= 1500).any() and not np.isin(ranking.rows, [0, 3, 10]).any()
    assert (searcher.ids(ranking)[ranking.rows == 1501] == 4).all()


def test_segments_of_two_dictionaries_are_each_asked_in_their_own(table):
    other = coded(vectors(300, seed=3), seed=1)
    both = Table(16, True, np.arange(1800), (*table.segments, replace(other.segments[0], first=1500)))
    queries = vectors(6, seed=9)
    searcher = InvertedSearcher(both)
    one, two = searcher._coded(queries)
    scores = np.concatenate([one.astype(np.float64) @ dense_codes(table).T, two.astype(np.float64) @ dense_codes(other).T], axis=1)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :15]
    assert_same_list(searcher.search(queries, 15), order, np.take_along_axis(scores, order, axis=1))
    with pytest.raises(InputError, match="2 dictionaries; expected by='codes' and one dictionary"):
        searcher.search_codes(np.zeros((1, 2), np.int64), np.ones((1, 2), np.float32), 3)


def test_ties_go_by_row_number():
    x = np.repeat(vectors(12), 20, axis=0)
    ranking = InvertedSearcher(coded(x)).search(x[:1], 20)
    assert ranking.rows[0].tolist() == list(range(20)) and len(set(ranking.scores[0].tolist())) == 1


def test_lists_may_be_empty(table):
    whole = table.segments[0]
    few = replace(table, ids=table.ids[:40], segments=(replace(whole, codes=whole.codes.rows(slice(0, 40))),))
    unused = np.setdiff1d(np.arange(128), codes_of(few, np.arange(40))[0])
    ranking = InvertedSearcher(few).search_codes(unused[None, :3], np.ones((1, 3), np.float32), 30)
    assert ranking.rows[0].tolist() == list(range(30)) and (ranking.scores == 0).all()
    mixed = np.concatenate([unused[:2], codes_of(few, np.arange(1))[0][0]])[None]
    spread = np.zeros((1, 128))
    spread[0, mixed[0]] = -1
    assert_same_list(InvertedSearcher(few).search_codes(mixed, np.full(mixed.shape, -1, np.float32), 30), *brute_force(few, spread, 30))


def test_more_places_than_rows(table):
    small = coded(vectors(9), atoms=8)
    ranking = InvertedSearcher(small).search(vectors(2), 15, allow=np.arange(9) != 4)
    assert (ranking.rows[:, 8:] == -1).all() and (ranking.scores[:, 8:] == -np.inf).all()
    assert_same_list(ranking, *brute_force(small, InvertedSearcher(small)._coded(vectors(2))[0], 15, allow=np.arange(9) != 4))
    few = InvertedSearcher(table, by="vectors", lists=5).search(vectors(2), 3000)
    assert few.rows.shape == (2, 3000) and (few.rows[:, :1500] >= 0).all() and (few.rows[:, 1500:] == -1).all()


@pytest.mark.parametrize("most", [10, 400])
def test_coarse_bytes_still_give_the_exact_list(table, monkeypatch, most):
    monkeypatch.setattr(postings, "MOST_VALUE", 2)  # values in five steps: candidates alone prove nothing
    monkeypatch.setattr(inverted, "MOST_KEPT", most)
    searcher = InvertedSearcher(table.remove(np.array([33, 66])), workers=1)
    queries, exclude = vectors(5, seed=6), Rows.from_lists([[4, 5]] * 5)
    allow = np.arange(1500) % 7 != 1
    ranking = searcher.search(queries, 10, exclude=exclude, allow=allow)
    assert_same_list(ranking, *brute_force(searcher.table, searcher._coded(queries)[0], 10, exclude, allow))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 4), terms=st.integers(1, 9), k=st.integers(1, 60))
def test_any_codes(table, seed, count, terms, k):
    rng = np.random.default_rng(seed)
    index, value = rng.integers(0, 128, (count, terms)), rng.standard_normal((count, terms)).astype(np.float32)  # latents may come twice
    value[rng.random((count, terms)) < 0.2] = 0
    spread = np.zeros((count, 128))
    np.add.at(spread, (np.arange(count)[:, None], index), value)
    assert_same_list(InvertedSearcher(table, workers=1).search_codes(index, value, k), *brute_force(table, spread, k))


def test_the_bound_holds(table):
    part = postings.postings_of(InvertedSearcher(table).table.segments[0])
    weight = np.random.default_rng(0).standard_normal((20, 128)).astype(np.float32)
    weight[:10, 8:] = 0
    latent, share = strongest(weight, None)
    rows, scores = np.full((20, 1500), -1, np.int64), np.full((20, 1500), -np.inf, np.float32)
    none = np.empty(0, np.uint8), np.zeros(21, np.int64), np.empty(0, np.int64)
    postings.search_postings(part, 0, part.windows, (latent, share, *none), scores, rows)
    exact = np.take_along_axis(weight.astype(np.float64) @ dense_codes(table).T, rows, axis=1)
    assert (np.abs(scores - exact) <= part.bound(latent, share)[:, None]).all()
    assert (part.bound(latent, share) < 0.1 * np.linalg.norm(weight, axis=1)).all()


def test_three_bytes_a_nonzero(table):
    searcher = InvertedSearcher(table)
    assert searcher._parts[0].local.nbytes + searcher._parts[0].value.nbytes == 3 * np.count_nonzero(dense_codes(table))
    assert searcher.nbytes < (3 * 6 + 1) * 1500 + 16 * 128


def test_by_vectors_all_lists_and_all_rows_are_the_whole_search(table):
    queries, exclude = vectors(12, seed=2), Rows.from_lists([[3, 4]] * 12)
    whole = Searcher(table).search(queries, 10, exclude=exclude)
    found = InvertedSearcher(table, by="vectors", lists=128, refine=1500).search(queries, 10, exclude=exclude)
    np.testing.assert_array_equal(found.rows, whole.rows)
    np.testing.assert_allclose(found.scores, whole.scores, rtol=1e-6)


def test_more_lists_find_more_and_recall_says_so(table):
    queries = vectors(40, seed=4)
    for by, counts in (("vectors", (4, 16, 64)), ("codes", (1, 3, 6))):
        exact = (Searcher(table) if by == "vectors" else InvertedSearcher(table)).search(queries, 10)
        shares, stated = [], []
        for lists in counts:
            searcher = InvertedSearcher(table, by=by, lists=lists, refine=60)
            found = searcher.search(queries, 10)
            shares.append(np.mean([np.isin(a, b).mean() for a, b in zip(exact.rows, found.rows, strict=True)]))
            stated.append(searcher.recall(10, sample=60))
        assert shares[0] < shares[1] <= shares[2] and shares[2] > 0.9
        assert stated[0] < stated[2] <= 1 and stated[2] > 0.9
        assert searcher.recall(10, sample=60) == stated[2]


def test_scores_by_vectors_are_those_of_the_whole_search(table):
    queries = vectors(4, seed=12)
    found = InvertedSearcher(table, by="vectors", lists=20).search(queries, 8)
    np.testing.assert_allclose(found.scores, np.einsum("qd,qkd->qk", queries, table.decode()[found.rows]), rtol=1e-4, atol=1e-5)


def test_queries_of_zeros_get_the_first_rows(table):
    ranking = InvertedSearcher(table).search(np.zeros((1, 16), np.float32), 5)
    assert ranking.rows.tolist() == [[0, 1, 2, 3, 4]] and (ranking.scores == 0).all()


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"by": "rows"}, "by: got 'rows'; expected one of codes, vectors"),
        ({"lists": 0}, "lists: got 0"),
        ({"lists": 3, "refine": 1.5}, "refine: got 1.5"),
        ({"by": "vectors"}, "lists: got None"),
        ({"refine": 10}, "lists: got None"),
    ],
)
def test_settings_are_refused(table, settings, match):
    with pytest.raises(InputError, match=match):
        InvertedSearcher(table, **settings)


def test_bad_questions_are_refused(table):
    searcher, queries = InvertedSearcher(table), vectors(2)
    with pytest.raises(InputError, match="queries: .*nan|queries: .*finite"):
        searcher.search(np.full((1, 16), np.nan, np.float32), 3)
    with pytest.raises(InputError, match="got 15 dimensions"):
        searcher.search(queries[:, :15].copy(), 3)
    with pytest.raises(InputError, match="k: got 0"):
        searcher.search(queries, 0)
    with pytest.raises(InputError, match="exclude: got lists for 1"):
        searcher.search(queries, 3, exclude=Rows.from_lists([[1]]))
    with pytest.raises(InputError, match="exclude: got row number 1500"):
        searcher.search(queries, 3, exclude=Rows.from_lists([[1500], []]))
    with pytest.raises(InputError, match="allow"):
        searcher.search(queries, 3, allow=np.ones(3, bool))
    for index, value, match in (
        ([[0, 128]], [[1.0, 1.0]], "index: got latents from 0 to 128; expected 0 to 127"),
        ([[0.5]], [[1.0]], "index: got"),
        ([[0, 1]], [[1.0]], "value: got"),
        ([[0], [1]], [[1.0]], r"value: got shape \(1, 1\); expected \(2, 1\)"),
        ([[0]], [[np.inf]], "value: "),
    ):
        with pytest.raises(InputError, match=match):
            searcher.search_codes(np.array(index), np.array(value, np.float32), 3)
    with pytest.raises(InputError, match="by vectors of 1 dictionaries"):
        InvertedSearcher(table, by="vectors", lists=3).search_codes(np.array([[0]]), np.array([[1.0]], np.float32), 3)


def test_a_table_without_latents_is_refused():
    with pytest.raises(InputError, match="half has no latents to search by"):
        InvertedSearcher(compress(as_vectors(np.eye(8, dtype=np.float32)), from_spec({"codec": "half"})))

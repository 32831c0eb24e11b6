import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate import exact
from rankfold.evaluate.exact import ExactSearcher
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 9))
def test_it_is_a_full_sort_with_ties_by_row_number(seed, items, k):
    rng = np.random.default_rng(seed)
    vectors, queries = rng.integers(-2, 3, (items, 3)).astype(np.float32), rng.integers(-2, 3, (5, 3)).astype(np.float32)
    seen = Rows.from_lists([rng.integers(0, items, rng.integers(0, items + 1)) for _ in range(5)])
    allow = rng.random(items) < 0.8
    ranking = ExactSearcher(as_vectors(vectors, zero_rows="keep")).search(queries, k, exclude=seen, allow=allow)
    scores = queries @ vectors.T
    for query in range(5):
        order = [row for row in np.lexsort((np.arange(items), -scores[query])) if allow[row] and row not in seen.of(query)][:k]
        assert ranking.rows[query].tolist() == order + [-1] * (k - len(order))
        assert ranking.scores[query].tolist() == [scores[query, row] for row in order] + [-np.inf] * (k - len(order))


def test_blocks_and_passes_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    once = rng.standard_normal((150, 24)).astype(np.float32)
    vectors = as_vectors(np.concatenate([once, once]))
    queries, seen = rng.standard_normal((70, 24)).astype(np.float32), Rows.from_lists([rng.integers(0, 300, 20) for _ in range(70)])
    whole = ExactSearcher(vectors).search(queries, 20, exclude=seen)
    monkeypatch.setattr(exact, "BLOCK_ROWS", 37)
    monkeypatch.setattr(exact, "PASS_QUERIES", 16)
    parted = ExactSearcher(vectors).search(queries, 20, exclude=seen)
    assert np.array_equal(parted.rows, whole.rows) and np.array_equal(parted.scores, whole.scores)
    # Every row is there twice: the copies tie and the first one comes first.
    free = ExactSearcher(vectors).search(queries, 20)
    assert np.array_equal(free.rows[:, 0::2] + 150, free.rows[:, 1::2])


def test_unit_ranks_by_cosine():
    vectors = as_vectors(np.array([[10, 0], [0.6, 0.8], [0, 0]], np.float32), zero_rows="keep")
    query = np.array([[3, 4]], np.float32)
    assert ExactSearcher(vectors).search(query, 3).rows.tolist() == [[0, 1, 2]]
    ranking = ExactSearcher(vectors, unit=True).search(query, 3)
    assert ranking.rows.tolist() == [[1, 0, 2]] and ranking.scores[0] == pytest.approx([5, 3, 0])


def test_wrong_questions_are_refused():
    searcher, query = ExactSearcher(as_vectors(np.eye(3, dtype=np.float32))), np.ones((1, 3), np.float32)
    assert searcher.count == 3
    with pytest.raises(InputError, match="queries: got 2 dimensions"):
        searcher.search(query[:, :2], 1)
    for k in (0, True, 1.5):
        with pytest.raises(InputError, match="k: got"):
            searcher.search(query, k)
    with pytest.raises(InputError, match="exclude: got lists for 2 queries"):
        searcher.search(query, 1, exclude=Rows.empty(2))
    with pytest.raises(InputError, match="exclude: got row number 3"):
        searcher.search(query, 1, exclude=Rows.from_lists([[3]]))
    with pytest.raises(InputError, match="allow"):
        searcher.search(query, 1, allow=np.ones(2, bool))

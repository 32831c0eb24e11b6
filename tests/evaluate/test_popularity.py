import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.popularity import PopularitySearcher
from rankfold.search.rows import Rows


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12).filter(any), st.data())
def test_the_most_popular_rows_that_were_not_seen(events, data):
    seen = data.draw(st.lists(st.lists(st.integers(0, len(events) - 1)), min_size=1, max_size=4))
    allow = np.array(data.draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events))))
    k = data.draw(st.integers(1, 14))
    ranking = PopularitySearcher(events).search(np.zeros((len(seen), 2), np.float32), k, exclude=Rows.from_lists(seen), allow=allow)
    for query, mine in enumerate(seen):
        left = [row for row in range(len(events)) if row not in mine and allow[row]]
        expected = sorted(left, key=lambda row: (-events[row], row))[:k]
        assert ranking.rows[query].tolist() == expected + [-1] * (k - len(expected))
        assert ranking.scores[query].tolist() == [events[row] for row in expected] + [-np.inf] * (k - len(expected))


def test_passes_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    searcher, seen = PopularitySearcher(rng.random(40)), Rows.from_lists([rng.integers(0, 40, 6) for _ in range(30)])
    whole = searcher.search(np.zeros((30, 1)), 5, exclude=seen)
    monkeypatch.setattr("rankfold.evaluate.popularity.PASS_PLACES", 40)
    assert np.array_equal(searcher.search(np.zeros((30, 1)), 5, exclude=seen).rows, whole.rows)
    assert whole.rows.dtype == np.int64 and whole.scores.dtype == np.float32 and searcher.count == 40


def test_wrong_questions_are_refused():
    searcher, queries = PopularitySearcher([1, 2]), np.zeros((2, 1), np.float32)
    with pytest.raises(InputError, match="k=0"):
        searcher.search(queries, 0)
    with pytest.raises(InputError, match="one list for each of 2 queries"):
        searcher.search(queries, 1, exclude=Rows.empty(3))
    with pytest.raises(InputError, match="exclude: got row number 5"):
        searcher.search(queries, 1, exclude=Rows.from_lists([[5], []]))

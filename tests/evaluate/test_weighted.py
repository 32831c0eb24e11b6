import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.metrics import per_query
from rankfold.evaluate.weighted import weighted_ndcg, weighted_recall
from rankfold.search.rows import Rows

PRICE = np.array([10.0, 1.0, 5.0, 0.0, 2.0])


def test_known_answers():
    rows, relevant = np.array([[1, 3, 0], [4, 2, -1], [0, 1, 2]]), Rows.from_lists([[0, 1], [2], [3]])
    ndcg, recall = weighted_ndcg(PRICE, k=3, by="price"), weighted_recall(PRICE, k=2, by="price")
    assert (ndcg.name, recall.name) == ("ndcg@3 by price", "recall@2 by price")
    # Query 0 finds worth 1 in place one and 10 in place three; the best order is 10, then 1.
    assert ndcg.per_query(rows, relevant)[:2] == pytest.approx([(1 + 10 / 2) / (10 + 1 / np.log2(3)), 1 / np.log2(3)])
    assert recall.per_query(rows, relevant)[:2] == pytest.approx([1 / 11, 1.0])
    # Nothing that query 2 should find is worth anything.
    assert np.isnan(ndcg.per_query(rows, relevant)[2]) and np.isnan(recall.per_query(rows, relevant)[2])


@settings(deadline=None)
@given(st.data())
def test_equal_worth_is_the_plain_metric_and_no_order_beats_the_best(data):
    n, k = data.draw(st.integers(2, 12)), data.draw(st.integers(1, 12))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    rows = np.array([rng.permutation(n) for _ in range(5)])
    rows = np.pad(rows, ((0, 0), (0, 12)), constant_values=-1)[:, :k]
    relevant = Rows.from_lists([rng.choice(n, rng.integers(1, n + 1), replace=False) for _ in range(5)])
    hits = relevant.holds(rows)
    for kind, make in (("ndcg", weighted_ndcg), ("recall", weighted_recall)):
        np.testing.assert_allclose(make(np.full(n, 3.5), k=k).per_query(rows, relevant), per_query(kind, k, hits, relevant.lengths()), atol=1e-12)
    worth = rng.random(n)
    best = Rows.from_lists([range(n)] * 1)
    order = np.pad(np.argsort(-worth)[None, :], ((0, 0), (0, 12)), constant_values=-1)[:, :k]
    assert weighted_ndcg(worth, k=k).per_query(order, best)[0] == pytest.approx(1)
    assert (weighted_ndcg(worth, k=k).per_query(rows, relevant) <= 1 + 1e-12).all()


@pytest.mark.parametrize("worth", [[], [[1.0]], ["a"], [-1.0, 2.0], [np.nan, 1.0], [np.inf, 1.0], [0.0, 0.0]])
def test_worths_that_are_none_are_refused(worth):
    with pytest.raises(InputError, match="worth"):
        weighted_ndcg(worth)


def test_rows_without_a_worth_are_refused():
    with pytest.raises(InputError, match="row 7 was found"):
        weighted_recall([1.0, 2.0]).per_query(np.array([[7]]), Rows.from_lists([[0]]))
    with pytest.raises(InputError, match="relevant: got row number 2"):
        weighted_ndcg([1.0, 2.0]).per_query(np.array([[0]]), Rows.from_lists([[2]]))

"""Every measure against a library that shares no code with it, to 1e-9. The named metrics are held to ir-measures in test_metrics.py."""

import ir_measures
import numpy as np
import pytest
from scipy.stats import kendalltau
from sklearn.manifold import trustworthiness
from sklearn.metrics import log_loss, mean_squared_error, ndcg_score, roc_auc_score

from rankfold.arrays import unit_rows
from rankfold.evaluate.auc import group_auc
from rankfold.evaluate.calibration import calibration_error
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.fidelity import kendall_tau, rank_biased_overlap
from rankfold.evaluate.neighbours import neighbourhoods
from rankfold.evaluate.task import Task
from rankfold.evaluate.weighted import weighted_ndcg
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors

CLOSE = {"rtol": 0, "atol": 1e-9}
# Two lists and rbo.RankingSimilarity(first, second).rbo_ext(p=0.9) of the package rbo 0.1.3, which does not install beside NumPy 2.
RBO = [
    ([1], [1], 1.0),
    ([0], [1], 0.0),
    ([1], [1], 1.0),
    ([2, 1], [2, 1], 1.0),
    ([3, 0], [2, 3], 0.45),
    ([1, 2], [0, 2], 0.45),
    ([6, 5, 4, 7, 2], [3, 1, 4, 7, 5], 0.45711),
    ([0, 3, 1, 7, 5], [5, 2, 4, 3, 6], 0.28066500000000005),
    ([2, 0, 4, 5, 6], [4, 3, 0, 5, 7], 0.502335),
    ([5, 0, 6, 8, 15, 14, 11, 4, 13, 3], [13, 10, 4, 8, 6, 14, 9, 12, 15, 5], 0.42057654415714285),
    ([7, 10, 2, 12, 11, 14, 13, 3, 4, 8], [5, 13, 15, 1, 10, 11, 3, 4, 7, 2], 0.3793880441571429),
    ([14, 5, 0, 15, 13, 8, 6, 1, 12, 2], [14, 7, 4, 1, 3, 11, 8, 5, 12, 15], 0.5086545119714285),
    (
        [19, 15, 14, 11, 13, 0, 5, 8, 30, 16, 12, 22, 17, 1, 18, 24, 27, 3, 25, 20],
        [26, 19, 6, 16, 18, 9, 23, 29, 10, 2, 14, 11, 0, 21, 27, 1, 3, 5, 13, 12],
        0.3050855786795693,
    ),
    (
        [9, 4, 25, 10, 18, 7, 21, 1, 23, 26, 20, 24, 13, 30, 3, 2, 14, 6, 11, 12],
        [4, 10, 0, 13, 30, 29, 26, 15, 17, 1, 24, 19, 25, 21, 14, 12, 9, 27, 5, 18],
        0.4078684208365357,
    ),
    (
        [9, 12, 13, 21, 18, 17, 3, 6, 30, 1, 2, 27, 19, 24, 11, 22, 4, 14, 28, 0],
        [17, 29, 0, 11, 1, 24, 27, 23, 13, 8, 7, 19, 30, 14, 21, 3, 9, 20, 25, 15],
        0.23730262775028027,
    ),
]


@pytest.fixture(scope="module")
def setting():
    rng = np.random.default_rng(5)
    items, users = rng.standard_normal((250, 8)).astype(np.float32), rng.standard_normal((60, 8)).astype(np.float32)
    relevant = Rows.from_lists([rng.choice(250, rng.integers(1, 30), replace=False) for _ in range(60)])
    return rng, items, users, relevant


def test_weighted_ndcg_equals_graded_ndcg_of_trec_eval_and_of_scikit_learn(setting):
    rng, items, users, relevant = setting
    worth = rng.integers(1, 9, 250)
    ranking = ExactSearcher(as_vectors(items)).search(users, 250)
    qrels = [ir_measures.Qrel(str(query), str(row), int(worth[row])) for query in range(60) for row in relevant.of(query)]
    run = [ir_measures.ScoredDoc(str(query), str(row), -float(place)) for query in range(60) for place, row in enumerate(ranking.rows[query])]
    for k in (1, 10, 50):
        mine = weighted_ndcg(worth, k=k).per_query(ranking.rows, relevant)
        theirs = {metric.query_id: metric.value for metric in ir_measures.iter_calc([ir_measures.nDCG @ k], qrels, run)}
        np.testing.assert_allclose(mine, [theirs[str(query)] for query in range(60)], **CLOSE)
        gains = np.zeros((60, 250))
        gains[relevant.queries(), relevant.values] = worth[relevant.values]
        scores = np.empty((60, 250))
        np.put_along_axis(scores, ranking.rows, np.broadcast_to(-np.arange(250.0), (60, 250)), axis=1)
        each = [ndcg_score(gains[query : query + 1], scores[query : query + 1], k=k) for query in range(60)]
        np.testing.assert_allclose(mine, each, **CLOSE)


def test_rank_biased_overlap_equals_the_package_rbo():
    for first, second, expected in RBO:
        assert rank_biased_overlap(np.array([first]), np.array([second]))[0] == pytest.approx(expected, abs=1e-9)
        assert rank_biased_overlap(np.array([second]), np.array([first]))[0] == pytest.approx(expected, abs=1e-9)


def test_kendall_equals_scipy_on_the_common_rows(setting):
    rng = setting[0]
    first, second = (np.array([rng.permutation(30)[:20] for _ in range(40)]) for _ in range(2))
    expected = []
    for mine, exact in zip(first.tolist(), second.tolist()):
        common = [row for row in exact if row in mine]
        expected.append(kendalltau(range(len(common)), [mine.index(row) for row in common]).statistic)
    np.testing.assert_allclose(kendall_tau(first, second), expected, **CLOSE)


@pytest.mark.parametrize("k", [1, 5, 20])
def test_trustworthiness_and_continuity_equal_scikit_learn(setting, k):
    rng, items = setting[:2]
    decoded = items + 0.5 * rng.standard_normal(items.shape).astype(np.float32)
    found = neighbourhoods(items, decoded, k=k)
    before, after = unit_rows(items).astype(np.float64), unit_rows(decoded).astype(np.float64)
    assert found.trustworthiness.mean == pytest.approx(trustworthiness(before, after, n_neighbors=k), abs=1e-9)
    assert found.continuity.mean == pytest.approx(trustworthiness(after, before, n_neighbors=k), abs=1e-9)


def test_group_auc_equals_scikit_learn_with_ties(setting):
    rng, _, _, relevant = setting
    items, users = rng.integers(-2, 3, (250, 4)).astype(np.float32), rng.integers(-2, 3, (60, 4)).astype(np.float32)
    found = group_auc(ExactSearcher(as_vectors(items, zero_rows="keep")), Task(users, relevant))
    truth = relevant.holds(np.broadcast_to(np.arange(250), (60, 250)))
    expected = [roc_auc_score(truth[query], users[query] @ items.T) for query in range(60)]
    np.testing.assert_allclose(found.values, expected, **CLOSE)
    assert found.gauc.mean == pytest.approx(np.average(expected, weights=relevant.lengths()), abs=1e-9)


def test_calibration_errors_equal_scikit_learn(setting):
    predicted = setting[0].uniform(0.01, 0.99, 5_000)
    clicked = setting[0].random(5_000) < predicted**2
    found = calibration_error(predicted, clicked)
    assert found.log_loss == pytest.approx(log_loss(clicked, predicted), abs=1e-9)
    rate = clicked.mean()
    assert found.normalised_entropy == pytest.approx(log_loss(clicked, predicted) / log_loss(clicked, np.full(5_000, rate)), abs=1e-9)
    assert found.rmse == pytest.approx(np.sqrt(mean_squared_error(clicked, predicted)), abs=1e-9)
    # Distinct predictions: bins of equal mass are thirds of a sorted list cut in fifteen.
    order = np.argsort(predicted)
    middles = np.minimum(((np.arange(5_000) + 0.5) / 5_000 * 15).astype(int), 14)
    gaps = [abs((predicted[order] - clicked[order])[middles == part].sum()) for part in range(15)]
    assert found.ece == pytest.approx(sum(gaps) / 5_000, abs=1e-9)

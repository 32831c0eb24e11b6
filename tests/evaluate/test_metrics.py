import ir_measures
import numpy as np
import pytest
from ir_measures import AP, RR, P, R, Success, nDCG

from rankfold.errors import InputError
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.metrics import METRICS, coverage, parse, parse_all, per_query
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors

HITS = np.array([[True, False, True, False], [False, False, False, True], [False, False, False, False]])
RELEVANT = np.array([3, 1, 2])


def test_known_answers_at_three():
    def values(kind):
        return per_query(kind, 3, HITS, RELEVANT).tolist()

    assert values("recall") == [2 / 3, 0, 0]
    assert values("precision") == [2 / 3, 0, 0]
    assert values("hit") == [1, 0, 0]
    assert values("mrr") == [1, 0, 0]
    assert values("map") == pytest.approx([(1 + 2 / 3) / 3, 0, 0])
    # Gains 1/log2(2) + 1/log2(4) over 1/log2(2) + 1/log2(3) + 1/log2(4).
    assert values("ndcg") == pytest.approx([1.5 / (1.5 + 1 / np.log2(3)), 0, 0])


def test_known_answers_at_the_last_place():
    assert per_query("mrr", 4, HITS, RELEVANT)[1] == 0.25
    assert per_query("map", 4, HITS, RELEVANT)[1] == 0.25
    assert per_query("ndcg", 4, HITS, RELEVANT)[1] == pytest.approx(1 / np.log2(5))


def test_a_perfect_list_scores_one_also_when_more_is_relevant_than_fits():
    for kind in ("ndcg", "precision", "hit", "mrr"):
        assert per_query(kind, 2, np.array([[True, True]]), np.array([5]))[0] == pytest.approx(1.0)
    assert per_query("recall", 2, np.array([[True, True]]), np.array([5]))[0] == 2 / 5
    assert per_query("map", 2, np.array([[True, True]]), np.array([5]))[0] == 2 / 5


def test_queries_without_relevant_rows_have_no_value():
    for kind in METRICS:
        assert np.isnan(per_query(kind, 2, HITS, np.array([1, 0, 1]))).tolist() == [False, True, False]


def test_metrics_equal_ir_measures_with_ties_and_short_lists():
    rng = np.random.default_rng(7)
    items, queries, depth = 60, 80, 20
    # Small whole numbers tie often; a mask of all but few rows leaves lists shorter than k.
    vectors = rng.integers(-2, 3, (items, 4)).astype(np.float32)
    asked = rng.integers(-2, 3, (queries, 4)).astype(np.float32)
    relevant = Rows.from_lists([rng.choice(items, rng.integers(1, 25), replace=False) for _ in range(queries)])
    seen = Rows.from_lists([rng.choice(items, 55 if query % 3 == 0 else 5, replace=False) for query in range(queries)])
    ranking = ExactSearcher(as_vectors(vectors, zero_rows="keep")).search(asked, depth, exclude=seen)
    assert (ranking.rows[:, -1] == -1).sum() == 27
    hits = relevant.holds(ranking.rows)
    qrels = [ir_measures.Qrel(str(query), str(row), 1) for query in range(queries) for row in relevant.of(query)]
    # The library gets the full ranking by score, then row number, as strictly falling scores: its own rule for ties is another.
    run = []
    for query in range(queries):
        scores = vectors @ asked[query]
        order = [row for row in np.lexsort((np.arange(items), -scores)) if row not in seen.of(query)]
        run += [ir_measures.ScoredDoc(str(query), str(row), float(-place)) for place, row in enumerate(order)]
    theirs = {"ndcg": nDCG, "recall": R, "precision": P, "hit": Success, "mrr": RR, "map": AP}
    for k in (1, 3, 10, 20):
        for kind, measure in theirs.items():
            expected = {metric.query_id: metric.value for metric in ir_measures.iter_calc([measure @ k], qrels, run)}
            assert len(expected) == queries
            mine = per_query(kind, k, hits, relevant.lengths())
            np.testing.assert_allclose(mine, [expected[str(query)] for query in range(queries)], rtol=0, atol=1e-9, err_msg=f"{kind}@{k}")


def test_names_are_kind_and_depth():
    assert parse("ndcg@10") == ("ndcg", 10)
    assert list(parse_all(["hit@5", "map@3", "hit@5"])) == ["hit@5", "map@3"]


@pytest.mark.parametrize("name", ["ndcg", "ndcg@", "ndcg@0", "ndcg@-1", "auc@10", "@10", "ndcg@10.5", "ndcg@10001", 10, ""])
def test_other_names_are_refused(name):
    with pytest.raises(InputError, match="expected one of ndcg, recall"):
        parse(name)


@pytest.mark.parametrize("names", ["ndcg@10", [], ()])
def test_a_bare_string_or_nothing_is_refused(names):
    with pytest.raises(InputError, match="expected a list of names"):
        parse_all(names)


def test_coverage_counts_rows_shown_to_anyone():
    rows = np.array([[0, 1, 2], [0, 3, -1]])
    assert coverage(rows, 1, 8) == 1 / 8 and coverage(rows, 2, 8) == 3 / 8 and coverage(rows, 3, 8) == 4 / 8

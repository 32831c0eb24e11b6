import json

import numpy as np
import pytest

from rankfold.codecs.half import Half
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.evaluate import compare
from rankfold.evaluate.buckets import popularity_buckets
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.measure import DEFAULT_METRICS, baseline, evaluate, weak_teacher
from rankfold.evaluate.popularity import PopularitySearcher
from rankfold.evaluate.task import Task
from rankfold.search.ranking import Ranking
from rankfold.search.rows import Rows
from rankfold.search.searcher import Searcher
from rankfold.vectors import as_vectors


class Fixed:
    """Returns the lists it was given, padded with -1."""

    def __init__(self, rows, count):
        self.rows, self.count = np.array(rows, np.int64), count

    def search(self, queries, k, *, exclude=None, allow=None):
        rows = np.full((len(self.rows), k), -1, np.int64)
        rows[:, : self.rows.shape[1]] = self.rows[:, :k]
        return Ranking(rows, np.where(rows >= 0, 1, -np.inf).astype(np.float32))


def checkerboard():
    """Users and items on axes: user u likes items u, u + 4 and u + 8; it has seen u, and u + 4 is held out."""
    items = np.concatenate([np.eye(4) * 3, np.eye(4) * 2, np.eye(4)]).astype(np.float32)
    queries = np.eye(4, dtype=np.float32)
    task = Task(queries, Rows.from_lists([[user + 4] for user in range(4)]), Rows.from_lists([[user] for user in range(4)]))
    return as_vectors(items), task


def made(seed=0, users=300, items=400):
    """Users and items of a made taste, with held-out and seen rows drawn by it."""
    rng = np.random.default_rng(seed)
    queries, vectors = (rng.standard_normal((count, 8)).astype(np.float32) for count in (users, items))
    order = np.argsort(-(queries @ vectors.T + rng.gumbel(size=(users, items))), axis=1)
    seen, relevant = Rows.from_lists(order[:, 0:12:2]), Rows.from_lists(order[:, 1:12:2])
    return as_vectors(vectors), Task(queries, relevant, seen, {"first": np.arange(users) < 100})


def test_the_checkerboard_has_one_right_answer():
    vectors, task = checkerboard()
    report = evaluate(ExactSearcher(vectors), task, metrics=["hit@1", "ndcg@1", "recall@1", "precision@2"])
    assert {name: mean.mean for name, mean in report.means().items()} == {"hit@1": 1, "ndcg@1": 1, "recall@1": 1, "precision@2": 0.5}
    assert report.ranking.rows.tolist() == [[4, 8], [5, 9], [6, 10], [7, 11]]
    assert report.coverage == {"coverage@1": 4 / 12, "coverage@2": 8 / 12}
    assert report.count == 4 and report.left_out == 0 and report.fidelity is None


def test_all_metrics_are_there_by_default():
    vectors, task = made()
    assert DEFAULT_METRICS == ("ndcg@10", "recall@10", "precision@10", "hit@10", "mrr@10", "map@10", "recall@100")
    assert tuple(evaluate(ExactSearcher(vectors), task).values) == DEFAULT_METRICS


def test_queries_without_a_relevant_row_are_left_out_and_counted():
    relevant = Rows.from_lists([[1], [], [0], []])
    task = Task(np.eye(4, dtype=np.float32), relevant, groups={"even": np.array([True, False, True, False]), "one": np.arange(4) == 2})
    report = evaluate(Fixed([[1, 2], [2, 1]], 3), task, metrics=["hit@2", "recall@5"])
    assert report.queries.tolist() == [0, 2] and report.left_out == 2
    assert report.values["hit@2"].tolist() == [1, 0] and report.groups["even"].tolist() == [True, True] and report.groups["one"].tolist() == [False, True]
    assert [finding.code for finding in report.findings] == ["no-buckets"] and report.buckets == {}


def test_buckets_by_hand():
    # Events 5, 3, 1, 1: row 0 is head, row 1 mid, rows 2 and 3 tail.
    task = Task(np.ones((2, 1), np.float32), Rows.from_lists([[0, 2], [2, 3]]), popularity=np.array([5, 3, 1, 1]))
    report = evaluate(Fixed([[0, 1], [2, 0]], 4), task, metrics=["hit@2"])
    values = {name: {metric: bucket.values[metric].tolist() for metric in bucket.values} for name, bucket in report.buckets.items()}
    assert values["head"]["recall@2"][0] == 1 and np.isnan(values["head"]["recall@2"][1])
    assert np.isnan(values["mid"]["recall@2"]).all()
    assert values["tail"]["recall@2"] == [0, 0.5] and values["tail"]["ndcg@2"] == pytest.approx([0, 1 / (1 + 1 / np.log2(3))])
    assert [values[name]["exposure@2"] for name in ("head", "mid", "tail")] == [[0.5, 0.5], [0.5, 0], [0, 0.5]]
    assert [(bucket.rows, bucket.share) for bucket in report.buckets.values()] == [(1, 0.5), (1, 0.3), (2, 0.2)]


def test_bucket_recalls_add_up_to_the_recall():
    vectors, task = made()
    report = evaluate(ExactSearcher(vectors), task, metrics=["recall@10"])
    owner = task.relevant.queries()
    number = popularity_buckets(task.events(vectors.count)).number[task.relevant.values]
    total = np.zeros(task.count)
    for place, bucket in enumerate(report.buckets.values()):
        total += np.nan_to_num(bucket.values["recall@10"]) * np.bincount(owner[number == place], minlength=task.count)
    np.testing.assert_allclose(total, report.values["recall@10"] * task.relevant.lengths())
    np.testing.assert_allclose(sum(bucket.values["exposure@10"] for bucket in report.buckets.values()), 1)


def test_an_exact_codec_has_fidelity_one_and_no_loss():
    # Half-precision values are stored as they are, so the table is exact.
    vectors, task = made()
    exact = as_vectors(vectors.read().astype(np.float16).astype(np.float32))
    before = baseline(exact, task)
    after = evaluate(Searcher(compress(exact, Half()), workers=1), task, baseline=before)
    assert list(after.fidelity.values)[:3] == ["overlap@10", "rbo@10", "kendall@10"]
    assert all(round(mean.mean, 6) == 1.000 for mean in after.fidelity.means().values())
    assert all((loss.drop, loss.high) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9)) for loss in compare(before, after).values())
    assert json.dumps(after.to_dict(), allow_nan=False)


def test_shuffled_vectors_lose_everything_but_chance():
    vectors, task = made()
    before = baseline(vectors, task)
    shuffled = as_vectors(vectors.read()[np.random.default_rng(1).permutation(400)])
    after = evaluate(ExactSearcher(shuffled), task, baseline=before)
    means = after.fidelity.means()
    assert means["overlap@10"].mean == pytest.approx(10 / 400, abs=0.01) and means["overlap@100"].mean == pytest.approx(100 / 400, abs=0.03)
    assert compare(before, after)["ndcg@10"].low > 0.8


def test_a_strong_teacher_passes_and_a_weak_one_is_named():
    vectors, task = made()
    strong = baseline(vectors, task)
    assert strong.findings == () and strong.popularity.means()["ndcg@10"].mean < strong.means()["ndcg@10"].mean
    noise = as_vectors(np.random.default_rng(5).standard_normal((400, 8)).astype(np.float32))
    weak = baseline(noise, task)
    assert [finding.code for finding in weak.findings] == ["weak-teacher"] and "ndcg@10" in weak.findings[0].text
    assert weak_teacher(strong, strong.popularity) is None and weak_teacher(strong.popularity, strong).code == "weak-teacher"
    with pytest.raises(InputError, match="plain: was measured on another task"):
        weak_teacher(strong, evaluate(PopularitySearcher(np.ones(400)), task, metrics=["hit@3"]))


def test_a_baseline_without_popularity_says_so():
    vectors, task = checkerboard()
    report = baseline(vectors, Task(task.queries, task.relevant), metrics=["hit@2"])
    assert [finding.code for finding in report.findings] == ["no-buckets", "no-popularity"] and report.popularity is None


def test_fidelity_has_the_depths_that_both_hold():
    vectors, task = made()
    before = baseline(vectors, task, metrics=["ndcg@10"])
    assert set(evaluate(ExactSearcher(vectors), task, baseline=before, metrics=["hit@5", "recall@50"]).fidelity.values) == {"overlap@5", "rbo@5", "kendall@5"}
    assert evaluate(ExactSearcher(vectors), task, baseline=before, metrics=["recall@50"]).fidelity is None


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([[0, 1], [5, 6]], "rows that the query has seen"),
        ([[4, 4], [5, 6]], "a row twice for one query"),
        ([[4, 12], [5, 6]], "expected -1 to 11"),
        ([[4, 5], [6, 7], [8, 9]], r"returned rows of shape \(3, 2\)"),
    ],
)
def test_searchers_that_break_the_rules_are_refused(rows, match):
    _, task = checkerboard()
    with pytest.raises(InputError, match=match):
        evaluate(Fixed(rows, 12), task.take(np.arange(2)), metrics=["hit@2"])


def test_wrong_questions_are_refused():
    vectors, task = checkerboard()
    searcher = ExactSearcher(vectors)
    with pytest.raises(InputError, match="no query has a relevant row"):
        evaluate(searcher, Task(task.queries, Rows.empty(4)))
    with pytest.raises(InputError, match="relevant: got row number 12"):
        evaluate(searcher, Task(task.queries, Rows.from_lists([[12], [], [], []])))
    with pytest.raises(InputError, match="baseline: was measured on another task"):
        evaluate(searcher, task, metrics=["hit@1"], baseline=evaluate(searcher, task.take(np.arange(2)), metrics=["hit@1"]))
    with pytest.raises(InputError, match="metric: got 'auc'"):
        evaluate(searcher, task, metrics=["auc"])

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate import compare, compare_parts
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.measure import baseline, evaluate
from rankfold.evaluate.ownmetric import Metric, sort_metrics
from rankfold.evaluate.task import Task
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors


def first_place(rows, relevant):
    return relevant.holds(rows)[:, 0]


@pytest.fixture(scope="module")
def setting():
    rng = np.random.default_rng(3)
    items, users = rng.standard_normal((300, 8)).astype(np.float32), rng.standard_normal((120, 8)).astype(np.float32)
    liked = np.argsort(-(users @ items.T + rng.standard_normal((120, 300))), axis=1)[:, :8]
    task = Task(users, Rows.from_lists(liked[:, 4:]), Rows.from_lists(liked[:, :4]), {"even": np.arange(120) % 2 == 0})
    noisy = as_vectors(items + 0.4 * rng.standard_normal(items.shape).astype(np.float32))
    return as_vectors(items), noisy, task


def test_a_metric_of_ones_own_equals_the_built_in_one_with_the_same_interval(setting):
    vectors, noisy, task = setting
    own = Metric("first place", 1, first_place)
    before = baseline(vectors, task, metrics=["precision@1", own, "ndcg@10"])
    after = evaluate(ExactSearcher(noisy), task, metrics=["precision@1", own, "ndcg@10"], baseline=before)
    assert before.values["first place"].tolist() == before.values["precision@1"].tolist()
    losses = compare(before, after)
    assert losses["first place"] == losses["precision@1"]
    assert losses["first place"].drop > 0 and losses["first place"].is_known
    parts = compare_parts(before, after)["group: even"]
    assert parts["first place"] == parts["precision@1"]
    assert set(after.to_dict()["quality"]) == {"precision@1", "first place", "ndcg@10"}


def test_it_sees_its_own_depth_and_the_judged_queries_alone(setting):
    vectors, _, task = setting
    shapes = []

    def look(rows, relevant):
        shapes.append((rows.shape, relevant.count))
        return np.full(len(rows), 7.0)

    lonely = Task(task.queries, task.relevant.where(task.relevant.queries() > 9), task.seen)
    report = evaluate(ExactSearcher(vectors), lonely, metrics=[Metric("seven", 3, look), "recall@20"])
    assert shapes == [((110, 3), 110)] and report.left_out == 10
    mean = report.means()["seven"]
    assert (mean.mean, mean.low, mean.high) == (7, 7, 7)


def test_own_metrics_alone_are_enough_and_nan_leaves_a_query_out(setting):
    vectors, noisy, task = setting

    def half(rows, relevant):
        return np.where(np.arange(len(rows)) < 50, first_place(rows, relevant) + 0.5, np.nan)

    before = baseline(vectors, task, metrics=[Metric("half", 1, half)])
    after = evaluate(ExactSearcher(noisy), task, metrics=[Metric("half", 1, half)])
    assert compare(before, after)["half"].n == 50
    assert before.popularity is not None


@pytest.mark.parametrize("name", ["", "  ", "ndcg@10", "recall@3", 7])
def test_names_of_other_metrics_are_refused(name):
    with pytest.raises(InputError, match="expected a name of your own"):
        Metric(name, 10, first_place)


@pytest.mark.parametrize("k", [0, -1, 10_001, 2.0, True, "3"])
def test_depths_out_of_range_are_refused(k):
    with pytest.raises(InputError, match="expected a depth of 1 to 10000"):
        Metric("mine", k, first_place)


@pytest.mark.parametrize(
    ("returned", "match"),
    [
        (np.zeros(3), "returned dtype float64 of shape"),
        (np.zeros((120, 1)), "returned dtype float64 of shape"),
        (np.full(120, "x"), "returned dtype"),
        (np.full(120, -1.0), "returned -1.0; expected finite numbers of at least 0"),
        (np.full(120, np.inf), "returned inf"),
        (np.full(120, np.nan), "returned NaN for every query"),
    ],
)
def test_what_a_function_may_not_return(setting, returned, match):
    vectors, _, task = setting
    with pytest.raises(InputError, match=match):
        evaluate(ExactSearcher(vectors), task, metrics=[Metric("mine", 5, lambda rows, relevant: returned)])


def test_metrics_are_sorted_into_named_and_own():
    own = Metric("mine", 5, first_place)
    assert sort_metrics(["ndcg@10", own, "hit@5"]) == ({"ndcg@10": ("ndcg", 10), "hit@5": ("hit", 5)}, {"mine": own})
    with pytest.raises(InputError, match="expected each name once"):
        sort_metrics([own, Metric("mine", 3, first_place)])
    with pytest.raises(InputError, match="expected a list of names"):
        sort_metrics("ndcg@10")

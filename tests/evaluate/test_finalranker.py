import json

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.evaluate.finalranker import final_ranker
from rankfold.evaluate.task import Task
from rankfold.search import Rows, Searcher
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    items, users = rng.standard_normal((300, 8)).astype(np.float32), rng.standard_normal((40, 8)).astype(np.float32)
    seen = Rows.from_lists([rng.choice(300, 5, replace=False) for _ in range(40)])
    relevant = Rows.from_lists([[row for row in rng.choice(300, 6, replace=False) if row not in seen.of(query)] for query in range(40)])
    return as_vectors(items), Task(users, relevant, seen)


def dot(queries, rows):
    return np.einsum("bd,bcd->bc", queries, rows)


def crossed(queries, rows):
    """A model that looks at one coordinate alone, through a threshold and a cross."""
    return (rows[:, :, 3] > 0.5) * np.abs(queries[:, None, 3]) + 0.1 * rows[:, :, 3] * rows[:, :, 5]


def test_a_dot_product_gives_the_lists_of_the_search(world):
    vectors, task = world
    table = compress(vectors, from_spec({"codec": "sign"}))
    found = final_ranker(dot, table, vectors, task, candidates=50)
    lists = Searcher(table).search(task.queries, 10, exclude=task.seen).rows
    hits = task.relevant.holds(lists).sum(axis=1) / np.maximum(task.relevant.lengths(), 1)
    assert found.losses["recall@10"].after == pytest.approx(hits[task.relevant.lengths() > 0].mean())
    assert 0.3 < found.overlap.mean < 0.95 and found.moved.mean > 0.1
    json.dumps(found.to_dict(), allow_nan=False)


def test_nothing_is_lost_where_rows_are_kept(world):
    vectors, task = world
    found = final_ranker(crossed, compress(vectors, from_spec({"codec": "half"})), vectors, task)
    assert found.overlap.mean > 0.98 and found.moved.mean < 0.01


def test_a_model_may_lose_what_the_dot_product_keeps(world):
    """The coordinate that the model reads is of no weight in the search: its loss is seen at the final ranker alone."""
    vectors, task = world
    queries = task.queries.copy()
    queries[:, 3] *= 0.01
    quiet = Task(queries, task.relevant, task.seen)
    x = vectors.read().copy()
    x[:, 3] = 0
    blind = compress(as_vectors(x), from_spec({"codec": "half"}))
    assert final_ranker(dot, blind, vectors, quiet).overlap.mean > 0.95
    assert final_ranker(crossed, blind, vectors, quiet).overlap.mean < 0.5


def test_short_lists_and_tasks_without_relevant_rows(world):
    vectors, task = world
    hidden = Rows.from_lists([range(295)] * 40)
    lonely = Task(task.queries, Rows.empty(40), hidden)
    found = final_ranker(crossed, compress(vectors, from_spec({"codec": "half"})), vectors, lonely, candidates=20)
    assert found.losses == {} and found.overlap.mean == 1


@pytest.mark.parametrize(
    ("score", "options", "match"),
    [
        (lambda q, r: np.zeros(3), {}, "score: returned dtype float64 of shape"),
        (lambda q, r: np.full(r.shape[:2], np.nan), {}, "expected finite numbers"),
        (lambda q, r: np.full(r.shape[:2], "x"), {}, "score: returned dtype"),
        (dot, {"k": 0}, "k, candidates: got 0 and 100"),
        (dot, {"k": 20, "candidates": 10}, "k, candidates"),
        (dot, {"candidates": 301}, "k, candidates"),
    ],
)
def test_bad_input_is_refused(world, score, options, match):
    vectors, task = world
    with pytest.raises(InputError, match=match):
        final_ranker(score, compress(vectors, from_spec({"codec": "half"})), vectors, task, **options)


def test_other_vectors_are_refused(world):
    vectors, task = world
    with pytest.raises(InputError, match="vectors: got 5 rows"):
        final_ranker(dot, compress(vectors, from_spec({"codec": "half"})), as_vectors(np.eye(5, 8, dtype=np.float32)), task)

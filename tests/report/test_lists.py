"""The tables of an audit: a line for each figure, none where nothing was measured, and a report may hold them."""

import numpy as np

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.evaluate import Task, baseline, evaluate
from rankfold.report.content import check
from rankfold.report.lists import list_measures
from rankfold.search import Rows, Searcher
from rankfold.tune.audit import audit
from rankfold.vectors import as_vectors


def test_figures_of_a_crude_code_and_no_users(sample):
    rng = np.random.default_rng(0)
    x, users = rng.standard_normal((300, 16)).astype(np.float32), rng.standard_normal((60, 16)).astype(np.float32)
    vectors = as_vectors(x)
    table = compress(vectors, from_spec({"codec": "sign"}))
    task = Task(users, Rows.from_lists([[user, user + 100] for user in range(60)]), popularity=np.ones(300))
    before = baseline(vectors, task)
    found = audit(table, vectors, before=before, after=evaluate(Searcher(table), task, baseline=before), judged=True)
    guards, neighbours = list_measures(found)
    assert len(guards["lines"]) == 6 and guards["lines"]["first screens with other items"][0] > 0.9
    assert set(neighbours["lines"]) == {"user-user: users of similar lists", "item-item: nearest by cosine"} and "relative squared error" in neighbours["about"]
    assert 0.1 < neighbours["lines"]["item-item: nearest by cosine"][0] < 0.9
    sample["sections"][0]["measures"] = [guards, neighbours]
    check(sample)
    assert [one["title"] for one in list_measures(audit(table, vectors))] == ["Neighbours kept"]
    few = as_vectors(x[:10])
    assert list_measures(audit(compress(few, from_spec({"codec": "half"})), few)) == []

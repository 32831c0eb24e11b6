import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.evaluate.auc import compare_auc, group_auc
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.task import Task
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors


def on_a_line(scores):
    return ExactSearcher(as_vectors(np.array(scores, np.float32)[:, None], zero_rows="keep"))


def ask(relevant, seen=None):
    return Task(np.ones((len(relevant), 1), np.float32), Rows.from_lists(relevant), None if seen is None else Rows.from_lists(seen))


def test_known_answers():
    searcher = on_a_line([5, 4, 3, 2, 1])
    # Best row, worst row, both ends, and the middle with the two best already seen.
    found = group_auc(searcher, ask([[0], [4], [0, 4], [2]], [[], [], [], [0, 1]]))
    assert found.values.tolist() == [1.0, 0.0, 0.5, 1.0]
    # Weights 1, 1, 2, 1 over five: (1 + 0 + 2 * 0.5 + 1) / 5.
    assert found.gauc.mean == pytest.approx(0.6) and found.gauc.n == 4
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["auc"] == 0.625


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_it_is_the_share_of_pairs_in_the_right_order_ties_half(seed):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 5, 20)
    relevant = rng.choice(20, 5, replace=False)
    seen = np.setdiff1d(rng.choice(20, 8), relevant)
    others = [row for row in range(20) if row not in relevant and row not in seen]
    expected = np.mean([(scores[a] > scores[b]) + 0.5 * (scores[a] == scores[b]) for a in relevant for b in others])
    assert group_auc(on_a_line(scores), ask([relevant], [seen])).values[0] == pytest.approx(expected)


def test_the_interval_is_that_of_resampled_queries():
    rng = np.random.default_rng(1)
    task = ask([rng.choice(40, rng.integers(1, 15), replace=False) for _ in range(300)])
    found = group_auc(on_a_line(rng.random(40)), task)
    draws = rng.integers(0, 300, (2000, 300))
    means = (found.weights * found.values)[draws].sum(axis=1) / found.weights[draws].sum(axis=1)
    assert [found.gauc.low, found.gauc.high] == pytest.approx(np.quantile(means, [0.025, 0.975]).tolist(), abs=0.003)


def test_passes_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    searcher, task = on_a_line(rng.random(30)), ask([rng.choice(30, 3) for _ in range(11)])
    whole = group_auc(searcher, task)
    monkeypatch.setattr("rankfold.evaluate.auc.PASS_PLACES", 60)
    assert group_auc(searcher, task).values.tolist() == whole.values.tolist()


def test_queries_with_one_side_only_are_left_out():
    found = group_auc(on_a_line([3, 2, 1]), ask([[], [0], [0, 1, 2], [1]], [[], [], [], [0, 2]]))
    assert found.queries.tolist() == [1] and found.weights.tolist() == [1.0]
    for nothing in (ask([[]]), ask([[0, 1, 2]])):
        with pytest.raises(InputError, match="no query has both"):
            group_auc(on_a_line([3, 2, 1]), nothing)


def test_the_loss_is_paired():
    rng = np.random.default_rng(0)
    task = ask([[row] for row in rng.integers(0, 10, 40)])
    scores = np.arange(10.0)
    before, worse = group_auc(on_a_line(scores), task), group_auc(on_a_line(scores[[1, 0, 3, 2, 5, 4, 7, 6, 9, 8]]), task)
    assert compare_auc(before, before).drop == compare_auc(before, before).high == 0.0
    loss = compare_auc(before, worse)
    assert loss.drop == pytest.approx(1 - worse.gauc.mean / before.gauc.mean) and loss.low <= loss.drop <= loss.high
    with pytest.raises(InputError, match="another task"):
        compare_auc(before, group_auc(on_a_line(scores), ask([[1]])))
    with pytest.raises(InputError, match="relevant: got row number 12"):
        group_auc(on_a_line(scores), ask([[12]]))

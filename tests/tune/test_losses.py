"""What a budget on loss is held against."""

import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.evaluate.measure import evaluate
from rankfold.search import Searcher
from rankfold.tune.evidence import item_evidence, user_evidence
from rankfold.tune.losses import LossOnChoosers, loss_of


def test_the_upper_end_counts_and_headroom_stretches_it():
    loss = LossOnChoosers("ndcg@10", 0.01, 0.03)
    assert loss.is_within(0.03) and not loss.is_within(0.029)
    assert loss.is_within(0.041, headroom=1.5) and not loss.is_within(0.039, headroom=1.5)


def judged(table, evidence):
    half = evidence.choose
    return evaluate(Searcher(table), half.task, metrics=tuple(half.baseline.values), baseline=half.baseline)


def test_with_users_it_is_their_metric_without_it_is_what_lists_lack(world):
    vectors, users, events = world
    table = compress(vectors, from_spec({"codec": "trellis", "bytes": 3}))
    by_users = user_evidence(vectors, users, events)
    found = loss_of(by_users, by_users.choose, judged(table, by_users))
    assert found.metric == "ndcg@10" and found.drop < found.high < 1
    by_rows = item_evidence(vectors)
    after = judged(table, by_rows)
    found = loss_of(by_rows, by_rows.choose, after)
    mean = after.fidelity.means()["overlap@100"]
    assert found.metric == "overlap@100" and found.drop == pytest.approx(1 - mean.mean) and found.high == pytest.approx(1 - mean.low)

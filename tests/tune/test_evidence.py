"""Evidence: two halves that never share a query, and honest words about what could not be checked."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.tune.evidence import item_evidence, user_evidence
from rankfold.vectors import as_vectors


def lines(queries):
    return {line.tobytes() for line in queries}


def test_halves_share_no_user(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events, seed=1)
    assert evidence.judged and evidence.metric == "ndcg@10"
    one, two = lines(evidence.choose.task.queries), lines(evidence.report.task.queries)
    assert one and two and not one & two
    assert evidence.weight.shape == (600,) and evidence.weight.min() >= np.sqrt(0.5) - 1e-6 and evidence.weight.max() > 2
    assert evidence.report.baseline.values["ndcg@10"].mean() > 0.1
    assert evidence.findings == ()


def test_given_users_to_fit_on_are_kept(world):
    vectors, users, events = world
    fitting = np.arange(240) < 100
    evidence = user_evidence(vectors, users, events, fitting=fitting)
    assert lines(evidence.choose.task.queries) <= lines(users[:100]) and lines(evidence.report.task.queries) <= lines(users[100:])


def test_without_interactions_only_fidelity_is_claimed(world):
    vectors, users, _ = world
    evidence = user_evidence(vectors, users)
    assert not evidence.judged and evidence.metric == "overlap@100"
    assert [finding.code for finding in evidence.findings] == ["no-interactions"]
    assert evidence.report.baseline.values["recall@100"].min() == 1.0


def test_items_look_for_their_neighbours_without_themselves(world):
    vectors, _, _ = world
    evidence = item_evidence(vectors, queries=60)
    assert [finding.code for finding in evidence.findings] == ["no-users"] and evidence.weight is None
    task = evidence.report.task
    own = {row.tobytes(): number for number, row in enumerate(vectors.read())}
    for number, query in enumerate(task.queries):
        assert own[query.tobytes()] not in task.relevant.of(number)
        assert task.relevant.of(number).size == 100
    assert not lines(task.queries) & lines(evidence.choose.task.queries)


def test_refusals(world):
    vectors, users, events = world
    with pytest.raises(InputError, match="at least 4"):
        user_evidence(vectors, users[:3])
    with pytest.raises(InputError, match="held-out item"):
        user_evidence(vectors, users, events, fitting=np.zeros(240, bool))
    with pytest.raises(InputError, match="space"):
        user_evidence(as_vectors(vectors.read(), space="a"), as_vectors(users, space="b"))
    with pytest.raises(InputError, match="at least 4 to measure"):
        item_evidence(as_vectors(users[:2]))

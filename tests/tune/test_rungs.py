"""Rungs hold parts of the rows and the choosing users, and stand for the whole."""

import numpy as np
import pytest

from rankfold.evaluate.exact import ExactSearcher
from rankfold.interactions import Interactions
from rankfold.tune.evidence import item_evidence, user_evidence
from rankfold.tune.rungs import LEAST_QUERIES, fitted_part, rungs_of
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def large():
    """(vectors, users, interactions): 5,000 items, 1,200 users with five train and two test items."""
    rng = np.random.default_rng(0)
    items = rng.standard_normal((5_000, 8)).astype(np.float32)
    users = rng.standard_normal((1_200, 8)).astype(np.float32)
    best = np.argsort(-(users @ items.T), axis=1)[:, :7]
    split = np.tile([0, 0, 2, 0, 0, 2, 0], 1_200)
    return as_vectors(items), users, Interactions(np.repeat(np.arange(1_200), 7), best.ravel(), None, None, split)


def test_few_rows_have_none(world):
    vectors, users, events = world
    assert rungs_of(vectors, user_evidence(vectors, users, events)) == []


def test_a_rung_is_a_part_of_all(large):
    vectors, users, events = large
    evidence = user_evidence(vectors, users, events)
    (rung,) = rungs_of(vectors, evidence)
    assert rung.share == 0.25 and rung.fitted.size == rung.shown.size == 1_250
    inside = np.isin(rung.shown, rung.fitted).mean()
    assert inside == pytest.approx(fitted_part(0.25, 1.0), abs=0.01) == pytest.approx(0.625, abs=0.01)
    assert rung.queries.size == LEAST_QUERIES and rung.to_fit.count == 1_250 and rung.depth == 10
    again = rungs_of(vectors, evidence)[0]
    assert np.array_equal(again.shown, rung.shown) and np.array_equal(again.queries, rung.queries)


def test_seen_rows_are_left_out_by_their_place_among_those_shown(large):
    vectors, users, events = large
    evidence = user_evidence(vectors, users, events)
    (rung,) = rungs_of(vectors, evidence)
    queries, seen = rung.asked
    whole = evidence.choose.task.seen.take(rung.queries)
    for query in range(20):
        hidden = rung.shown[seen.values[seen.starts[query] : seen.starts[query + 1]]]
        mine = whole.values[whole.starts[query] : whole.starts[query + 1]]
        assert set(hidden) == set(mine) & set(rung.shown)
    # The exact list of a query among the rows shown is its exact list among all rows, without the others.
    allow = np.zeros(vectors.count, bool)
    allow[rung.shown] = True
    best = ExactSearcher(vectors).search(queries[:20], 10, exclude=evidence.choose.task.seen.take(rung.queries[:20]), allow=allow)
    assert np.array_equal(rung.shown[rung.exact.rows[:20]], best.rows)


def test_rows_do_not_find_themselves(large):
    vectors, _, _ = large
    evidence = item_evidence(vectors)
    (rung,) = rungs_of(vectors, evidence)
    queries, _ = rung.asked
    assert rung.depth == 25 and rung.exact.k == 25
    found = vectors.read()[rung.shown[rung.exact.rows]]
    assert (np.abs(found - queries[:, None]).max(axis=2) > 0).all()


def test_the_part_of_fitted_rows():
    assert fitted_part(1.0, 1.0) == 1.0 and fitted_part(0.25, 0.5) == 0.5 and fitted_part(0.5, 0.0) == 0.25

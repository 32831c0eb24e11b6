"""Tiers are taken only within the bytes of one size, only where more of the exact lists is kept, and never at the expense of a bucket."""

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.evaluate import evaluate
from rankfold.search import Searcher
from rankfold.tune.evidence import item_evidence, user_evidence
from rankfold.tune.tiering import _falls, _pays, _shares, kept_places, tier

SIZES = [from_spec({"codec": "scalar", "bits": bits}) for bits in (1, 2, 4, 8)]


@pytest.fixture(scope="module")
def told(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    uniform = compress(vectors, SIZES[1], weight=evidence.weight)
    return vectors, evidence, uniform, tier(vectors, uniform, evidence, codecs=SIZES, weight=evidence.weight)


def test_within_the_bytes_of_one_size_and_better(told):
    vectors, _, uniform, found = told
    one, *splits = found.trials
    assert one.lean is None and splits and found.table is not None
    assert found.table.nbytes <= uniform.nbytes and len(found.table.segments) > 1
    assert sorted(found.table.ids) == sorted(vectors.ids)
    taken = [trial for trial in splits if not trial.pays]
    assert max(trial.kept["all@10"] for trial in taken) > one.kept["all@10"]
    assert "no popularity bucket pays" in found.why


def test_a_split_that_starves_rows_is_refused(told):
    vectors, evidence, _, _ = told
    uniform = compress(vectors, SIZES[2], weight=evidence.weight)
    # Half of the rows at one bit to have the other half at eight: every list loses.
    found = tier(vectors, uniform, evidence, codecs=[SIZES[0], SIZES[3]], weight=evidence.weight, splits=[(0.0, 0.0)])
    assert found.table is None and "refused" in found.why and found.trials[1].pays


def test_nothing_to_split_is_said(told):
    vectors, evidence, uniform, _ = told
    found = tier(vectors, uniform, evidence, codecs=[SIZES[1]], weight=evidence.weight)
    assert found.table is None and len(found.trials) == 1 and "no split" in found.why


def test_same_seed_same_table(told):
    vectors, evidence, uniform, found = told
    again = tier(vectors, uniform, evidence, codecs=SIZES, weight=evidence.weight)
    assert np.array_equal(again.table.ids, found.table.ids) and np.array_equal(again.table.decode(), found.table.decode())
    assert again.trials == found.trials


def test_without_users_the_lists_of_rows_decide(world):
    vectors, _, _ = world
    evidence = item_evidence(vectors)
    found = tier(vectors, compress(vectors, SIZES[1]), evidence, codecs=SIZES)
    assert {name for trial in found.trials for name in trial.kept} == {"all@10"}
    assert found.table is None or found.table.nbytes <= compress(vectors, SIZES[1]).nbytes


def test_kept_places_of_the_exact_lists_are_all(told):
    _, evidence, _, _ = told
    half = evidence.choose
    kept = _shares(kept_places(half.baseline, half.baseline, half.task))
    assert kept["all@10"] == 1 and set(kept.values()) == {1.0} and "head@10" in kept


def test_a_bucket_pays_when_it_keeps_less_by_more_than_chance(told):
    vectors, evidence, uniform, _ = told
    half = evidence.choose
    coarse, fine = (evaluate(Searcher(compress(vectors, SIZES[place])), half.task, metrics=("ndcg@10", "recall@10", "recall@100")) for place in (0, 3))
    much, little = (kept_places(one, half.baseline, half.task) for one in (fine, coarse))
    assert "all@10" in _pays(fine, coarse, much, little) and _pays(coarse, fine, little, much) == ()
    assert _pays(fine, fine, much, much) == ()
    # One query of a hundred that loses a place is chance; all of them are not.
    assert not _falls(np.eye(1, 100)[0] * -1) and _falls(np.full(100, -1)) and not _falls(np.zeros(100))


def test_the_ladder_is_the_default(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    found = tier(vectors, compress(vectors, from_spec({"codec": "trellis", "bytes": 5}), weight=evidence.weight), evidence, weight=evidence.weight)
    sizes = {segment.codec.row_bytes(16) for segment in found.table.segments} if found.table else set()
    assert found.why and (found.table is None or len(sizes) > 1)

"""One knob: what is asked, what is turned, and where it comes to rest."""

import pytest

from rankfold.codecs import from_spec
from rankfold.errors import BudgetError, InputError
from rankfold.tune.evidence import user_evidence
from rankfold.tune.knob import Until, first_true, kept_of, read_until, turn, values_of, with_knob
from rankfold.tune.trials import Trials

TRELLIS = from_spec({"codec": "normed", "inner": {"codec": "trellis", "bytes": 8}})


@pytest.mark.parametrize(
    ("text", "metric", "share"),
    [("ndcg@10>=99%", "ndcg@10", 0.99), ("ndcg>=.99", "ndcg@10", 0.99), (" overlap@100 >= 95 % ", "overlap@100", 0.95), ("recall@10>=1", "recall@10", 1.0)],
)
def test_what_is_to_be_kept(text, metric, share):
    assert read_until(text) == Until(metric, pytest.approx(share))


@pytest.mark.parametrize("text", ["", "ndcg@10", "ndcg@10>99%", "ndcg@10>=0", "ndcg@10>=101%", "ndcg@10>=x", ">=99%"])
def test_other_text_is_refused(text):
    with pytest.raises(InputError, match="until: got"):
        read_until(text)


def test_the_knob_may_be_inside():
    assert with_knob(TRELLIS, "bytes", 5).inner.bytes == 5
    with pytest.raises(InputError, match="'levels'; expected a setting of trellis: bytes"):
        with_knob(TRELLIS, "levels", 5)
    with pytest.raises(InputError, match="expected a setting that is a whole number"):
        with_knob(TRELLIS, "rotation", 5)
    with pytest.raises(InputError, match="it has none"):
        with_knob(from_spec({"codec": "half"}), "bytes", 5)


def test_values_are_those_that_suit_the_dimension():
    assert values_of(from_spec({"codec": "pq", "groups": 4}), "groups", 6) == [1, 2, 3, 4, 5, 6]
    assert values_of(TRELLIS, "bytes", 16, low=3, high=6) == [3, 4, 5, 6]
    with pytest.raises(InputError, match="no value of groups from 7 to 9"):
        values_of(from_spec({"codec": "pq", "groups": 4}), "groups", 6, low=7, high=9)


@pytest.mark.parametrize("first", range(12))
def test_bisection_finds_the_first_and_asks_little(first):
    asked = []
    assert first_true(11, lambda number: asked.append(number) or number >= first) == min(first, 11)
    assert len(asked) <= 4 and len(set(asked)) == len(asked)


def test_it_stops_at_the_first_value_that_keeps_it(world):
    vectors, users, events = world
    trials = Trials(vectors, user_evidence(vectors, users, events))
    said = []
    found = turn(trials, TRELLIS, "bytes", Until("overlap@10", 0.9), low=1, high=10, tell=said.append)
    kept = {value: trials.run([with_knob(TRELLIS, "bytes", value)], None)[0][1].overlap for value in range(1, 11)}
    true = min(value for value in kept if kept[value] >= 0.9)
    assert abs(found.value - true) <= 1 and kept[found.value] >= 0.9 and dict(found.tried)[found.value - 1] < 0.9
    assert found.codec.inner.bytes == found.value and len(said) == len(found.tried) <= 4
    with pytest.raises(BudgetError, match="not kept at any bytes up to 3; bytes=3 keeps"):
        turn(trials, TRELLIS, "bytes", Until("overlap@10", 0.999), low=1, high=3)


def test_only_what_was_measured_can_be_asked(world):
    vectors, users, events = world
    ((_, trial),) = Trials(vectors, user_evidence(vectors, users, events)).run([TRELLIS], None)
    assert kept_of(trial, Until("ndcg@10", 0.9), "ndcg@10", True) == 1 - trial.loss.drop
    assert kept_of(trial, Until("overlap@100", 0.9), "overlap@100", False) == trial.overlap
    with pytest.raises(InputError, match="expected ndcg@10 or overlap@10"):
        kept_of(trial, Until("mrr@10", 0.9), "ndcg@10", True)
    with pytest.raises(InputError, match="expected overlap@100"):
        kept_of(trial, Until("ndcg@10", 0.9), "overlap@100", False)

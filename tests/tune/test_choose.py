"""The choice goes to the least loss, then to the most faithful, and never to codebooks that outweigh their codes."""

import pytest

from rankfold.codecs import from_spec
from rankfold.errors import InputError
from rankfold.evaluate.compare import Loss
from rankfold.evaluate.intervals import Mean
from rankfold.tune.choose import OUTWEIGHED, best_of, choose
from rankfold.tune.evidence import user_evidence
from rankfold.tune.measure import Point


def point(drop, overlap, size=10.0):
    loss = Loss(1.0, 1 - drop, drop, drop - 0.01, drop + 0.01, 100)
    return Point(from_spec({"codec": "half"}), 1, size, {}, "ndcg@10", loss, {}, {"overlap@10": Mean(overlap, 0, 1, 9)}, {}, 0.0, 0.0, None)


def test_rules_in_order():
    assert best_of([point(0.10, 0.9), point(0.02, 0.5)], [False, False]) == 1
    assert best_of([point(0.021, 0.9), point(0.02, 0.5)], [False, False]) == 0
    assert best_of([point(0.02, 0.9, 9.0), point(0.02, 0.9, 8.0)], [False, False]) == 1
    assert best_of([point(0.02, 0.9), point(0.02, 0.9)], [False, False]) == 0
    assert best_of([point(0.00, 0.99), point(0.2, 0.5)], [True, False]) == 1
    assert best_of([point(0.00, 0.99), point(0.2, 0.5)], [True, True]) == 0


def test_an_unknown_loss_never_wins():
    unknown = point(float("nan"), 0.99)
    assert best_of([unknown, point(0.5, 0.1)], [False, False]) == 1


def test_choose_measures_all_and_takes_the_best(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    specs = [{"codec": "reduced", "dims": 2, "inner": {"codec": "int8"}}, {"codec": "int8"}, {"codec": "pq", "groups": 4}]
    seen = []
    choice = choose(vectors, [from_spec(spec) for spec in specs], evidence, weight=evidence.weight, progress=lambda *call: seen.append(call))
    assert choice.best.codec.name == "int8" and len(choice.points) == 3
    assert [one.note for one in choice.points] == ["", "", ""] or choice.points[2].note == OUTWEIGHED
    assert choice.table.segments[0].codec == choice.best.codec
    assert seen[-1] == ("try codecs", 3, 3) and "users kept apart" in choice.why
    with pytest.raises(InputError, match="got none"):
        choose(vectors, [], evidence)

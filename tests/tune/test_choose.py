"""The choice goes to the least loss, then to the most faithful; codebooks that outweigh their codes must earn it."""

import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.tune.choose import OUTWEIGHED, Judgement, best_of, choose, judge
from rankfold.tune.evidence import user_evidence
from rankfold.tune.measure import measure


def one(drop, overlap, size=10.0, outweighed=False):
    return Judgement(drop, overlap, size, outweighed)


def test_rules_in_order():
    assert best_of([one(0.10, 0.9), one(0.02, 0.5)]) == 1
    assert best_of([one(0.021, 0.9), one(0.02, 0.5)]) == 0
    assert best_of([one(0.02, 0.9, 9.0), one(0.02, 0.9, 8.0)]) == 1
    assert best_of([one(0.02, 0.9), one(0.02, 0.9)]) == 0
    assert best_of([one(0.00, 0.99, outweighed=True), one(0.2, 0.5)]) == 0
    assert best_of([one(0.00, 0.99, outweighed=True), one(0.014, 0.9)]) == 1
    assert best_of([one(None, 0.60, outweighed=True), one(None, 0.56)]) == 1
    assert best_of([one(None, 0.62, outweighed=True), one(None, 0.56)]) == 0
    assert best_of([one(0.00, 0.99, outweighed=True), one(0.2, 0.5, outweighed=True)]) == 0


def test_a_judgement_is_of_the_choosing_half(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    table = compress(vectors, from_spec({"codec": "half"}))
    told = judge(table, evidence)
    assert told.overlap > 0.98 and abs(told.drop) < 0.02 and told.total_row_bytes == table.nbytes / 600 and not told.outweighed
    reported = measure(table, evidence, evidence.report)
    assert evidence.choose.baseline.task != evidence.report.baseline.task and reported.loss.n == evidence.report.baseline.count


def test_queries_reach_the_codecs_that_are_tried(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    viewed = from_spec({"codec": "viewed", "power": 0.5, "inner": {"codec": "trellis", "bytes": 6}})
    choice = choose(vectors, [viewed], evidence, queries=evidence.choose.task.queries)
    expected = compress(vectors, viewed, queries=evidence.choose.task.queries).segments[0]
    assert choice.table.segments[0].codec == expected.codec and (choice.table.segments[0].state["axes"] == expected.state["axes"]).all()


def test_choose_measures_all_and_takes_the_best(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    specs = [{"codec": "reduced", "dims": 2, "inner": {"codec": "int8"}}, {"codec": "int8"}, {"codec": "pq", "groups": 4}]
    seen = []
    choice = choose(vectors, [from_spec(spec) for spec in specs], evidence, weight=evidence.weight, progress=lambda *call: seen.append(call))
    assert choice.best.codec.name == "int8" and len(choice.points) == 3
    assert [point.note for point in choice.points] == ["", "", ""] or choice.points[2].note == OUTWEIGHED
    assert choice.table.segments[0].codec == choice.best.codec
    assert seen[-1] == ("try codecs", 3, 3) and "users kept apart" in choice.why
    with pytest.raises(InputError, match="got none"):
        choose(vectors, [], evidence)

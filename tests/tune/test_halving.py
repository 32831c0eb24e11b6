"""Halving: the best go on, families stay mixed, limits are kept, and what cannot be kept is refused with the nearest."""

import pytest

from rankfold.codecs import from_spec
from rankfold.errors import BudgetError
from rankfold.tune.budget import Ask
from rankfold.tune.clock import Clock
from rankfold.tune.evidence import user_evidence
from rankfold.tune.halving import Search, best_within, how_many, in_full, narrow, spread_over_families
from rankfold.tune.latency import Latency
from rankfold.tune.trials import Trial, Trials

CODECS = [from_spec({"codec": "trellis", "bytes": size}) for size in range(2, 10)] + [from_spec({"codec": "int8"}), from_spec({"codec": "half"})]


def trial(name="a", family="f", share=0.25, overlap=0.5, state=0, outweighed=False, scan_ms=None, failed="", row_bytes=8, total=None, seconds=1.0):
    return Trial(name, family, {}, share, overlap, None, row_bytes, state, total, outweighed, scan_ms, seconds, failed)


class Told:
    """Trials whose results are given: codec -> (overlap on rungs, overlap in full)."""

    def __init__(self, vectors, evidence, overlaps, **more):
        self.vectors, self.evidence, self.overlaps, self.more, self.asked, self.slowdown, self.core_seconds = vectors, evidence, overlaps, more, [], 1.0, 0.0

    def run(self, codecs, rung, progress, *, may_start):
        share = 1.0 if rung is None else rung
        allowed = [one for one in codecs if may_start(one)]
        self.asked.append((share if rung is None else rung.share, allowed))
        return [(one, self.find(one, 1.0 if rung is None else rung.share)) for one in allowed]

    def find(self, codec, share):
        place = CODECS.index(codec)
        given = {name: values[place] for name, values in self.more.items()}
        total = given.pop("totals", None)
        return trial(str(place), f"f{place}", share, self.overlaps[place], total=total if share == 1.0 else None, **given)


class Step:
    """A rung with nothing but a share."""

    def __init__(self, share):
        self.share = share


@pytest.fixture(scope="module")
def ground(world):
    return world[0], user_evidence(*world)


def test_the_best_go_on(ground):
    told = Told(*ground, [place / 10 for place in range(10)])
    search = Search(told, Ask(row_bytes=8), [Step(1 / 16), Step(1 / 4)])
    left = narrow(search, CODECS, keep=3)
    assert left == CODECS[:6:-1] and [len(codecs) for _, codecs in told.asked] == [10, 3]
    assert "others found more" in search.fates[CODECS[0]] and CODECS[9] not in search.fates


def test_families_stay_mixed():
    ranked = [(CODECS[place], trial(family="a" if place < 6 else "b")) for place in range(8)]
    assert spread_over_families(ranked, 4) == [CODECS[0], CODECS[1], CODECS[6], CODECS[7]]
    assert spread_over_families(ranked[:5], 4) == CODECS[:4]


def test_more_are_tried_in_full_when_they_are_close_and_the_effort_allows(ground):
    overlaps = [0.9, 0.88, 0.87, 0.87, *[0.1] * 6]
    search = Search(Told(*ground, overlaps), Ask(row_bytes=8), [Step(1 / 4)], candidates=CODECS * 10)
    assert how_many(search, CODECS[:4]) == 3
    search = Search(Told(*ground, [0.9, 0.88, 0.8, *overlaps[3:]]), Ask(row_bytes=8), [Step(1 / 4)], candidates=CODECS * 10)
    assert how_many(search, CODECS[:4]) == 2
    # Ten candidates of 4 s each in full; two of them would be a fifth of all, three are more than the effort allows.
    assert how_many(Search(Told(*ground, overlaps), Ask(row_bytes=8), [Step(1 / 4)], candidates=CODECS), CODECS[:4]) == 2
    assert how_many(Search(Told(*ground, [0.5] * 10), Ask(row_bytes=8), []), CODECS) == 10


def test_limits_cut(ground):
    vectors, evidence = ground
    search = Search(Trials(vectors, evidence), Ask(total_bytes=20_000, p99_ms=5.0), [])
    assert search.breaks(CODECS[0], trial(row_bytes=8)) == ""
    assert "in all are more" in search.breaks(CODECS[0], trial(row_bytes=30))
    assert "in all are more" in search.breaks(CODECS[0], trial(share=1.0, total=20_001))
    assert "one search would take about 11 ms" in search.breaks(CODECS[0], trial(scan_ms=11.0)) and not search.breaks(CODECS[0], trial(scan_ms=9.0))
    search.latencies[CODECS[0]] = Latency(1.0, 6.0, 100)
    assert "99 of 100 searches" in search.breaks(CODECS[0], trial(share=1.0, total=10))
    assert search.breaks(CODECS[0], trial(failed="no")) == "no"
    assert "take more than 3 times" in Search(Trials(vectors, evidence), Ask(row_bytes=8), []).breaks(CODECS[0], trial(state=3 * 8 * 600 + 1))


def test_codebooks_must_earn_it_unless_a_total_is_asked(ground):
    heavy = trial(overlap=0.5, outweighed=True)
    assert Search(Trials(*ground), Ask(row_bytes=8), []).score(heavy) == pytest.approx(0.45)
    assert Search(Trials(*ground), Ask(total_bytes=10**6), []).score(heavy) == 0.5


def test_more_are_tried_until_one_keeps_the_limits(ground):
    told = Told(*ground, [0.9, 0.88, 0.5, 0.4, *[0.1] * 6], totals=[900, 800, 700, 100, *[100] * 6])
    search = Search(told, Ask(total_bytes=500), [Step(1 / 4)], candidates=CODECS)
    found = best_within(search, CODECS[:5])
    assert {one for one, _ in found} == {CODECS[3]} and [len(codecs) for _, codecs in told.asked] == [2, 2]
    assert "900 bytes in all" in search.fates[CODECS[0]]


def test_nothing_is_refused_with_the_nearest(ground):
    told = Told(*ground, [0.9] * 10, totals=[900, 800, 700, 650, *[999] * 6])
    with pytest.raises(BudgetError, match=r"total: 500 bytes; the nearest that was made takes 650 \(3\)"):
        best_within(Search(told, Ask(total_bytes=500), []), CODECS)
    told = Told(*ground, [0.9] * 10)
    search = Search(told, Ask(p99_ms=1.0), [], latencies={one: Latency(1, 4.0 + place, 100) for place, one in enumerate(CODECS)})
    with pytest.raises(BudgetError, match=r"p99: 1 ms; the nearest that was measured takes 4 ms \(0\)"):
        best_within(search, CODECS)
    told = Told(*ground, [0.9] * 10, failed=["broken"] * 10)
    with pytest.raises(BudgetError, match="no codec could be tried within it: broken"):
        best_within(Search(told, Ask(p99_ms=1.0), []), CODECS)


def test_a_time_limit_leaves_out_what_would_not_end(ground):
    told = Told(*ground, [0.5] * 10, seconds=[100.0] * 9 + [1.0])
    search = Search(told, Ask(row_bytes=8), [Step(1 / 4)], Clock(60.0))
    said = []
    search.tell = said.append
    found = in_full(search, CODECS)
    assert [one for one, _ in found] == [CODECS[9]] and search.fates[CODECS[0]] == "not tried in full: the time limit" and len(said) == 1
    assert [one for one, _ in in_full(search, CODECS[:3], needed=True)] == [CODECS[0]]
    search = Search(told, Ask(row_bytes=8), [Step(1 / 4)], Clock(0.0))
    assert narrow(search, CODECS) == [] and search.fates[CODECS[0]] == "not tried: the time limit"

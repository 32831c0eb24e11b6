import json

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.compare import losses
from rankfold.evaluate.fairness import exposure_gap, exposure_shifts, gap_of, moved_items
from rankfold.search import Ranking


def drawn(n, *, seed=0, change=0.2):
    rng = np.random.default_rng(seed)
    before = np.where(rng.random(n) < 0.5, rng.random(n), 0)
    return before, before * (1 + change * rng.choice([-1, 1], n)), rng


def parts(before, after, mask):
    return tuple(tuple(np.where(one, value, np.nan) for value in (before, after)) for one in (mask, ~mask))


def test_the_gap_is_the_difference_of_the_drops():
    before, after, rng = drawn(2_000)
    mine = rng.random(2_000) < 0.3
    after = np.where(mine, 0.9 * after, after)
    group, rest = parts(before, after, mine)
    drops = [losses({"x": one[0]}, {"x": one[1]})["x"].drop for one in (group, rest)]
    gap = gap_of(group, rest)
    assert gap.gap == pytest.approx(drops[0] - drops[1]) and gap.low < gap.gap < gap.high and gap.p < 1e-6
    assert gap_of(rest, group).gap == pytest.approx(-gap.gap)


def test_gaps_between_users_hold_the_truth_as_often_as_they_say():
    held = named = 0
    for seed in range(500):
        before, after, rng = drawn(600, seed=seed)
        mine = rng.random(600) < 0.25
        gap = gap_of(*parts(before, np.where(mine, 0.95 * after, after), mine))
        held += gap.low <= 0.05 <= gap.high
        named += gap_of(*parts(before, after, mine)).p <= 0.05
    assert 0.925 <= held / 500 <= 0.975 and named / 500 <= 0.075


def test_gaps_between_items_count_what_one_user_adds_to_both():
    held = 0
    for seed in range(400):
        before, _, rng = drawn(400, seed=seed)
        common = 1 + 0.3 * rng.choice([-1, 1], 400)
        other = np.where(rng.random(400) < 0.5, rng.random(400), 0)
        gap = gap_of((before, before * common), (other, other * common))
        held += gap.low <= 0 <= gap.high
    assert 0.925 <= held / 400 <= 0.98


def test_a_gap_without_a_baseline_is_unknown():
    before, after, _ = drawn(50)
    nobody = np.full(50, np.nan)
    for other in ((nobody, nobody), (np.zeros(50), np.zeros(50))):
        assert np.isnan([gap_of(other, (before, after)).p, gap_of((before, after), other).gap]).all()
    assert json.loads(json.dumps(gap_of((nobody, nobody), (before, after)).to_dict(), allow_nan=False))["gap"] is None
    with pytest.raises(InputError, match="expected the same"):
        gap_of((before, after), (before[:3], after[:3]))


def lists(rows):
    return Ranking(rows, np.zeros(rows.shape, np.float32))


def test_planted_shifts_of_exposure_are_found_and_their_size_is_right():
    rng = np.random.default_rng(0)
    groups = np.array(["big"] * 50 + ["small"] * 40 + ["none"] * 9 + [""])
    before = np.argsort(rng.random((500, 90)), axis=1)[:, :10]
    after = before.copy()
    small = (after >= 50) & (rng.random(after.shape) < 0.3)
    after[small] = rng.integers(0, 50, small.sum())
    shifts = {one.group: one for one in exposure_shifts(lists(before), lists(after), groups)}
    assert set(shifts) == {"big", "small"} and shifts["small"].verdict == "loses" and shifts["big"].verdict == "gains"
    assert shifts["small"].change == pytest.approx(-0.3, abs=0.05) and shifts["small"].low <= shifts["small"].change <= shifts["small"].high
    assert shifts["small"].before + shifts["big"].before == pytest.approx(1)
    assert exposure_gap(list(shifts.values())) == pytest.approx(shifts["big"].change - shifts["small"].change)
    assert json.loads(json.dumps(shifts["big"].to_dict(), allow_nan=False))["n"] == 500
    assert next(iter(shifts)) == "small"


def test_unchanged_lists_are_steady_and_have_no_gap():
    rows = np.argsort(np.random.default_rng(0).random((60, 30)), axis=1)[:, :10]
    shifts = exposure_shifts(lists(rows), lists(rows), np.array(["a", "b", "c"])[np.arange(30) % 3])
    assert {one.verdict for one in shifts} == {"steady"} and exposure_gap(shifts) == 0 and np.isnan(exposure_gap(shifts[:1]))


def test_chance_names_a_group_in_5_per_cent_at_most():
    rng, named = np.random.default_rng(1), 0
    groups = np.arange(60) % 6
    for _ in range(200):
        rows = [np.argsort(rng.random((150, 60)), axis=1)[:, :10] for _ in range(2)]
        named += any(one.verdict != "steady" for one in exposure_shifts(*map(lists, rows), groups.astype(str)))
    assert named / 200 <= 0.09


def test_few_queries_and_new_groups_get_no_verdict():
    before, after = np.zeros((30, 10), np.int64) - 1, np.zeros((30, 10), np.int64) - 1
    before[:, 0], after[:, 0], after[:5, 1] = 0, 0, 1
    shifts = {one.group: one for one in exposure_shifts(lists(before), lists(after), np.array(["a", "b"]))}
    assert shifts["b"].verdict == "steady" and np.isnan(shifts["b"].change)


def test_items_that_moved_most():
    before, after = np.array([[0, 1], [0, 2], [0, 1]]), np.array([[3, 1], [3, 2], [0, 2]])
    assert moved_items(lists(before), lists(after), k=2) == {"gained": [(3, 0, 2), (2, 1, 2)], "lost": [(0, 3, 1), (1, 2, 1)]}
    assert moved_items(lists(before), lists(before), k=2) == {"gained": [], "lost": []}


def test_bad_lists_are_refused():
    rows = np.zeros((3, 10), np.int64)
    with pytest.raises(InputError, match="at least 11"):
        exposure_shifts(lists(rows), lists(rows), np.array(["a"]), k=11)
    with pytest.raises(InputError, match="one for each row"):
        exposure_shifts(lists(rows + 4), lists(rows), np.array(["a"]))
    with pytest.raises(InputError, match="lists of 2 queries"):
        exposure_shifts(lists(rows), lists(rows[:2]), np.array(["a"]))

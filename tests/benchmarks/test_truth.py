"""The simulations of benchmarks/truth.py: their arithmetic at once; fewer draws of all that they promise when heavy tests are asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import truth

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def populations():
    return truth.made_populations(20_000)


def test_losses_are_what_they_are_set_to(populations):
    for loss in (0.0, 0.01, 0.2):
        before, after = truth.with_loss(populations["50 % hits, 3 in 10 move"], loss)
        assert 1 - after.mean() / before.mean() == pytest.approx(loss)


def test_samples_come_in_blocks_of_the_right_size_and_by_seed(populations):
    one = next(iter(populations.values()))
    blocks = list(truth.samples(one, 400_000, 5, 1))
    assert [part[0].shape for part in blocks] == [(2, 400_000), (2, 400_000), (1, 400_000)]
    assert np.array_equal(next(truth.samples(one, 50, 3, 7))[0], next(truth.samples(one, 50, 3, 7))[0])


def test_shares_add_up(populations):
    found = truth.coverage(populations["30 % hits, 1 in 5 lists drawn anew"], 300, 200)
    assert found["holds"] + found["too_low"] + found["too_high"] == pytest.approx(1) and found["holds"] > 0.9
    found = truth.wrongly_passed(populations["50 % hits, 3 in 10 move"], 1_000, 60, 0.05)
    assert found["passed"] <= 0.1 and found["passed"] + found["failed"] <= 1


def test_the_page_shows_the_figures_that_are_kept():
    figures = json.loads((ROOT / "benchmarks" / "results" / "truth.json").read_text())
    page = (ROOT / "docs" / "statistics.md").read_text()
    shown = page.split("<!-- truth: begin -->")[1].split("<!-- truth: end -->")[0]
    assert shown.strip() == "\n".join(truth.summary(figures)), "paste what benchmarks/truth.py prints last into docs/statistics.md"
    assert figures["draws"] >= 1_000


@pytest.mark.heavy
@pytest.mark.parametrize("n", [200, 1_000, 5_000])
def test_intervals_and_verdicts_keep_their_promises(populations, n):
    # 400 draws: three standard errors of 95 % are 3.3 points, of 2.5 % 2.4 points.
    for name, one in populations.items():
        assert 0.925 <= truth.coverage(one, n, 400)["holds"] <= 0.985, name
        for margin in (0.01, 0.05):
            assert truth.wrongly_passed(one, n, 400, margin)["passed"] <= 0.05, name
    if n > 200:
        assert truth.family_alarms(one, n, 300)["false_alarms"] <= 0.09


@pytest.mark.heavy
def test_power_gaps_and_planted_harms(populations):
    one = populations["50 % hits, 3 in 10 move"]
    assert truth.power_reached(one, 400)["reached"] >= 0.86 and truth.gap_coverage(one, 3_000, 400)["holds"] >= 0.915
    planted = truth.planted_harm(one, 160)
    assert planted["found"] >= 0.85 and planted["false_alarms"] <= 0.15
    assert truth.exposure_alarms(200) <= 0.1 and truth.sign_flip_alarms(one, 500, 200) <= 0.1


@pytest.mark.heavy
def test_the_worst_off_are_corrected():
    none, some = (truth.worst_off(15, harmed=share) for share in (0.0, 0.1))
    assert none["apparent"] > 0.3 > 0.1 > none["corrected"] and some["corrected"] > none["corrected"] + 0.1

"""Calibration errors against hand-worked numbers; fits find planted maps and ask for enough pairs a group."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.calibration import calibration_error, fit_calibration


def clicks(p, seed=0):
    return np.random.default_rng(seed).random(p.size) < p


def test_errors_of_a_hand_worked_case():
    found = calibration_error([0.1, 0.1, 0.8, 0.8], [0, 1, 1, 1], bins=2)
    assert found.ece == pytest.approx((abs(0.2 - 1) + abs(1.6 - 2)) / 4)
    assert found.ratio == pytest.approx(1.8 / 3) and found.n == 4 and found.rmse == pytest.approx(np.sqrt((0.01 + 0.81 + 0.04 + 0.04) / 4))
    log_loss = -(np.log(0.9) + np.log(0.1) + 2 * np.log(0.8)) / 4
    assert found.log_loss == pytest.approx(log_loss)
    assert found.normalised_entropy == pytest.approx(log_loss / -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert found.by_chance == pytest.approx(np.sqrt(2 / np.pi) * (np.sqrt(2 * 0.09) + np.sqrt(2 * 0.16)) / 4)
    scores = calibration_error([1.0, 2.0, 5.0], [2.0, 2.0, 4.0], target="scores", bins=3)
    assert scores.ece == pytest.approx(2 / 3) and scores.ratio == 1 and np.isnan(scores.log_loss) and scores.to_dict()["log_loss"] is None


def test_equal_predictions_share_a_bin():
    assert calibration_error(np.full(100, 0.5), np.arange(100) % 2, bins=15).ece == 0


def test_a_faultless_prediction_has_the_error_of_chance():
    p = np.random.default_rng(1).beta(1, 20, 40_000)
    drawn = [calibration_error(p, clicks(p, seed)) for seed in range(30)]
    assert np.mean([one.ece for one in drawn]) == pytest.approx(drawn[0].by_chance, rel=0.15)
    assert calibration_error(p / 2, clicks(p)).ece > 5 * drawn[0].by_chance


@pytest.mark.parametrize("kind", ["isotonic", "linear"])
def test_planted_click_maps_are_found_on_other_pairs(kind):
    rng = np.random.default_rng(2)
    x = rng.normal(0, 1, 60_000)
    p = 1 / (1 + np.exp(-(1.5 * x - 3)))
    calibration = fit_calibration(x, clicks(p), kind=kind)
    other = rng.normal(0, 1, 60_000)
    truth = 1 / (1 + np.exp(-(1.5 * other - 3)))
    found = calibration_error(calibration.apply(other), clicks(truth, 3))
    assert found.ece < 2.5 * found.by_chance and found.ratio == pytest.approx(1, abs=0.06)
    assert np.abs(calibration.apply(other) - truth).mean() < 0.01


def test_temperature_is_one_factor():
    x = np.random.default_rng(4).normal(0, 4, 60_000)
    calibration = fit_calibration(x, clicks(1 / (1 + np.exp(-x / 3))), kind="temperature")
    assert calibration.arrays["slope"][0] == pytest.approx(1 / 3, rel=0.03) and calibration.groups == ("all",)


def test_compressed_scores_are_restored():
    rng = np.random.default_rng(5)
    exact = rng.normal(10, 2, 20_000)
    found = 0.8 * exact + 1 + rng.normal(0, 0.01, exact.size)
    line = fit_calibration(found, exact, kind="linear", target="scores")
    assert line.arrays["slope"][0] == pytest.approx(1.25, rel=1e-3) and line.arrays["offset"][0] == pytest.approx(-1.25, rel=0.02)
    factor = fit_calibration(found, exact, kind="temperature", target="scores").arrays["slope"][0]
    assert factor == pytest.approx((found @ exact) / (found @ found), rel=1e-6)
    steps = fit_calibration(found, exact, target="scores")
    for calibration in (line, steps):
        assert calibration_error(calibration.apply(found), exact, target="scores").rmse < 0.05
    backwards = fit_calibration(-found, exact, kind="linear", target="scores")
    assert backwards.arrays["slope"][0] == 0 and backwards.arrays["offset"][0] == pytest.approx(exact.mean(), rel=1e-5)


def test_groups_with_enough_pairs_have_maps_of_their_own():
    rng = np.random.default_rng(6)
    x = rng.random(4_000)
    group = np.where(np.arange(4_000) < 2_000, "a", "b").astype("<U4")
    group[:50] = "tiny"
    group[100:400] = "none"
    clicked = clicks(np.where(group == "a", 0.9 * x, 0.1 * x)) & (group != "none")
    found = fit_calibration(x, clicked, group=group)
    assert found.groups == ("all", "a", "b")
    assert found.apply([0.5], group=[1])[0] > 0.35 and found.apply([0.5], group=[2])[0] < 0.1 < found.apply([0.5])[0]
    assert fit_calibration(x, clicked, kind="linear", group=np.arange(4_000) % 2).groups == ("all", "0", "1")


@pytest.mark.parametrize(
    ("scores", "outcome", "more"),
    [
        ([0.1, np.nan], [0, 1], {}),
        ([0.1, 0.2], [0, 2], {}),
        ([0.1, 0.2], [0], {}),
        ([], [], {}),
        ([0.1, 0.2], [1, 1], {}),
        ([0.1, 0.2], [0, 0], {}),
        ([0.1, 0.2], [0, 1], {"kind": "magic"}),
        ([0.1, 0.2], [0, 1], {"target": "money"}),
        ([0.1, 0.2], [0, 1], {"group": ["a"]}),
        ([0.1, 0.2], [0, 1], {"group": [0.5, 1.0]}),
        ([0.1, 0.2], [0, 1], {"group": np.array([b"a", b"\xff"])}),
        ([1e300, 0.2], [0, 1], {}),
    ],
)
def test_bad_pairs_are_refused(scores, outcome, more):
    with pytest.raises(InputError):
        fit_calibration(np.array(scores), np.array(outcome), **more)


@pytest.mark.parametrize(("predicted", "bins"), [([1.5, 0.5], 15), ([-0.1, 0.5], 15), ([0.1, 0.5], 0)])
def test_bad_predictions_are_refused(predicted, bins):
    with pytest.raises(InputError):
        calibration_error(predicted, [0, 1], bins=bins)

"""Only a whole interval within the allowed drop passes."""

import numpy as np
import pytest

from rankfold.cli import gate
from rankfold.cli.exits import GateFailed
from rankfold.evaluate import CalibrationError, Loss
from rankfold.evaluate.compare import losses
from rankfold.tune.calibration import BEFORE, STORED


def quality(low: float, high: float) -> Loss:
    return Loss(before=0.2, after=0.19, drop=(low + high) / 2, low=low, high=high, n=100)


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [(-0.01, 0.009, "pass"), (0.0, 0.01, "pass"), (0.005, 0.02, "inconclusive"), (0.011, 0.02, "fail"), (float("nan"), 0.001, "inconclusive")],
)
def test_states(low, high, state):
    verdict = gate.judge("ndcg@10", quality(low, high), 0.01)
    assert verdict.state == state
    assert verdict.to_dict()["state"] == state


def test_missing_evidence_is_never_a_pass():
    verdict = gate.judge("ndcg@10", None, 1.0)
    assert verdict.state == "inconclusive"
    with pytest.raises(GateFailed, match="not measured"):
        gate.require(verdict, "")


def test_a_pass_lets_go_on_and_the_others_do_not():
    gate.require(gate.judge("ndcg@10", quality(-0.01, 0.001), 0.01), "")
    for low in (0.005, 0.015):
        with pytest.raises(GateFailed, match="Nothing was published"):
            gate.require(gate.judge("ndcg@10", quality(low, 0.02), 0.01), "Nothing was published.")


@pytest.mark.parametrize(("share", "state"), [(0.0, "pass"), (0.03, "fail")])
def test_a_seeded_loss_of_3_per_cent_is_seen(share, state):
    rng = np.random.default_rng(0)
    before = rng.random(5_000) * (rng.random(5_000) < 0.6)
    after = np.where(rng.random(5_000) < share, 0, before)
    loss = losses({"ndcg@10": before}, {"ndcg@10": after})["ndcg@10"]
    assert gate.judge_jointly("ndcg@10", loss, 0.01, buckets={}).state == state
    assert (loss.low > 0.01) == (share > 0)


@pytest.mark.parametrize(
    ("mean", "tail", "allowed", "state"),
    [
        (quality(-0.001, 0.005), quality(-0.01, 0.03), 0.01, "pass"),
        (quality(-0.001, 0.005), quality(0.03, 0.3), 0.01, "pass"),
        (quality(-0.001, 0.005), quality(0.4, 0.6), 0.01, "fail"),
        (quality(-0.001, 0.02), quality(0.4, 0.6), 0.01, "fail"),
        (quality(-0.001, 0.005), quality(0.4, 0.6), 0.7, "pass"),
        (quality(-0.001, 0.005), Loss(0, 0, float("nan"), float("nan"), float("nan"), 3), 0.01, "pass"),
        (quality(0.02, 0.03), quality(0.4, 0.6), 0.01, "fail"),
    ],
)
def test_a_bucket_that_collapses_fails_whatever_the_mean_says(mean, tail, allowed, state):
    verdict = gate.judge_jointly("ndcg@10", mean, allowed, buckets={"head": quality(-0.01, 0.01), "tail": tail})
    assert verdict.state == state
    assert ("tail items lose" in verdict.why) == (state == "fail" and mean.low <= allowed)


def test_a_loss_that_was_not_measured_stays_inconclusive():
    assert gate.judge_jointly("ndcg@10", None, 1.0, buckets={"tail": quality(0.4, 0.6)}).state == "inconclusive"


@pytest.mark.parametrize(("stored", "state"), [(0.0006, "pass"), (0.0012, "pass"), (0.003, "fail")])
def test_a_stale_calibration_fails(stored, state):
    errors = {name: CalibrationError(ece, 0.0004, 0.1, 0.8, 0.1, 1.0, 1_000) for name, ece in ((BEFORE, 0.0004), (STORED, stored))}
    verdict = gate.judge_jointly("ndcg@10", quality(-0.01, 0.001), 0.01, buckets={}, calibration=errors)
    assert verdict.state == state and ("rankfold calibrate" in verdict.why) == (state == "fail")

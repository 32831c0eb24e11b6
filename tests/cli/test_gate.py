"""Only a whole interval within the allowed drop passes."""

import pytest

from rankfold.cli import gate
from rankfold.cli.exits import GateFailed
from rankfold.evaluate import Loss


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

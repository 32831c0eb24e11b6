"""Gates: may a measured loss pass? Three answers; only one of them lets a command end well."""

from dataclasses import dataclass
from typing import Literal

from ..evaluate import Loss
from . import render
from .exits import GateFailed

State = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """pass: the whole interval is within the allowed drop. fail: the whole interval is outside. inconclusive: neither, or nothing was measured."""

    state: State
    allowed: float
    why: str

    def to_dict(self) -> dict:
        """For JSON."""
        return {"state": self.state, "allowed_drop": self.allowed, "why": self.why}


def judge(metric: str, loss: Loss | None, allowed: float) -> Verdict:
    """Whether the drop of `metric` stays within `allowed` (a share: 0.01 is 1 %). No loss, or one without an interval, is never a pass."""
    if loss is None:
        return Verdict("inconclusive", allowed, f"the loss of {metric} was not measured: give --users and --interactions")
    if not loss.is_known:
        return Verdict("inconclusive", allowed, f"the loss of {metric} has no interval: {loss.reason}")
    measured = f"{metric} drops by {render.interval(loss.drop, loss.low, loss.high)}; allowed are {render.percent(allowed)}"
    if loss.high <= allowed:
        return Verdict("pass", allowed, measured)
    if loss.low > allowed:
        return Verdict("fail", allowed, measured)
    return Verdict("inconclusive", allowed, f"{measured}: the interval reaches beyond that. Measure more users, or allow more")


def require(verdict: Verdict, consequence: str) -> None:
    """Raise GateFailed unless the verdict is a pass; `consequence` says what was not done."""
    if verdict.state != "pass":
        raise GateFailed(f"gate {verdict.state}: {verdict.why}. {consequence}".rstrip())

"""Gates: may a measured loss pass? Three answers; only one of them lets a command end well."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..evaluate import CalibrationError, Loss
from ..report.sections import MOST_BUCKET_DROP
from ..tune.calibration import BEFORE, STORED
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


def judge_jointly(
    metric: str, loss: Loss | None, allowed: float, *, buckets: Mapping[str, Loss], calibration: Mapping[str, CalibrationError] | None = None
) -> Verdict:
    """As `judge`, and no popularity bucket may lose more than `allowed` or 5 %, whichever is more, by its whole interval; nor may a stored calibration err more
    than twice as much as that of the uncompressed scores, beyond what chance shows. A mean that passes does not make up for either.
    """
    verdict = judge(metric, loss, allowed)
    if loss is None or verdict.state == "fail":
        return verdict
    most = max(allowed, MOST_BUCKET_DROP)
    worst = max((one for one in buckets.items() if one[1].is_known and one[1].low > most), key=lambda one: one[1].low, default=None)
    if worst is not None:
        name, lost = worst
        why = f"{name} items lose {render.interval(lost.drop, lost.low, lost.high)} of their recall@10; allowed are {render.percent(most)} in each bucket"
        return Verdict("fail", allowed, f"{why}. The mean hides it: {verdict.why}")
    if calibration is not None and STORED in calibration and BEFORE in calibration:
        before, stored = calibration[BEFORE], calibration[STORED]
        if stored.ece > 2 * before.ece + stored.by_chance:
            why = f"the stored calibration errs by {stored.ece:.5f}, before compression {before.ece:.5f}: run `rankfold calibrate` on this artifact"
            return Verdict("fail", allowed, why)
    return verdict


def require(verdict: Verdict, consequence: str) -> None:
    """Raise GateFailed unless the verdict is a pass; `consequence` says what was not done."""
    if verdict.state != "pass":
        raise GateFailed(f"gate {verdict.state}: {verdict.why}. {consequence}".rstrip())

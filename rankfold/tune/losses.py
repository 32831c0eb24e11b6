"""What a budget on loss is held against: the loss of the evidence's metric on one half of the queries, with its interval."""

from dataclasses import dataclass

import numpy as np

from ..evaluate.compare import compare
from ..evaluate.report import Report
from .evidence import Evidence, Half

# Others than the choosing users will judge: a size is taken where half as much again as the reach of the interval is within, so that they mostly agree.
HEADROOM = 1.5


@dataclass(frozen=True, slots=True)
class LossOnChoosers:
    """drop: share of the metric lost; of agreement, where nothing says what is relevant, the share of the exact lists that is not found. high: upper end of
    its 95 % interval. metric: of what.
    """

    metric: str
    drop: float
    high: float

    def is_within(self, allowed: float, *, headroom: float = 1.0) -> bool:
        """Whether the upper end, its reach taken `headroom` times, is at most `allowed`."""
        return self.drop + headroom * (self.high - self.drop) <= allowed


def loss_of(evidence: Evidence, half: Half, after: Report, *, seed: int = 0) -> LossOnChoosers | None:
    """The loss that a budget is about: relative drop of the metric when it is known what users took, else 1 - agreement; None where it has no interval."""
    if not evidence.judged:
        agreement = after.fidelity.means()[evidence.metric] if after.fidelity is not None else None
        if agreement is None or not np.isfinite(agreement.low):
            return None
        return LossOnChoosers(evidence.metric, 1 - agreement.mean, 1 - agreement.low)
    found = compare(half.baseline, after, seed=seed)[evidence.metric]
    return LossOnChoosers(evidence.metric, found.drop, found.high) if found.is_known else None

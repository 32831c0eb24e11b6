"""Non-inferiority: is the loss shown to be smaller than a margin? That a difference was not found is no such proof.

One-sided t tests of the relative drop; both of them together are the two one-sided tests of equivalence (TOST; Schuirmann, 1987). To pass is harder than to
fail, in two ways that matter where few users lose much: the t must also be large enough after a correction for skewness (Hall, 1992), and there must be so
many queries with a hit that a loss of the margin that falls on few of them could hardly have been missed. benchmarks/truth.py shows what either prevents.
"""

from dataclasses import dataclass
from math import inf, log, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

from ..errors import InputError
from .intervals import finite
from .paired import Pairs, p_more, pairs_of
from .student import quantile, tail

ALPHA = 0.025
STEPS = 40


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """What was shown about a loss and a margin.

    state: "pass": less than the margin is lost. "fail": more is lost. "inconclusive": these queries show neither, and `reason` says why.
    p_pass, p_fail: the p-values behind them, NaN where no test could be made. equivalent: neither is more than the margin gained.
    """

    state: Literal["pass", "fail", "inconclusive"]
    margin: float
    drop: float
    p_pass: float
    p_fail: float
    equivalent: bool
    n: int
    reason: str = ""

    def to_dict(self) -> dict[str, object]:
        """JSON-ready; None where there is no number."""
        numbers = {name: finite(getattr(self, name)) for name in ("drop", "p_pass", "p_fail")}
        return {"state": self.state, "margin": self.margin, **numbers, "equivalent": self.equivalent, "n": self.n, "reason": self.reason}


@dataclass(frozen=True, slots=True, eq=False)
class Skewed:
    """Pairs with the third moments that the skewness at any margin takes; hits: how many equal queries with a hit weigh as much as these (Kish, 1965)."""

    pairs: Pairs
    cubes: tuple[float, float, float, float]
    hits: float

    @classmethod
    def of(cls, before: np.ndarray, after: np.ndarray) -> "Skewed":
        """From per-query values (n,), all finite."""
        pairs = pairs_of(before, after)
        rest, centred = after - float(pairs.ratio) * before, before - float(pairs.before)
        cubes = tuple(float(np.mean(one)) for one in (rest**3, rest**2 * centred, rest * centred**2, centred**3))
        return cls(pairs, cubes, float(before.sum() ** 2 / (before * before).sum()))  # type: ignore[arg-type]

    def t(self, margin: float) -> tuple[float, float]:
        """Student's t of "at least the margin is lost", and the same corrected for skewness by Hall's cubic; large where less is lost."""
        mean, ratio, spread, with_before, before_spread = (float(one) for one in self.pairs[1:])
        shift, n = margin - 1 + ratio, self.pairs.n
        # The pairs hold variances over n - 1; of after - (1 - margin) before it is a quadratic in the shift.
        spread = max(spread + 2 * shift * with_before + shift**2 * before_spread, 0.0)
        if spread == 0:
            return (inf, inf) if shift * mean > 0 else (-inf, -inf)
        t = shift * mean / sqrt(spread / n)
        third = self.cubes[0] + 3 * shift * self.cubes[1] + 3 * shift**2 * self.cubes[2] + shift**3 * self.cubes[3]
        lean = third / (spread * (n - 1) / n) ** 1.5 / sqrt(n)
        return t, t + lean * t**2 / 3 + lean**2 * t**3 / 27 + lean / 6

    def p_within(self, margin: float) -> float:
        """p-value of "at least the margin is lost": the larger of that of t and that of t corrected for skewness."""
        t, corrected = self.t(margin)
        return max(tail(t, self.pairs.n - 1), NormalDist().cdf(-corrected))

    def passes(self, margin: float, alpha: float) -> bool:
        """Whether less than the margin is shown to be lost."""
        t, corrected = self.t(margin)
        beyond = t >= quantile(1 - alpha, self.pairs.n - 1) and corrected >= NormalDist().inv_cdf(1 - alpha)
        return beyond and self.hits >= -log(alpha) / margin


def shown_margin(before: np.ndarray, after: np.ndarray, *, alpha: float = ALPHA) -> float:
    """The smallest margin that `noninferior` passes with these per-query values (n,), all finite; NaN where it passes none below 1."""
    if before.size < 2 or not before.mean() > 0:
        return np.nan
    skewed = Skewed.of(before, after)
    low, high = max(0.0, float(skewed.pairs.drop)), 1.0 - 1e-9
    if low >= high or not skewed.passes(high, alpha):
        return np.nan
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if skewed.passes(middle, alpha) else (middle, high)
    return high


def noninferior(before: np.ndarray, after: np.ndarray, margin: float, *, alpha: float = ALPHA) -> NonInferiority:
    """Whether less than `margin` (a share: 0.01 is 1 %) of the mean of `before` is lost in `after`.

    before, after: (n,) per-query values, NaN where a query was not judged. alpha: the chance to pass by mistake when exactly the margin is lost.
    A pass needs enough queries with a hit that a loss of the margin which falls on few of them, each losing all, would have been met with a chance of
    1 - alpha: -ln(alpha) / margin of them, 369 for 1 %. Raises InputError for other shapes, and margin or alpha outside 0 to 1.
    """
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if old.ndim != 1 or old.shape != new.shape:
        raise InputError(f"before, after: got shapes {old.shape} and {new.shape}; expected the same (n,), one value a query.")
    if not 0 < margin < 1 or not 0 < alpha < 0.5:
        raise InputError(f"margin, alpha: got {margin} and {alpha}; expected shares: a margin between 0 and 1, alpha between 0 and 0.5.")
    known = np.isfinite(old) & np.isfinite(new)
    old, new = old[known], new[known]
    if old.size < 2 or not old.mean() > 0:
        return NonInferiority("inconclusive", margin, np.nan, np.nan, np.nan, False, old.size, "fewer than two queries, or none with a hit in the baseline")
    skewed = Skewed.of(old, new)
    within, beyond, gained = skewed.p_within(margin), p_more(skewed.pairs, margin), p_more(skewed.pairs, -margin)
    drop = float(skewed.pairs.drop)
    if beyond <= alpha:
        return NonInferiority("fail", margin, drop, within, beyond, False, old.size)
    if within > alpha:
        return NonInferiority("inconclusive", margin, drop, within, beyond, False, old.size, "the loss may be more than the margin: more queries are needed")
    if not skewed.passes(margin, alpha):
        reason = f"{skewed.hits:.0f} queries with a hit; a loss of this margin by few queries shows only in {-log(alpha) / margin:.0f} or more"
        return NonInferiority("inconclusive", margin, drop, within, beyond, False, old.size, reason)
    return NonInferiority("pass", margin, drop, within, beyond, gained <= alpha, old.size)

"""Power: the smallest loss that these queries can show, and how many would show a given one (normal approximation; Cohen, 1988)."""

from math import ceil
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from .intervals import finite
from .noninferiority import ALPHA
from .paired import pairs_of

# The spread is itself an estimate: so many more queries than the formula says keep the promise.
RESERVE = 1.05


class Power(NamedTuple):
    """What n queries can show of a table that differs from its baseline as much as this one.

    spread: standard deviation over queries of the relative drop. detectable_80, detectable_90: the relative loss that is shown to be one with a chance of
    80 or 90 %; just so large a margin is passed with that chance by a table that loses nothing. needed: queries for a loss of `loss` with a chance of 90 %.
    """

    n: int
    spread: float
    detectable_80: float
    detectable_90: float
    loss: float
    needed: int | None

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready."""
        numbers = {name: finite(getattr(self, name)) for name in ("spread", "detectable_80", "detectable_90")}
        return {"n": self.n, **numbers, "loss": self.loss, "needed": self.needed}


def power_of(before: np.ndarray, after: np.ndarray, *, loss: float = 0.01, alpha: float = ALPHA) -> Power:
    """The power of paired per-query values (n,), NaN where a query was not judged, at the one-sided error rate alpha.

    Without a baseline the shares are NaN and `needed` is None. Raises InputError for other shapes and a loss outside 0 to 1.
    """
    old, new = np.asarray(before, np.float64), np.asarray(after, np.float64)
    if old.ndim != 1 or old.shape != new.shape or not 0 < loss < 1:
        raise InputError(f"before, after, loss: got shapes {old.shape} and {new.shape}, and {loss}; expected the same (n,), and a share between 0 and 1.")
    known = np.isfinite(old) & np.isfinite(new)
    if known.sum() < 2 or not old[known].mean() > 0:
        return Power(int(known.sum()), np.nan, np.nan, np.nan, loss, None)
    pairs = pairs_of(old[known], new[known])
    spread = float(np.sqrt(pairs.spread) / pairs.before)
    less, more = (detectable(spread, pairs.n, power=power, alpha=alpha) for power in (0.8, 0.9))
    return Power(pairs.n, spread, less, more, loss, queries_needed(spread, loss, alpha=alpha))


def detectable(spread: float, n: int, *, power: float = 0.9, alpha: float = ALPHA) -> float:
    """The relative loss that n queries show with a chance of `power`; spread: as in Power."""
    return _reach(power, alpha) * spread / n**0.5


def queries_needed(spread: float, loss: float, *, power: float = 0.9, alpha: float = ALPHA) -> int:
    """How many queries show a relative loss of `loss` with a chance of `power`; at least 2."""
    return max(2, ceil(RESERVE * (_reach(power, alpha) * spread / loss) ** 2))


def _reach(power: float, alpha: float) -> float:
    if not 0.5 <= power < 1 or not 0 < alpha < 0.5:
        raise InputError(f"power, alpha: got {power} and {alpha}; expected a power from 0.5 to 1 and an error rate between 0 and 0.5.")
    return NormalDist().inv_cdf(1 - alpha) + NormalDist().inv_cdf(power)

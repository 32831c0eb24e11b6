"""Change: the difference of a figure before and after, with an interval over users, for figures where a share lost means nothing (log loss, AUC, RMSE)."""

from dataclasses import dataclass

import numpy as np

from .intervals import NORMAL_95, finite


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after, and after - before with its 95 % interval over n users (or items); NaN where there is none."""

    before: float
    after: float
    change: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready; None where there is no number."""
        return {**{name: finite(getattr(self, name)) for name in ("before", "after", "change", "low", "high")}, "n": self.n}


def change_of(before: float, after: float, influence: np.ndarray, unit: np.ndarray) -> Change:
    """The change of a figure. influence: (m,) what each observation adds to the error of after - before; unit: (m,) the user (or item) of each.

    Observations of one unit are summed first: they are not independent (the delta method with clusters; Huber, 1967).
    """
    names, place = np.unique(unit, return_inverse=True)
    sums = np.bincount(place.ravel(), influence, minlength=names.size)
    n = names.size
    reach = NORMAL_95 * float(np.sqrt((sums**2).sum() * n / (n - 1))) if n > 1 else np.nan
    return Change(before, after, after - before, after - before - reach, after - before + reach, n)


def mean_change(before: np.ndarray, after: np.ndarray, unit: np.ndarray) -> Change:
    """The change of a mean of values (m,), paired."""
    old, new = float(before.mean()), float(after.mean())
    return change_of(old, new, (after - before - (new - old)) / before.size, unit)

"""Fidelity: how much of the exact list is still there. It says nothing of whether either list is good; that is quality, and reports keep the two apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import blocks
from ..errors import InputError
from ..search.ranking import Ranking
from .intervals import Mean, mean_of

PERSISTENCE = 0.9
# Pairs of places compared in one pass stay below this many.
PASS_PAIRS = 1 << 22


@dataclass(frozen=True, slots=True, eq=False)
class Fidelity:
    """Agreement with the exact lists: name -> (q,) float64, one a query; NaN where it does not apply (empty exact list, fewer than two common rows)."""

    values: Mapping[str, np.ndarray]

    def means(self) -> dict[str, Mean]:
        """Mean and interval of each."""
        return {name: mean_of(values, lowest=-1.0 if name.startswith("kendall") else 0.0) for name, values in self.values.items()}

    def to_dict(self) -> dict[str, dict[str, float | int | None]]:
        """JSON-ready: name -> mean, low, high, n."""
        return {name: mean.to_dict() for name, mean in self.means().items()}


def fidelity(ranking: Ranking, exact: Ranking, *, depths: Sequence[int] = (10,)) -> Fidelity:
    """overlap@k, rbo@k and kendall@k of each depth k, against the exact lists of the same queries.

    Raises InputError when the rankings differ in queries, or a depth is below 1 or deeper than either.
    """
    if ranking.rows.shape[0] != exact.rows.shape[0]:
        raise InputError(f"ranking: got lists of {ranking.rows.shape[0]} queries; expected {exact.rows.shape[0]}, those of the exact ranking.")
    deepest = min(ranking.rows.shape[1], exact.rows.shape[1])
    if not depths or min(depths) < 1 or max(depths) > deepest:
        raise InputError(f"depths: got {list(depths)}; expected depths of 1 to {deepest}, the places of the shorter ranking.")
    values: dict[str, np.ndarray] = {}
    for k in dict.fromkeys(depths):
        for name, measure in MEASURES.items():
            values[f"{name}@{k}"] = measure(ranking.rows[:, :k], exact.rows[:, :k])
    return Fidelity(values)


def overlap(rows: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Share of the rows of each exact list (q, k) that are in the other list (q, k), in any order: (q,) float64."""
    size = (exact >= 0).sum(axis=1)
    found = (places(exact, rows) < rows.shape[1]).sum(axis=1)
    return np.where(size > 0, found / np.maximum(size, 1), np.nan)


def rank_biased_overlap(rows: np.ndarray, exact: np.ndarray, *, persistence: float = PERSISTENCE) -> np.ndarray:
    """Overlap at every depth, weighted toward the top, extrapolated past the last place: (q,) float64, 1 for equal lists (Webber et al., 2010).

    The depth is the length of the exact list; with persistence p, place d has the weight (1 - p) p^(d - 1).
    """
    k = exact.shape[1]
    place = places(exact, rows)
    # A row found at places i and j is common from depth max(i, j) on.
    since = np.where(place < rows.shape[1], np.maximum(place, np.arange(k)), k)
    common = _common(since, k)
    depth = np.arange(1, k + 1)
    size = (exact >= 0).sum(axis=1)
    inside = depth <= size[:, None]
    weighted = (np.where(inside, common / depth, 0) * persistence**depth).sum(axis=1)
    last = np.maximum(size, 1)
    tail = common[np.arange(len(common)), last - 1] / last * persistence**last
    return np.where(size > 0, (1 - persistence) / persistence * weighted + tail, np.nan)


def kendall_tau(rows: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """Kendall's tau of the order of the rows that both lists hold: 1 same order, -1 reversed, NaN with fewer than two: (q,) float64."""
    k = exact.shape[1]
    out = np.full(len(exact), np.nan)
    place = places(exact, rows)
    common = place < rows.shape[1]
    upper = np.triu(np.ones((k, k), np.bool_), 1)
    for start, stop in blocks(len(exact), max(1, PASS_PAIRS // (k * k))):
        mine, here = place[start:stop], common[start:stop]
        pairs = here[:, :, None] & here[:, None, :] & upper
        total = pairs.sum(axis=(1, 2))
        agree = (pairs & (mine[:, :, None] < mine[:, None, :])).sum(axis=(1, 2))
        out[start:stop] = np.where(total > 0, 2 * agree / np.maximum(total, 1) - 1, np.nan)
    return out


def places(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Where each row of `rows` (q, k) stands in the list of the same query in `others` (q, m): its place from 0, or m where it is not there."""
    m = others.shape[1]
    if not rows.size or not m:
        return np.full(rows.shape, m)
    span = int(max(rows.max(), others.max(), 0)) + 2
    line = np.arange(len(rows))[:, None] * span
    keys = (line + others + 1).ravel()
    order = np.argsort(keys, kind="stable")
    asked = line + rows + 1
    at = np.minimum(np.searchsorted(keys, asked, sorter=order), keys.size - 1)
    return np.where((keys[order[at]] == asked) & (rows >= 0), order[at] % m, m)


def _common(since: np.ndarray, k: int) -> np.ndarray:
    """How many rows are common at each depth, (q, k), from the depth at which each became common (k: never)."""
    flat = np.arange(len(since))[:, None] * (k + 1) + since
    return np.cumsum(np.bincount(flat.ravel(), minlength=len(since) * (k + 1)).reshape(-1, k + 1)[:, :k], axis=1)


MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {"overlap": overlap, "rbo": rank_biased_overlap, "kendall": kendall_tau}

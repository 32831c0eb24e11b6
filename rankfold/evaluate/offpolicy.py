"""Off-policy estimates: what a ranking would have earned, from a log that another one wrote, by the chances with which it showed what it showed."""

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..search.rows import Rows
from .compare import Loss
from .intervals import NORMAL_95, finite
from .ownmetric import Metric

# Below so many effective events an interval of the normal form is too narrow.
FEW = 30


@dataclass(frozen=True, slots=True)
class Estimate:
    """Value a logged event of a policy, with its 95 % interval over n independent units (events, or groups of them)."""

    value: float
    low: float
    high: float
    n: int

    def to_dict(self) -> dict[str, float | int | None]:
        """JSON-ready."""
        return {"value": finite(self.value), "low": finite(self.low), "high": finite(self.high), "n": self.n}


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """What a policy would have earned an event.

    ips: inverse propensity (Horvitz and Thompson, 1952), unbiased, of high variance. snips: the same over the sum of the weights (Swaminathan and Joachims,
    2015). dr: doubly robust (Dudik, Langford and Li, 2011): unbiased if either the propensities or the model are right; None without a model.
    effective: how many events of equal weight would tell as much (Kish, 1965); below 30 the intervals are too narrow. clipped: share of events whose weight
    was cut. bias: most by which cutting can lower ips, from the log: mean of what was cut times the largest reward; 0 without clipping.
    """

    ips: Estimate
    snips: Estimate
    dr: Estimate | None
    effective: float
    clipped: float
    bias: float

    @property
    def is_enough(self) -> bool:
        """Whether the log tells enough for an interval to be believed."""
        return self.effective >= FEW

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        named = {"ips": self.ips.to_dict(), "snips": self.snips.to_dict(), "dr": None if self.dr is None else self.dr.to_dict()}
        return {**named, "effective": finite(self.effective), "clipped": finite(self.clipped), "bias": finite(self.bias)}


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """m logged events: what was shown by chance, and what it earned.

    reward: (m,) numbers of at least 0, such as 1 for a click. propensity: (m,) the chance, above 0 and at most 1, that the logging policy showed just this.
    group: (m,) whole numbers, such as users: events of one group are not independent, and intervals are over groups. None: each event by itself.
    Raises InputError.
    """

    reward: np.ndarray
    propensity: np.ndarray
    group: np.ndarray | None = None

    def __post_init__(self) -> None:
        reward = _column(self.reward, "reward", None)
        chance = as_propensity(self.propensity, reward.size)
        if reward.size < 2 or (reward < 0).any():
            raise InputError(f"reward: got {reward.size} events, the lowest {reward.min() if reward.size else None}; expected at least 2, none below 0.")
        object.__setattr__(self, "reward", reward)
        object.__setattr__(self, "propensity", chance)
        if self.group is not None:
            group = np.asarray(self.group)
            if group.shape != reward.shape or group.dtype.kind not in "iu":
                raise InputError(f"group: got dtype {group.dtype} of shape {group.shape}; expected whole numbers of shape {reward.shape}.")
            names, place = np.unique(group, return_inverse=True)
            if names.size < 2:
                raise InputError("group: got one group; expected at least two, or there is no interval.")
            object.__setattr__(self, "group", place.ravel())


def off_policy(log: Log, target: object, *, model: tuple[object, object] | None = None, clip: float | None = None) -> OffPolicy:
    """Estimate the value of a policy from a log of another.

    target: (m,) chances from 0 to 1 that the policy judged would have shown what was logged (see `list_chances`). model: (predicted reward of what was logged,
    predicted reward of the policy in that context), (m,) each, for the doubly robust estimate. clip: cut weights target / propensity to at most this; lowers
    the variance, biases downward.
    Raises InputError, also when the policy would have shown nothing of the log: there is nothing to estimate from.
    """
    weight, whole = _weights(log, target, clip)
    terms, dr = _terms(log, weight, model)
    estimates = {name: _estimate(log, value, influence) for name, (value, influence) in terms.items()}
    cut = whole - weight
    bias = float(cut.mean() * log.reward.max())
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    return OffPolicy(estimates["ips"], estimates["snips"], estimates["dr"] if dr else None, effective, float((cut > 0).mean()), bias)


def compare_policies(
    log: Log, before: object, after: object, *, models: tuple[tuple[object, object], tuple[object, object]] | None = None, clip: float | None = None
) -> dict[str, Loss]:
    """Relative loss from one policy to another by each estimate (ips, snips and, with models, dr), paired: both are judged on the same events.

    before, after: chances (m,), as in `off_policy`. models: one of each. The interval is by the delta method, over groups. Raises InputError.
    """
    sides = []
    for target, model in zip((before, after), models or (None, None)):
        weight, _ = _weights(log, target, clip)
        sides.append(_terms(log, weight, model)[0])
    losses = {}
    for name, (old, influence) in sides[0].items():
        new, other = sides[1][name]
        n = _units(log)
        if old <= 0:
            losses[name] = Loss(old, new, np.nan, np.nan, np.nan, n, "the baseline is 0: there is nothing to lose a share of")
            continue
        drop = 1 - new / old
        reach = _reach(log, (other - influence * (new / old)) / old)
        losses[name] = Loss(old, new, drop, drop - reach, drop + reach, n)
    return losses


def list_chances(rows: np.ndarray, query: np.ndarray, action: np.ndarray) -> np.ndarray:
    """Chance (m,) that a policy shows what was logged, where it shows one of the k rows of each list, all alike: 1 / k for rows in the list, else 0.

    rows: (q, k), -1 where empty. query: (m,) 0 to q - 1. action: (m,) the row that was shown. Raises InputError.
    """
    query, action = np.asarray(query), np.asarray(action)
    if query.shape != action.shape or query.ndim != 1 or query.dtype.kind not in "iu" or action.dtype.kind not in "iu":
        raise InputError(f"query, action: got shapes {query.shape} and {action.shape}; expected whole numbers (m,) each, one an event.")
    if query.size and not 0 <= int(query.min()) <= int(query.max()) < len(rows):
        raise InputError(f"query: got {int(query.min())} to {int(query.max())}; expected 0 to {len(rows) - 1}.")
    size = np.maximum((rows >= 0).sum(axis=1), 1)
    return ((rows[query] == action[:, None]) & (rows[query] >= 0)).any(axis=1) / size[query]


def reweighted_recall(relevant: Rows, propensity: object, *, k: int = 10, clip: float | None = None) -> Metric:
    """Recall where each relevant row counts 1 / propensity: corrects for what had less chance to be met at all (Schnabel et al., 2016; Yang et al., 2018).

    relevant: the task's rows; propensity: (values,) the chance that each was observed. The mean over queries is the self-normalised estimate; a query with
    weightier rows counts more. clip: the largest weight. Named "recall@k reweighted". Raises InputError.
    """
    weight = 1 / as_propensity(propensity, relevant.values.size)
    if clip is not None:
        weight = np.minimum(weight, _clip(clip))
    mean = weight.sum() / max(1, relevant.count)

    def measure(rows: np.ndarray, asked: Rows) -> np.ndarray:
        if not np.array_equal(asked.starts, relevant.starts) or not np.array_equal(asked.values, relevant.values):
            raise InputError("relevant: the propensities are of other rows than those judged; expected the task's own, every query with a relevant row.")
        query, place = np.nonzero(rows >= 0)
        found = relevant.shared_with(Rows.from_pairs(query, rows[query, place], len(rows)))
        return np.bincount(relevant.queries()[found], weight[found], minlength=relevant.count) / mean

    return Metric(f"recall@{k} reweighted", k, measure)


def clip_bias(propensity: object, clip: float) -> float:
    """Most by which cutting weights 1 / propensity can move a self-normalised mean of values in 0..1: the distance of the two sets of weights. InputError."""
    weight = 1 / as_propensity(propensity, np.asarray(propensity).size)
    cut = np.minimum(weight, _clip(clip))
    return float(np.abs(weight / weight.sum() - cut / cut.sum()).sum() / 2)


def as_propensity(propensity: object, count: int) -> np.ndarray:
    """`propensity` as float64 (count,), above 0 and at most 1. Raises InputError."""
    chance = _column(propensity, "propensity", count)
    if (chance <= 0).any() or (chance > 1).any():
        wrong = int(np.flatnonzero((chance <= 0) | (chance > 1))[0])
        raise InputError(f"propensity: event {wrong} has {chance[wrong]}; expected chances above 0 and at most 1. What cannot be shown is never in a log.")
    return chance


def _weights(log: Log, target: object, clip: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Weights after and before cutting."""
    chance = _column(target, "target", log.reward.size)
    if (chance < 0).any() or (chance > 1).any():
        raise InputError(f"target: got values from {chance.min()} to {chance.max()}; expected chances from 0 to 1.")
    whole = chance / log.propensity
    if np.count_nonzero(whole) < 2:
        shown = "nothing" if not whole.any() else "one event"
        raise InputError(f"target: the policy would have shown {shown} of what was logged; expected at least two events. This log cannot judge it.")
    return (whole if clip is None else np.minimum(whole, _clip(clip))), whole


def _terms(log: Log, weight: np.ndarray, model: tuple[object, object] | None) -> tuple[dict[str, tuple[float, np.ndarray]], bool]:
    """Name -> value and influence (m,) of each event on it: what the value moves by without the event, times m."""
    ips = float((weight * log.reward).mean())
    snips = float((weight * log.reward).sum() / weight.sum())
    # An event of much weight pulls the ratio toward itself; its share of all weights undoes that (the jackknife; Quenouille, 1956).
    others = 1 - weight / weight.sum()
    terms = {"ips": (ips, weight * log.reward - ips), "snips": (snips, weight * (log.reward - snips) / (weight.mean() * others))}
    if model is not None:
        logged, policy = (_column(part, f"model[{number}]", log.reward.size) for number, part in enumerate(model))
        each = policy + weight * (log.reward - logged)
        terms["dr"] = (float(each.mean()), each - each.mean())
    return terms, model is not None


def _estimate(log: Log, value: float, influence: np.ndarray) -> Estimate:
    reach = _reach(log, influence)
    return Estimate(value, value - reach, value + reach, _units(log))


def _reach(log: Log, influence: np.ndarray) -> float:
    """Half a 95 % interval of a mean whose error is the mean of `influence` over events, summed within groups."""
    sums = influence if log.group is None else np.bincount(log.group, influence)
    return NORMAL_95 * float(np.sqrt((sums**2).sum() * sums.size / (sums.size - 1))) / influence.size


def _units(log: Log) -> int:
    return log.reward.size if log.group is None else int(log.group.max()) + 1


def _clip(clip: float) -> float:
    if isinstance(clip, bool) or not isinstance(clip, int | float) or not np.isfinite(clip) or clip < 1:
        raise InputError(f"clip: got {clip!r}; expected the largest weight, a number of at least 1.")
    return float(clip)


def _column(values: object, name: str, count: int | None) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or array.ndim != 1 or (count is not None and array.size != count):
        expected = "(m,)" if count is None else f"({count},)"
        raise InputError(f"{name}: got dtype {array.dtype} of shape {array.shape}; expected numbers of shape {expected}, one an event.")
    out = array.astype(np.float64)
    if not np.isfinite(out).all():
        raise InputError(f"{name}: event {int(np.flatnonzero(~np.isfinite(out))[0])} is not finite; expected finite numbers.")
    return out

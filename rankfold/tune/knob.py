"""One knob of one codec, turned until a metric is kept: encode, assess, adjust, again, by bisection."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

from ..codec import Codec, inner_of
from ..errors import BudgetError, InputError, RankfoldError
from ..progress import Progress, silent
from .halving import Tell, quiet
from .trials import Trial, Trials

MOST_VALUE = 4_096


@dataclass(frozen=True, slots=True)
class Until:
    """What is to be kept: a metric, and the share of it from 0 to 1. For an overlap with the exact lists, the overlap itself."""

    metric: str
    share: float


@dataclass(frozen=True, slots=True)
class Turned:
    """Where the knob came to rest: its value, the codec, its trial, and every value that was tried with the share that it kept."""

    value: int
    codec: Codec
    trial: Trial
    tried: tuple[tuple[int, float], ...]


def read_until(text: str) -> Until:
    """What "ndcg@10>=99%" or "overlap@10>=.95" says. Raises InputError."""
    found = re.fullmatch(r"\s*([a-z]+@?\d*)\s*>=\s*(\d*\.?\d+)\s*(%?)\s*", text)
    share = float(found[2]) * (0.01 if found[3] else 1.0) if found else -1.0
    if not found or not 0 < share <= 1:
        raise InputError(f'until: got {text!r}; expected a metric and the share of it to keep, such as "ndcg@10>=99%".')
    # As people say it: ndcg is ndcg@10.
    return Until(found[1] if "@" in found[1] else f"{found[1]}@10", share)


def with_knob(codec: Codec, knob: str, value: int) -> Codec:
    """The codec with its setting `knob`, or that of the codec inside it, at `value`. Raises InputError for a setting that is no whole number."""
    if any(field.name == knob for field in fields(codec)):  # type: ignore[arg-type]
        if isinstance(getattr(codec, knob), bool) or not isinstance(getattr(codec, knob), int | None):
            raise InputError(f"knob: {knob} of {codec.name} is {getattr(codec, knob)!r}; expected a setting that is a whole number.")
        return replace(codec, **{knob: value})  # type: ignore[type-var]
    held = inner_of(codec)
    if held is None:
        raise InputError(f"knob: got {knob!r}; expected a setting of {codec.name}: {', '.join(field.name for field in fields(codec)) or 'it has none'}.")  # type: ignore[arg-type]
    return replace(codec, inner=with_knob(held, knob, value))  # type: ignore[type-var, call-arg]


def kept_of(trial: Trial, until: Until, metric: str, judged: bool) -> float:
    """The share of the metric that a trial in full kept. Raises InputError for a metric that was not measured."""
    if until.metric == metric and judged:
        return 1 - trial.loss.drop if trial.loss is not None else 0.0
    if until.metric == ("overlap@10" if judged else metric):
        return trial.overlap
    known = f"{metric} or overlap@10" if judged else metric
    raise InputError(f"until: got {until.metric}; expected {known}, which is what these files let one measure.")


def values_of(codec: Codec, knob: str, dim: int, *, low: int = 1, high: int | None = None) -> list[int]:
    """The values of the knob from low to high at which the codec suits `dim` and takes at most two bytes a dimension, rising. Raises InputError for none."""
    found = []
    for value in range(low, (MOST_VALUE if high is None else high) + 1):
        try:
            size = with_knob(codec, knob, value).row_bytes(dim)
        except InputError:
            raise
        except RankfoldError:
            continue
        if size <= 2 * dim + 1 or high is not None:
            found.append(value)
    if not found:
        raise InputError(f"knob: no value of {knob} from {low} to {high or MOST_VALUE} suits {codec.name} at {dim} dimensions; expected some.")
    return found


def turn(
    trials: Trials, codec: Codec, knob: str, until: Until, *, low: int = 1, high: int | None = None, progress: Progress = silent, tell: Tell = quiet
) -> Turned:
    """The smallest value of the knob that keeps what is asked, by the choosing users: found by bisection, so the value below it was tried and does not.

    Raises InputError, BudgetError when the largest value does not keep it either.
    """
    values = values_of(codec, knob, trials.vectors.dim, low=low, high=high)
    evidence = trials.evidence
    tried: dict[int, float] = {}
    found: dict[int, Trial] = {}

    def keeps(value: int) -> bool:
        ((_, trial),) = trials.run([with_knob(codec, knob, value)], None, progress)
        tried[value] = 0.0 if trial.failed else kept_of(trial, until, evidence.metric, evidence.judged)
        found[value] = trial
        tell(f"{knob}={value}: {until.metric} {tried[value]:.2%} kept" + (f" ({trial.failed})" if trial.failed else ""))
        return tried[value] >= until.share

    place = first_true(len(values), lambda number: keeps(values[number]))
    if place == len(values):
        best = max(tried, key=lambda value: tried[value])
        reached = f"{knob}={best} keeps {tried[best]:.2%}"
        raise BudgetError(
            f"until: {until.share:.2%} of {until.metric} is not kept at any {knob} up to {values[-1]}; {reached}. Ask for less, or another codec."
        )
    value = values[place]
    return Turned(value, with_knob(codec, knob, value), found[value], tuple(sorted(tried.items())))


def first_true(count: int, holds: Callable[[int], bool]) -> int:
    """The first of the numbers below `count` for which `holds` is true, `count` for none, where it is true of all after the first such."""
    low, high = -1, count
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high

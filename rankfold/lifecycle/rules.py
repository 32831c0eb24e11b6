"""Rules: one for each thing a policy asks, judged by a section of a report. A number that is not there, or has no interval, leaves a rule inconclusive."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from ..evaluate.fairness import ALPHA
from .policy import Policy

State = Literal["pass", "fail", "inconclusive"]
Content = Mapping[str, Any]


class Rule(NamedTuple):
    """One rule of a policy: its name, what was shown, and why, for people."""

    rule: str
    state: State
    why: str


def rules_of(policy: Policy, section: Content, point: Content) -> Iterator[Rule]:
    """The rules of a policy about quality, harm, size and speed of one point of a section."""
    for metric, most in policy.quality.items():
        yield quality_rule(metric, most, section, point)
    for metric, least in policy.fidelity.items():
        yield _fidelity(metric, least, point)
    for name, most in policy.buckets.items():
        rule = _bucket(policy, name, most, point)
        if rule is not None:
            yield rule
    yield from _slices(policy, section)
    if policy.exposure is not None:
        yield _exposure(policy.exposure, section)
    if policy.calibration is not None:
        rule = _calibration(policy, section)
        if rule is not None:
            yield rule
    for name, most in policy.lists.items():
        yield _guard(name, most, section)
    if policy.worst_users is not None:
        yield _worst_users(policy.worst_users, section)
    for name, limit, got, unit in _limits(policy, point):
        yield _limit(name, limit, got, unit)


def quality_rule(metric: str, most: float, section: Content, point: Content) -> Rule:
    """Less than `most` must be shown to be lost: by the margin that was shown where the report has it, else by the upper end of the interval."""
    name = f"quality {metric}"
    found = point["quality"] if metric == section["metric"] else point.get("losses", {}).get(metric)
    if found is None:
        return Rule(name, "inconclusive", f"the loss of {metric} was not measured: give --users and --interactions")
    if found.get("reason"):
        return Rule(name, "inconclusive", f"the loss of {metric} has no interval: {found['reason']}")
    measured = f"{metric} drops by {_interval(found['drop'], found['low'], found['high'])}; allowed are {_percent(most)}"
    if found["low"] > most:
        return Rule(name, "fail", measured)
    shown = max(found["high"], found.get("shown", found["high"]) or 1.0)
    if shown <= most:
        return Rule(name, "pass", measured)
    if found["high"] <= most:
        return Rule(
            name, "inconclusive", f"{measured}, but less than {_percent(shown)} is all that so few users with a hit show. Measure more users, or allow more"
        )
    return Rule(name, "inconclusive", f"{measured}: the interval reaches beyond that. Measure more users, or allow more")


def _fidelity(metric: str, least: float, point: Content) -> Rule:
    found = point["fidelity"]
    if found["metric"] != metric:
        return Rule(f"fidelity {metric}", "inconclusive", f"{metric} is not in the report, which has {found['metric']}")
    state: State = "pass" if found["low"] >= least else "fail" if found["high"] < least else "inconclusive"
    return Rule(f"fidelity {metric}", state, f"{metric} {_interval(found['mean'], found['low'], found['high'])}; asked are {_percent(least)}")


def _bucket(policy: Policy, name: str, most: float, point: Content) -> Rule | None:
    found = (point["buckets"] or {}).get(name)
    if found is None:
        why = f"{name} items were not measured, or by too few users for an interval"
        return Rule(f"bucket {name}", "inconclusive", why) if policy.need_buckets else None
    drop, low, high = 1 - found["kept"], 1 - found["high"], 1 - found["low"]
    why = f"{name} items lose {_interval(drop, low, high)} of their recall@10; allowed are {_percent(most)} in each bucket"
    if low > most:
        return Rule(f"bucket {name}", "fail", f"{why}. The mean over all items hides it")
    return Rule(f"bucket {name}", "pass" if policy.prove_buckets == "loss" or high <= most else "inconclusive", why)


def _slices(policy: Policy, section: Content) -> Iterator[Rule]:
    if policy.slices is None and policy.gap is None and not policy.kinds:
        return
    found = section.get("sliced")
    if found is None:
        yield Rule("slices", "inconclusive", "slices were not measured: give --users and --interactions to `rankfold evaluate`")
        return
    lines = found["slices"]
    lacking = [kind for kind in policy.kinds if kind not in {line["kind"] for line in lines}]
    if lacking:
        yield Rule("slices", "inconclusive", f"no slice by {', '.join(lacking)} was measured: give --user-groups or --item-groups")
    if policy.slices is not None:
        shown = [line for line in lines if line["adjusted"] is not None and line["adjusted"] <= ALPHA and _above(line["low"], policy.slices)]
        yield _worst(
            "slices", [_said(line, line) for line in shown], f"no slice of {len(lines)} is shown to lose more than {_percent(policy.slices)}", bool(lines)
        )
    if policy.gap is not None:
        shown = [line for line in lines if line["worse"] and _above(line["gap"]["low"], policy.gap)]
        said = [f"{_said(line, {'drop': line['gap']['gap'], **line['gap']})} more than the rest" for line in shown]
        yield _worst("gap", said, f"no slice of {len(lines)} is shown to lose {_percent(policy.gap)} more than the rest", bool(lines))


def _said(line: Content, loss: Content) -> str:
    return f"{line['kind']} {line['name']} loses {_interval(loss['drop'], loss['low'], loss['high'])}"


def _worst(name: str, broken: list[str], kept: str, measured: bool) -> Rule:
    if not measured:
        return Rule(name, "inconclusive", "there was no slice to judge")
    return Rule(name, "fail", ", ".join(broken[:3]) + (f" and {len(broken) - 3} more" if len(broken) > 3 else "")) if broken else Rule(name, "pass", kept)


def _exposure(most: float, section: Content) -> Rule:
    lines = section.get("sliced", {}).get("exposure", [])
    if not lines:
        return Rule("exposure", "inconclusive", "exposure was not measured by any group of items")
    shown = [line for line in lines if line["verdict"] != "steady" and (_above(line["low"], most) or _above(_minus(line["high"]), most))]
    said = [f"{line['kind']} {line['group']} is seen {_interval(line['change'], line['low'], line['high'])} more than before" for line in shown]
    return _worst("exposure", said, f"no group of {len(lines)} is shown to be seen {_percent(most)} more or less than before", True)


def _calibration(policy: Policy, section: Content) -> Rule | None:
    found = section.get("calibration")
    if found is None:
        why = "no calibration was measured: run `rankfold calibrate`, and evaluate again"
        return Rule("calibration", "inconclusive", why) if policy.need_calibration else None
    most = policy.calibration * found["before"] + found["by_chance"]  # type: ignore[operator]
    why = f"the stored calibration errs by {found['stored']:.5f}, before compression {found['before']:.5f}"
    return Rule("calibration", "pass", why) if found["stored"] <= most else Rule("calibration", "fail", f"{why}: run `rankfold calibrate` on this artifact")


def _guard(name: str, most: float, section: Content) -> Rule:
    found = (section.get("guards") or {}).get(name)
    if found is None:
        return Rule(f"lists {name}", "inconclusive", f"{name} was not measured on the lists of users, or by too few of them for an interval")
    state: State = "pass" if found["high"] <= most else "fail" if found["low"] > most else "inconclusive"
    return Rule(f"lists {name}", state, f"{name} {_interval(found['mean'], found['low'], found['high'])}; allowed are {_percent(most)}")


def _worst_users(most: float, section: Content) -> Rule:
    found = section.get("sliced", {}).get("worst_users")
    if found is None or found["high"] is None or found["low"] is None:
        return Rule("lists worst_users", "inconclusive", "the users hurt most could not be judged: too few have two or more held-out items")
    state: State = "pass" if found["high"] <= most else "fail" if found["low"] > most else "inconclusive"
    why = f"the tenth of users hurt most loses {_interval(found['drop'], found['low'], found['high'])}; allowed are {_percent(most)}"
    return Rule("lists worst_users", state, why)


def _limits(policy: Policy, point: Content) -> Iterator[tuple[str, float, float | None, str]]:
    for name, limit, got, unit in (
        ("row_bytes", policy.row_bytes, point["total_row_bytes"], "bytes a row, ids and codebooks included"),
        ("total_bytes", policy.total_bytes, sum(point["bytes"].values()), "bytes"),
        ("scan_ms", policy.scan_ms, point["scan_ms"], "ms a query"),
    ):
        if limit is not None:
            yield name, limit, got, unit


def _limit(name: str, limit: float, got: float | None, unit: str) -> Rule:
    if got is None:
        return Rule(name, "inconclusive", f"{name} was not measured")
    return Rule(name, "pass" if got <= limit else "fail", f"{got:,.4g} {unit}; allowed are {limit:,.4g}")


def _above(value: float | None, most: float) -> bool:
    return value is not None and value > most


def _minus(value: float | None) -> float | None:
    return None if value is None else -value


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{round(100 * share, 2) + 0.0:g} %"


def _interval(drop: float | None, low: float | None, high: float | None) -> str:
    return f"{_percent(drop)} ({_percent(low).removesuffix(' %')} to {_percent(high).removesuffix(' %')})"

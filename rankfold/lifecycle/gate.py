"""Gate: may a table go on? Every rule of a policy is judged by the evidence of a report: pass, fail, or inconclusive. Missing evidence never passes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from ..errors import InputError
from ..report.content import check
from .policy import Policy
from .rules import Rule, rules_of

State = Literal["pass", "fail", "inconclusive"]
# Clocks of two machines may differ so much before evidence counts as from the future.
MOST_AHEAD_DAYS = 1.0


@dataclass(frozen=True, slots=True)
class Decision:
    """fail: a rule is shown to be broken. inconclusive: none is, but not every one is shown to hold. pass: every one is. rules: each with its reason."""

    state: State
    why: str
    rules: tuple[Rule, ...]

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"state": self.state, "why": self.why, "rules": [rule._asdict() for rule in self.rules]}


def judge_section(policy: Policy, section: Mapping[str, Any], *, artifact: str | None = None, now: datetime | None = None) -> Decision:
    """Judge one section of a report (see report/content.py): the codec chosen, or the only one.

    artifact: the name (digest) of the artifact that is to go on; None: it is not known which the evidence is about, and is not asked unless the policy does.
    now: for the age of evidence; a policy that limits it is inconclusive without. Of the checks of the evidence itself, those that fail are inconclusive.
    """
    names = [section["choice"]["codec"]] if section["choice"] else [point["codec"] for point in section["points"]]
    points = [point for point in section["points"] if point["codec"] in names]
    if len(points) != 1:
        why = f"the report has {len(section['points'])} codecs and chose none of them: nothing to judge"
        return Decision("inconclusive", why, (Rule("choice", "inconclusive", why),))
    return decide([*_provenance(policy, section, artifact, now), *rules_of(policy, section, points[0])])


def judge_report(policy: Policy, report: object, *, artifact: str | None = None, now: datetime | None = None) -> Decision:
    """Judge a whole report: with an artifact the sections that are about it, else all of them; every one must pass. Raises InputError for what is no report."""
    check(report)
    sections: list[dict] = report["sections"]  # type: ignore[index]
    if artifact is not None and len(sections) > 1:
        sections = [one for one in sections if one.get("provenance", {}).get("artifact") == artifact] or sections
    found = [judge_section(policy, one, artifact=artifact, now=now) for one in sections]
    if len(found) == 1:
        return found[0]
    named = [rule._replace(rule=f"{one['name']}: {rule.rule}") for one, decision in zip(sections, found) for rule in decision.rules]
    return decide(named)


def decide(rules: Iterable[Rule]) -> Decision:
    """One verdict from many: the worst of them, with its reasons; inconclusive where there is no rule."""
    judged = tuple(rules)
    for state in ("fail", "inconclusive"):
        reasons = [rule.why for rule in judged if rule.state == state]
        if reasons:
            return Decision(state, "; ".join(reasons), judged)  # type: ignore[arg-type]
    if not judged:
        return Decision("inconclusive", "no rule was judged", ())
    return Decision("pass", "; ".join(rule.why for rule in judged if rule.rule.startswith("quality")) or f"all {len(judged)} rules hold", judged)


def _provenance(policy: Policy, section: Mapping[str, Any], artifact: str | None, now: datetime | None) -> Iterable[Rule]:
    """Is this evidence about this artifact, recent enough, of the task that was agreed on, and of enough users?"""
    found = section.get("provenance")
    if policy.artifact or artifact is not None:
        about = None if found is None else found["artifact"]
        if artifact is None:
            yield Rule("artifact", "inconclusive", "no artifact was given: it cannot be known whether the evidence is about what is to go on")
        elif about is None:
            yield Rule("artifact", "inconclusive", "the report does not say which artifact it is about: measure it again with `rankfold evaluate -o`")
        else:
            same = about == artifact
            yield Rule("artifact", "pass" if same else "inconclusive", f"the evidence is about {about}" + ("" if same else f", not about {artifact}: stale"))
    if policy.task:
        task = "" if found is None else found["task"]
        same = bool(task) and task.startswith(policy.task)
        yield Rule("task", "pass" if same else "inconclusive", f"measured on the task {task[:12] or '(not stated)'}; the policy asks for {policy.task[:12]}")
    if policy.days is not None:
        yield _age(policy.days, None if found is None else found["measured_at"], now)
    if policy.users:
        users = 0 if found is None else found["queries"]
        yield Rule("users", "pass" if users >= policy.users else "inconclusive", f"{users:,} queries were judged; the policy asks for {policy.users:,}")


def _age(most: float, measured_at: str | None, now: datetime | None) -> Rule:
    if measured_at is None or now is None:
        return Rule(
            "age", "inconclusive", "the report does not say when it was measured" if measured_at is None else "no time was given to reckon its age from"
        )
    days = (as_time(now.isoformat()) - as_time(measured_at)).total_seconds() / 86_400
    fresh = -MOST_AHEAD_DAYS <= days <= most
    return Rule("age", "pass" if fresh else "inconclusive", f"measured {days:.1f} days ago; the policy allows {most:g}" + ("" if fresh else ": stale"))


def as_time(text: str) -> datetime:
    """A moment from ISO 8601, in UTC where no zone is given. Raises InputError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"time: got {text[:40]!r}; expected a moment such as 2025-06-01 or 2025-06-01T12:00:00+00:00.") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

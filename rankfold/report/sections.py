"""Sections: what was measured on one data set, in the words of a report."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np

from ..evaluate.report import Report
from ..tune.choose import Choice
from ..tune.decision import Decision
from ..tune.evidence import Evidence
from ..tune.measure import BUCKET_METRIC, Point
from .content import Section

WARNINGS = ("weak-teacher",)
MOST_BUCKET_DROP = 0.05


def section(
    name: str,
    about: str,
    *,
    rows: int,
    dim: int,
    evidence: Evidence,
    points: Sequence[Point],
    choice: Choice | Decision | None = None,
    neighbours: Sequence[Mapping] = (),
    notes: Sequence[str] = (),
    measures: Sequence[Mapping] = (),
    latents: Mapping | None = None,
) -> Section:
    """One section of a report (see content.py) from measured points.

    neighbours: dictionaries with item, before and after, as text. notes: sentences added to the evidence's findings. measures: further tables, as Measures.
    latents: what the latents of the rows taken stand for, as Latents, where they have some.
    """
    findings = [{"level": "warning" if finding.code in WARNINGS else "note", "text": finding.text} for finding in evidence.findings]
    findings += [{"level": "note", "text": text} for text in notes]
    chosen = choice.best if choice is not None else points[0]
    if chosen.note:
        findings.append({"level": "warning", "text": f"{chosen.name}: {chosen.note}. Read total bytes, not bytes a row."})
    findings += bucket_findings(chosen)
    content = {
        "name": name,
        "about": about,
        "rows": rows,
        "dim": dim,
        "metric": evidence.metric,
        "baseline": baseline_estimates(evidence.report.baseline, evidence.metric) if evidence.judged else {},
        "points": [point.to_dict() for point in points],
        "choice": None if choice is None else {"codec": choice.best.name, "why": choice.why},
        "neighbours": [dict(entry) for entry in neighbours],
        "findings": findings,
    }
    content |= {"measures": [dict(one) for one in measures]} if measures else {}
    return cast(Section, content | ({} if latents is None else {"latents": dict(latents)}))


def bucket_findings(point: Point) -> list[dict[str, str]]:
    """A warning for every popularity bucket that lost more than 5 % of its recall: the mean may not show it."""
    return [
        {
            "level": "warning",
            "text": f"{point.name}: {name} items keep {1 - loss.drop:.1%} of their {BUCKET_METRIC} ({1 - loss.high:.1%} to {1 - loss.low:.1%}, "
            f"{loss.n:,} queries). The mean over all items hides this; give the table more bytes, or watch these items.",
        }
        for name, loss in point.buckets.items()
        if loss.is_known and loss.drop > MOST_BUCKET_DROP
    ]


def baseline_estimates(baseline: Report, metric: str) -> dict[str, dict[str, float]]:
    """The uncompressed vectors, and plain popularity where it is known, on the metric: name -> mean, low, high."""
    found = {"float32": baseline.means()[metric]}
    if baseline.popularity is not None:
        found["popularity"] = baseline.popularity.means()[metric]
    return {
        name: {"mean": mean.mean, "low": mean.low if np.isfinite(mean.low) else mean.mean, "high": mean.high if np.isfinite(mean.high) else mean.mean}
        for name, mean in found.items()
    }

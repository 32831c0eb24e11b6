"""Gates on the command line: what a section of a report is evidence of, and the error of a decision that is no pass."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ..evaluate import CalibrationError
from ..lifecycle import Decision
from ..report import Section
from ..report.content import Estimate
from ..tune.calibration import BEFORE, STORED
from ..tune.evidence import Evidence
from ..tune.measure import Point
from ..tune.slicing import sliced
from .exits import GateFailed

GUARDS = ("changed_screens", "changed_firsts", "changed_places", "lost_all")


def as_evidence(
    section: Section,
    point: Point,
    evidence: Evidence,
    *,
    item_groups: Mapping[str, np.ndarray] | None = None,
    guards: Mapping | None = None,
    calibration: Mapping[str, CalibrationError] | None = None,
    seed: int = 0,
) -> Section:
    """The section with what a gate asks for: for whom the point loses, what users would notice, the calibration, and when and on what it was measured.

    guards: as ListGuards.to_dict gives them. The artifact is not known yet: see `about_artifact`. Raises InputError, as `slices`.
    """
    found = section.copy()
    found["sliced"] = sliced(point.after, evidence, item_groups=item_groups, seed=seed)  # type: ignore[typeddict-item]
    if guards is not None:
        found["guards"] = {**{name: _estimate(guards[name]) for name in GUARDS}, "p95": _estimate({**guards["p95"], "mean": guards["p95"]["value"]})}
    if calibration is not None and BEFORE in calibration and STORED in calibration:
        before, stored = calibration[BEFORE], calibration[STORED]
        found["calibration"] = {"before": before.ece, "stored": stored.ece, "by_chance": stored.by_chance}
    half = evidence.report.baseline
    measured_at = datetime.now(UTC).isoformat(timespec="seconds")
    found["provenance"] = {"artifact": None, "task": half.task, "measured_at": measured_at, "queries": half.count}
    return found


def about_artifact(section: Section, artifact: Path) -> Section:
    """The section, saying which artifact its figures are about."""
    found = section.copy()
    if "provenance" in found:
        found["provenance"] = {**found["provenance"], "artifact": artifact.name}
    return found


def require(decision: Decision, consequence: str) -> None:
    """Raise GateFailed unless the decision is a pass; `consequence` says what was not done."""
    if decision.state != "pass":
        raise GateFailed(f"{said(decision)} {consequence}".rstrip())


def said(decision: Decision) -> str:
    """The decision in one line."""
    return f"gate {decision.state}: {decision.why}."


def _estimate(mean: Mapping) -> Estimate | None:
    """Mean, low and high; None where one of them is not known."""
    ends = mean["mean"], mean["low"], mean["high"]
    return None if None in ends else Estimate(mean=ends[0], low=ends[1], high=ends[2])

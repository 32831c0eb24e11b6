"""`rankfold gate`: may an artifact go on, by a policy and the evidence of a report?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ...errors import InputError
from ...lifecycle import DEFAULT, Decision, judge_report, read_policy
from ...lifecycle.gate import as_time
from ...store import read_manifest
from ...store.folder import resolve
from .. import render
from ..exits import GATE_FAILED
from ..gate import said
from ..inputs import read_json
from ..options import AsJson
from ..output import Output

MAX_REPORT_BYTES = 16 << 20


def gate(
    subject: Annotated[Path, typer.Argument(metavar="ARTIFACT|REPORT.json", help="What `compress -o` wrote, or a report about something.", show_default=False)],
    policy: Annotated[Path | None, typer.Option("--policy", metavar="FILE.toml", help="What must be shown [default: see docs/gate.md].")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.json", help="The evidence [default: ARTIFACT.report.json, beside the store folder].")
    ] = None,
    now: Annotated[str | None, typer.Option("--now", metavar="2025-06-01", help="Reckon the age of the evidence from here [default: the clock].")] = None,
    as_json: AsJson = False,
) -> None:
    """Judge an artifact by a policy and the evidence of a report.

    Ends with 0 only when every rule of the policy is shown to hold. Ends with 4 when a rule is shown to be broken ("fail") and when the evidence does not
    tell ("inconclusive"): too few users, another artifact, too old, or not measured. Evidence is what compress, tune and `evaluate -o` write.
    """
    output = Output(as_json)
    rules = DEFAULT if policy is None else read_policy(policy)
    moment = datetime.now(UTC) if now is None else as_time(now)
    if subject.suffix.lower() == ".json":
        if report is not None:
            raise InputError(f"report: got {report} beside {subject}, which is a report too; expected one of them. Give the artifact and --report.")
        artifact, evidence = None, subject
    else:
        directory = resolve(subject)
        # Refuses what is no artifact, and one whose manifest is not what its name says.
        read_manifest(directory)
        artifact = directory.name
        evidence = report if report is not None else _beside(subject)
    decision = judge_report(rules, read_json(evidence, "report", MAX_REPORT_BYTES), artifact=artifact, now=moment)
    for line in _lines(decision):
        output.line(line)
    document = {"artifact": artifact, "report": str(evidence), "policy": None if policy is None else str(policy), **decision.to_dict()}
    if decision.state != "pass":
        output.fail("GateFailed", said(decision), GATE_FAILED, document)
    output.line(f"gate pass: all {len(decision.rules)} rules hold")
    output.finish(document)


def _beside(subject: Path) -> Path:
    """The report that compress wrote beside the store folder. Raises InputError where there is none: nothing passes without evidence."""
    whole = subject.absolute()
    places = [one.with_name(f"{one.name}.report.json") for one in (whole, whole.parent) if one.name]
    found = next((one for one in places if one.is_file()), None)
    if found is None:
        raise InputError(
            f"report: none beside {subject} ({' or '.join(one.name for one in places)}); expected evidence. Measure it with `rankfold evaluate -o`."
        )
    return found


def _lines(decision: Decision) -> list[str]:
    return render.columns(["rule", "", "why"], [[one.rule, one.state, one.why] for one in decision.rules], left=3)

"""`rankfold evaluate`: what an artifact lost, against the vectors it was made from."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ...errors import InputError
from ...evaluate import group_masks
from ...explain import has_latents, read_titles
from ...groups import read_groups
from ...interactions import Interactions
from ...lifecycle import Policy, judge_section
from ...report.content import Latents, Section
from ...report.lists import list_measures
from ...report.sections import section
from ...store import load
from ...store.folder import resolve
from ...table import Table
from ...tune.audit import audit
from ...tune.calibration import measure_calibration
from ...tune.evidence import Evidence
from ...tune.measure import Point, measure
from ...vectors import Vectors
from .. import costs, machine, render, sections
from ..exits import GATE_FAILED
from ..gate import about_artifact, as_evidence, said
from ..inputs import read_events, read_items, read_users
from ..judging import about, content_of, gather, in_table_order, latents_of, notes
from ..options import (
    Artifact,
    AsJson,
    Events,
    IdColumn,
    IdFile,
    ItemGroups,
    Seed,
    Space,
    TitleColumn,
    Titles,
    Unknown,
    UserGroups,
    Users,
    VectorColumn,
    typed_again,
)
from ..output import Output, write_json
from ..progress import shown
from ..slicing import slice_lines


def evaluate(
    ctx: typer.Context,
    artifact: Artifact,
    against: Annotated[Path, typer.Option("--against", metavar="FILE", help="The uncompressed vectors, the same ids.", show_default=False)],
    users: Users = None,
    interactions: Events = None,
    fail_if_drop: Annotated[
        float | None,
        typer.Option("--fail-if-drop", metavar="0.01", help="End with 4 unless less than this is shown to be lost, and no bucket collapses.", min=0),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.json", help="Write the figures for `rankfold report`.")] = None,
    user_groups: UserGroups = None,
    item_groups: ItemGroups = None,
    titles: Titles = None,
    title_column: TitleColumn = "title",
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure what an artifact lost against the original vectors.

    The float32 baseline is always computed, and compared with plain popularity. Figures are from the half of the users that `compress` with the same
    --seed did not choose on. Every group of users and items is a slice with a loss of its own, the worst first; popularity and activity are groups always.
    A loss that was not measured never passes --fail-if-drop; nor does one whose mean is small but whose head, mid or tail
    items lose more than 5 % (or than allowed, if that is more), or a stored calibration that errs much more than the one of the uncompressed scores.
    """
    output = Output(as_json)
    start = time.monotonic()
    with shown() as progress:
        table = load(artifact)
        names = None if titles is None else _titles(table, titles, title_column)
        vectors = read_items(against, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows="keep")
        vectors = in_table_order(table, vectors)
        people = read_users(users, vectors)
        events = read_events(interactions, people, vectors, unknown=unknown)
        masks, labels = _groups(user_groups, item_groups, people, vectors)
        evidence = gather(vectors, people, events, groups=masks, unit=table.unit, seed=seed, progress=progress)
        progress("search", 0, 1)
        point = measure(table, evidence, evidence.report, seed=seed)
        progress("search", 1, 1)
        audited = _audit(table, vectors, evidence, point, by_users=people is not None, seed=seed)
        judged = None if people is None or events is None else measure_calibration(table, vectors, people.read(), events, seed=seed)
    measures = [*list_measures(audited), *([] if judged is None else [judged.measures()])]
    errors = None if judged is None else judged.errors
    measured = _section(artifact.name, vectors, events, evidence, point, measures, latents_of(table, vectors, evidence, names))
    measured = as_evidence(measured, point, evidence, item_groups=labels, guards=audited["lists"], calibration=errors, seed=seed)
    measured = about_artifact(measured, resolve(artifact))
    lines = [*sections.section_lines(measured), "", *_point_lines(table, point, evidence), *costs.audit_lines(audited), ""]
    for line in [*lines, *slice_lines(measured["sliced"])]:
        output.line(line)
    output.line(f"  {render.seconds(time.monotonic() - start)}, peak memory {render.size(machine.peak_memory_bytes())}")
    if out is not None:
        write_json(out, content_of(measured, seed=seed, command=typed_again(ctx)))
        output.line(f"wrote {out}")
    document = {"artifact": artifact, **_figures(point, evidence), "findings": measured["findings"], "audit": audited, "gate": None, "calibration": errors}
    _finish(output, {**document, "sliced": measured["sliced"]}, measured, fail_if_drop)


def _finish(output: Output, document: dict, measured: Section, fail_if_drop: float | None) -> None:
    """The document, with the verdict where one was asked for; exits where it is no pass."""
    if fail_if_drop is not None:
        verdict = judge_section(Policy.within(measured["metric"], fail_if_drop), measured)
        document["gate"] = verdict
        if verdict.state != "pass":
            output.fail("GateFailed", said(verdict), GATE_FAILED, document)
        output.line(f"gate pass: {verdict.why}")
    output.finish(document)


def _groups(
    user_groups: Path | None, item_groups: Path | None, people: Vectors | None, vectors: Vectors
) -> tuple[dict[str, np.ndarray] | None, dict[str, np.ndarray] | None]:
    """Masks of groups of users, and names of groups of items by row. Raises InputError for groups of users that are not there."""
    if user_groups is not None and people is None:
        raise InputError("user_groups: given without --users; expected the user vectors too, whose ids the file names.")
    masks = None if user_groups is None or people is None else group_masks(read_groups(user_groups, people.ids, name="user_groups"))
    return masks, None if item_groups is None else read_groups(item_groups, vectors.ids, name="item_groups")


def _titles(table: Table, path: Path, column: str) -> list[str]:
    """Titles of the rows; refused at the door where nothing would show them."""
    if not has_latents(table):
        raise InputError("titles: they name the items that latents stand for, and the rows of this artifact have no latents. Leave --titles out.")
    return read_titles(path, table, title_column=column)


def _section(
    name: str, vectors: Vectors, events: Interactions | None, evidence: Evidence, point: Point, measures: Sequence[Mapping], latents: Latents | None
) -> Section:
    said, told = about(evidence, chosen=False), notes(events)
    return section(name, said, rows=vectors.count, dim=vectors.dim, evidence=evidence, points=[point], notes=told, measures=measures, latents=latents)


def _audit(table: Table, vectors: Vectors, evidence: Evidence, point: Point, *, by_users: bool, seed: int) -> dict:
    if not by_users:
        return audit(table, vectors, seed=seed)
    half = evidence.report
    return audit(table, vectors, popularity=half.task.events(vectors.count), before=half.baseline, after=point.after, judged=evidence.judged, seed=seed)


def _point_lines(table: Table, point: Point, evidence: Evidence) -> list[str]:
    before = evidence.report.baseline
    return [*costs.bytes_lines(table), "", *costs.quality_lines(point, before.count), *costs.list_lines(before, point.after)]


def _figures(point: Point, evidence: Evidence) -> dict:
    before, after = evidence.report.baseline, point.after
    return {**costs.point_document(point), "queries": before.count, "coverage": costs.coverages(before, after), "agreement": after.fidelity}

"""`rankfold distil`: an artifact whose fitted arrays were moved until top lists are the exact ones, measured on other users."""

import shlex
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated

import typer

from ...distillation import Distilled, Terms, Variant, ablation
from ...distillation import distil as teach
from ...distillation.distil import SAMPLE, STEPS
from ...errors import InputError
from ...progress import Progress
from ...store import load, save
from ...store.folder import check_root
from ...table import Table
from ...tune.evidence import Evidence, item_evidence
from ...tune.measure import Point, measure
from ...vectors import Vectors
from .. import costs, machine, render
from ..inputs import read_events, read_items, read_users
from ..judging import about, gather, in_table_order
from ..options import Artifact, AsJson, Events, IdColumn, IdFile, Seed, Space, Unknown, Users, VectorColumn
from ..output import Output
from ..progress import shown

# Rows that search their neighbours where there are no users: half of them teach, half are reported on.
ITEM_QUERIES = 4_000


@dataclass(frozen=True, slots=True)
class Order:
    """How to teach."""

    terms: Terms
    steps: int
    sample: int
    seed: int
    ablation: bool


def distil(
    artifact: Artifact,
    against: Annotated[Path, typer.Option("--against", metavar="FILE", help="The uncompressed vectors, the same ids.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Store folder: gets the taught artifact, if it is adopted.", show_default=False)],
    users: Users = None,
    interactions: Events = None,
    calib: Annotated[int, typer.Option("--calib", metavar="2000", help="Learn from at most so many users.", min=1)] = SAMPLE,
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="At most so many steps.", min=1)] = STEPS,
    terms: Annotated[
        str | None, typer.Option("--terms", metavar="lists=1,rows=1", help="What pulls: lists, contrast, triplet, rows, directions, neighbours, temperature.")
    ] = None,
    with_ablation: Annotated[bool, typer.Option("--ablation", help="Teach once with each term left out or added, too, and show what each is worth.")] = False,
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Move the codebooks of an artifact until the top lists of users are the exact ones.

    Codes, bytes a row and one-byte lengths stay. Learns from the half of the users that `compress` with the same --seed chose on, without what they took
    already; figures are from the other half. Without users, rows learn to find their neighbours. Nothing is written unless users who took no part find
    more of their exact lists, by more than chance, and no bucket of rows pays for it.
    """
    output = Output(as_json)
    order = Order(read_terms(terms), steps, calib, seed, with_ablation)
    check_root(out)
    start = time.monotonic()
    with shown() as progress:
        table = load(artifact)
        vectors = read_items(against, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows="keep")
        vectors = in_table_order(table, vectors)
        people = read_users(users, vectors)
        events = read_events(interactions, people, vectors, unknown=unknown)
        if people is None and events is None:
            evidence = item_evidence(vectors, queries=ITEM_QUERIES, seed=seed, unit=table.unit)
        else:
            evidence = gather(vectors, people, events, unit=table.unit, seed=seed, progress=progress)
        result, tried = _taught(table, vectors, evidence, order, progress)
        points = [measure(one, evidence, evidence.report, seed=seed, timed=False) for one in (table, result.table)]
    written = save(result.table, out, note="rankfold distil", details=_details(order, result)) if result.adopted else None
    _show(output, evidence, result, tried, points, written, time.monotonic() - start)


def read_terms(text: str | None) -> Terms:
    """`lists=1,contrast=0.5` as terms: those not named are 0, the temperature 1; the default terms for None. Raises InputError."""
    if text is None:
        return Terms()
    names = [field.name for field in fields(Terms)]
    given: dict[str, float] = {}
    for part in text.split(","):
        name, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if name.strip() not in names or name.strip() in given or not 0 <= number < float("inf"):
            raise InputError(f"terms: got {part!r}; expected name=number with a number of at least 0, each name once, of {', '.join(names)}.")
        given[name.strip()] = number
    return Terms(**({name: 0.0 for name in names if name != "temperature"} | given))


def _taught(table: Table, vectors: Vectors, evidence: Evidence, order: Order, progress: Progress) -> tuple[Distilled, tuple[Variant, ...]]:
    asked = evidence.choose.task
    how = {
        "seen": asked.seen,
        "relevant": asked.relevant if evidence.judged else None,
        "terms": order.terms,
        "steps": order.steps,
        "sample": order.sample,
        "seed": order.seed,
        "progress": progress,
    }
    if not order.ablation:
        return teach(table, vectors, asked.queries, **how), ()  # type: ignore[arg-type]
    tried = ablation(table, vectors, asked.queries, **how)  # type: ignore[arg-type]
    return tried[0].result, tried


def _details(order: Order, result: Distilled) -> dict[str, object]:
    return {"seed": order.seed, "terms": order.terms.weights(), "temperature": order.terms.temperature, "teaching": result.to_dict()}


def _show(output: Output, evidence: Evidence, result: Distilled, tried: tuple[Variant, ...], points: list[Point], written: Path | None, spent: float) -> None:
    before, after = points
    judged = evidence.report.baseline.count
    output.line(result.why)
    output.line(f"Learned from {result.queries[0]:,}; stopped after {result.steps} steps by {result.queries[1]:,} others. {about(evidence, chosen=False)}")
    for title, point in (("before", before), ("after", after)):
        output.line("")
        output.line(title)
        for line in costs.quality_lines(point, judged):
            output.line(line)
    if tried:
        output.line("")
        rows = [[one.name, _points(one), "yes" if one.result.adopted else "no", str(one.result.steps)] for one in tried]
        for line in render.columns(["terms", "gain of overlap@10, points (95 %)", "adopt", "steps"], rows):
            output.line(line)
    output.line(f"  {render.seconds(spent)}, peak memory {render.size(machine.peak_memory_bytes())}")
    output.line(f"wrote {written}" if written is not None else "wrote nothing: the artifact is as good as it was")
    following = None if written is None else f"rankfold verify {shlex.quote(str(written))}"
    if following is not None:
        output.line(f"next: {following}")
    document = {
        "artifact": written,
        "adopted": result.adopted,
        "teaching": result.to_dict(),
        "before": costs.point_document(before),
        "after": costs.point_document(after),
        "ablation": [one.to_dict() for one in tried],
        "queries": judged,
        "seconds": spent,
        "peak_memory_bytes": machine.peak_memory_bytes(),
        "next": following,
    }
    output.finish(document)


def _points(one: Variant) -> str:
    gain = one.result.gain
    return f"{100 * gain.mean:+.2f} [{100 * gain.low:+.2f}, {100 * gain.high:+.2f}]"

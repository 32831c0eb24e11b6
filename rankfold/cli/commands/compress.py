"""`rankfold compress`: vectors to an artifact of a given size, with the codec that loses least."""

import shlex
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ...codec import Codec, describe, to_spec
from ...compression import norms_vary
from ...lifecycle import Decision, Policy, judge_section
from ...progress import Progress
from ...report import Section, write_card
from ...report.sections import section
from ...store import save
from ...store.folder import check_root
from ...tune.budget import row_bytes_for
from ...tune.choose import Choice, choose
from ...tune.evidence import Evidence
from ...tune.measure import measure
from ...tune.recipe import NOTE, Recipe, read_recipe
from ...tune.shortlist import shortlist
from ...tune.tiering import tier
from ...tune.trials import inputs_digest
from ...vectors import Vectors
from .. import costs, machine, render, sections
from ..exits import GATE_FAILED, GateFailed
from ..gate import about_artifact, as_evidence, said
from ..inputs import read_events, read_items, read_spec, read_users
from ..judging import about, content_of, gather, latents_of, notes
from ..options import AsJson, Events, IdColumn, IdFile, Items, Seed, Space, Unknown, Users, VectorColumn, ZeroRows, typed_again
from ..output import Output, finite, write_json
from ..progress import shown

NORM_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for, beside the input files."""

    out: Path
    target: str | None
    row_bytes: int | None
    spec: Path | None
    recipe: Recipe | None
    unit: bool
    weight: str
    seed: int
    max_drop: float | None
    fallback: bool
    command: str

    @property
    def report_path(self) -> Path:
        """Where the measured figures go: beside the artifact, which never changes."""
        return self.out.with_name(self.out.name + ".report.json")

    @property
    def card_path(self) -> Path:
        """Where it is said what somebody must know who uses the artifact."""
        return self.out.with_name(self.out.name + ".card.md")


def compress(
    ctx: typer.Context,
    items: Items,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Store folder: gets the artifact and makes it the current one.", show_default=False)
    ],
    users: Users = None,
    interactions: Events = None,
    target: Annotated[str | None, typer.Option("--target", metavar="16x", help='How many times smaller than float32, such as "16x".')] = None,
    row_bytes: Annotated[int | None, typer.Option("--bytes", metavar="N", help="Bytes a row.", min=1)] = None,
    codec: Annotated[Path | None, typer.Option("--codec", metavar="SPEC.json", help='This codec and no other: {"codec": "pq", "groups": 16}.')] = None,
    recipe: Annotated[Path | None, typer.Option("--recipe", metavar="FILE.toml", help="What `rankfold tune` wrote: the same artifact again.")] = None,
    unit: Annotated[bool, typer.Option("--unit", help="Normalise rows: rank by cosine.")] = False,
    weight: Annotated[str, typer.Option("--weight", metavar="auto|none", help="auto: rows count by how often users see them.")] = "auto",
    max_drop: Annotated[
        float | None,
        typer.Option("--max-drop", metavar="0.01", help="Publish only if less than this is shown to be lost, and no bucket collapses.", min=0),
    ] = None,
    tiers: Annotated[
        bool, typer.Option("--tiers", help="Rows that matter get more bytes: several sizes within the same bytes, where no popularity bucket pays.")
    ] = False,
    fallback: Annotated[bool, typer.Option("--fallback", help="With --codec: take plain scalar codes where that codec fits worse than they do.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be tried, and write nothing.")] = False,
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    zero_rows: ZeroRows = "error",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Compress vectors to a size with the codec that loses least.

    Give one of --target, --bytes, --codec and --recipe. With --users and --interactions the loss is measured on held-out events of half of the users, after the
    other half has chosen the codec; with --users alone, agreement with their exact lists; without users, agreement of item neighbours.
    """
    output = Output(as_json)
    how, (unit, weight, seed) = _by_recipe(recipe, unit, weight, seed)
    order = Order(out, target, row_bytes, codec, how, unit, weight, seed, max_drop, fallback, typed_again(ctx))
    _check(order, users, interactions)
    start = time.monotonic()
    with shown() as progress:
        vectors = read_items(items, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows=zero_rows)
        people = read_users(users, vectors)
        events = read_events(interactions, people, vectors, unknown=unknown)
        codecs = _codecs(order, vectors)
        if not dry_run:
            evidence = gather(vectors, people, events, unit=unit, seed=seed, progress=progress)
            choice, told = _chosen(vectors, codecs, evidence, order, tiers, progress)
    if dry_run:
        _show_plan(output, order, vectors, codecs)
        return
    on, more = about(evidence, chosen=True), [*notes(events), *told]
    latents = latents_of(choice.table, vectors, evidence)
    measured = section(items.name, on, rows=vectors.count, dim=vectors.dim, evidence=evidence, points=choice.points, choice=choice, notes=more, latents=latents)
    measured = as_evidence(measured, choice.best, evidence, seed=seed)
    verdict = None if max_drop is None else judge_section(Policy.within(evidence.metric, max_drop), measured)
    artifact = _publish(order, evidence, choice, measured) if verdict is None or verdict.state == "pass" else None
    _show(output, order, evidence, choice, measured, verdict, artifact, time.monotonic() - start)


def _check(order: Order, users: Path | None, interactions: Path | None) -> None:
    """Everything that can be refused before any file is read."""
    asked = {"--target": order.target, "--bytes": order.row_bytes, "--codec": order.spec, "--recipe": order.recipe}
    given = [name for name, value in asked.items() if value is not None]
    if len(given) != 1:
        raise typer.BadParameter(f"got {' and '.join(given) or 'none of them'}; expected exactly one", param_hint=", ".join(asked))
    if order.fallback and order.spec is None:
        raise typer.BadParameter("got it without --codec; a size is given to the best of several codecs, scalar ones among them", param_hint="--fallback")
    if order.weight not in ("auto", "none"):
        raise typer.BadParameter(f"got {order.weight!r}; expected auto or none", param_hint="--weight")
    if order.max_drop is not None and (users is None or interactions is None):
        raise GateFailed("gate inconclusive: the loss of ndcg@10 was not measured: give --users and --interactions. Nothing was published.")
    check_root(order.out)


def _by_recipe(path: Path | None, unit: bool, weight: str, seed: int) -> tuple[Recipe | None, tuple[bool, str, int]]:
    """The recipe, and unit, weight and seed as it says them; without one as they were given."""
    if path is None:
        return None, (unit, weight, seed)
    given = [name for name, other in (("--unit", unit), ("--weight", weight != "auto"), ("--seed", seed != 0)) if other]
    if given:
        raise typer.BadParameter("the recipe says it; leave it out", param_hint=", ".join(given))
    found = read_recipe(path)
    return found, (found.unit, found.weight, found.seed)


def _other_inputs(vectors: Vectors, evidence: Evidence, how: Recipe) -> list[str]:
    """A note where these are not the files that the recipe was made with."""
    weight = evidence.weight if how.weight == "auto" else None
    queries = None if evidence.weight is None else evidence.choose.task.queries
    if not how.inputs or inputs_digest(vectors, evidence, weight, queries, how.seed) == how.inputs:
        return []
    return ["These are not the files that the recipe was made with: the codec and the settings are the same, the bytes are others."]


def _codecs(order: Order, vectors: Vectors) -> list[Codec]:
    if order.recipe is not None:
        order.recipe.codec.row_bytes(vectors.dim)
        return [order.recipe.codec]
    if order.spec is not None:
        how = read_spec(order.spec)
        how.row_bytes(vectors.dim)
        return [how]
    _, x = vectors.sample(min(NORM_SAMPLE, vectors.count), np.random.default_rng(order.seed))
    varies = not order.unit and norms_vary(x)
    return shortlist(vectors.dim, row_bytes_for(str(order.row_bytes or order.target), vectors.dim), rows=vectors.count, norms_vary=varies)


def _chosen(vectors: Vectors, codecs: list[Codec], evidence: Evidence, order: Order, tiers: bool, progress: Progress) -> tuple[Choice, list[str]]:
    """The best codec of one size or, where tiers are wanted and better, its rows spread over several sizes; and why not, where they are not."""
    weight = evidence.weight if order.weight == "auto" else None
    users = None if evidence.weight is None else evidence.choose.task.queries
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RuntimeWarning)
        # A codec that was asked for is compared with scalar codes; a short list holds them already.
        fallback = None if order.spec is None else order.fallback
        choice = choose(vectors, codecs, evidence, weight=weight, queries=users, fallback=fallback, seed=order.seed, progress=progress)
    told = [str(one.message) for one in caught if issubclass(one.category, RuntimeWarning)]
    told += [] if order.recipe is None else _other_inputs(vectors, evidence, order.recipe)
    if not tiers:
        return choice, told
    found = tier(vectors, choice.table, evidence, weight=weight, seed=order.seed, progress=progress)
    if found.table is None:
        return choice, [*told, found.why]
    point = measure(found.table, evidence, evidence.report, ids=vectors.ids, seed=order.seed)
    return replace(choice, best=point, points=(*choice.points, point), table=found.table, why=found.why), told


def _publish(order: Order, evidence: Evidence, choice: Choice, measured: Section) -> Path:
    """The artifact, and beside it the figures and the card."""
    loss = choice.best.loss
    details: dict[str, object] = {
        "seed": order.seed,
        "asked": order.target or order.row_bytes or "spec",
        "weighted": order.weight == "auto" and evidence.weight is not None,
        "metric": evidence.metric,
        "loss": None if loss is None else loss.to_dict(),
        "queries": evidence.report.baseline.count,
    }
    # The bytes of a recipe's artifact depend on the recipe and the files alone: what was measured stands in the report.
    note, details = ("rankfold compress", details) if order.recipe is None else (NOTE, order.recipe.details())
    artifact = save(choice.table, order.out, note=note, details=details)
    document = finite(content_of(about_artifact(measured, artifact), seed=order.seed, command=order.command))
    write_json(order.report_path, document)
    write_card(document, order.out)
    return artifact


def _show_plan(output: Output, order: Order, vectors: Vectors, codecs: list[Codec]) -> None:
    sizes = [codec.row_bytes(vectors.dim) for codec in codecs]
    output.line(f"{render.count(vectors.count)} rows x {vectors.dim} dimensions, {render.size(4 * vectors.count * vectors.dim)} as float32; would try:")
    rows = [[describe(codec), render.row_size(size), render.size(size * vectors.count)] for codec, size in zip(codecs, sizes, strict=True)]
    for line in render.columns(["codec", "bytes/row", "all rows"], rows):
        output.line(line)
    output.line(f"would write an artifact into {order.out}, {order.report_path} and {order.card_path}; nothing was written.")
    plan = [{"codec": to_spec(codec), "row_bytes": size, "bytes": size * vectors.count} for codec, size in zip(codecs, sizes, strict=True)]
    output.finish({"dry_run": True, "rows": vectors.count, "dim": vectors.dim, "would_try": plan, "out": str(order.out), "report": str(order.report_path)})


def _show(
    output: Output, order: Order, evidence: Evidence, choice: Choice, measured: Section, verdict: Decision | None, artifact: Path | None, spent: float
) -> None:
    judged, peak = evidence.report.baseline.count, machine.peak_memory_bytes()
    for line in [*sections.section_lines(measured), "", *costs.bytes_lines(choice.table), "", *costs.quality_lines(choice.best, judged)]:
        output.line(line)
    output.line(f"  {render.seconds(spent)}, peak memory {render.size(peak)}")
    if verdict is not None:
        output.line(f"  gate: {verdict.state}")
    following = f"rankfold report {shlex.quote(str(order.report_path))} -o {shlex.quote(str(order.out) + '.html')}"
    if artifact is not None:
        output.line(f"wrote {artifact}, {order.report_path} and {order.card_path}")
        output.line(f"next: {following}")
    document = {
        "artifact": artifact,
        "report": None if artifact is None else order.report_path,
        "card": None if artifact is None else order.card_path,
        "chosen": costs.point_document(choice.best),
        "why": choice.why,
        "tried": [costs.point_document(point) for point in choice.points],
        "float32_bytes": 4 * choice.table.count * choice.table.dim,
        "queries": judged,
        "findings": measured["findings"],
        "gate": verdict,
        "seconds": spent,
        "peak_memory_bytes": peak,
        "next": None if artifact is None else following,
    }
    if verdict is not None and artifact is None:
        output.fail("GateFailed", f"{said(verdict)} Nothing was published.", GATE_FAILED, document)
    output.finish(document)

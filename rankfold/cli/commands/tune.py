"""`rankfold tune`: a budget in, a decision out: the frontier, the choice, its recipe and its artifact."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ...errors import InputError
from ...interactions import Interactions
from ...report import Section, write_card
from ...report.sections import section
from ...store import save
from ...store.folder import check_root
from ...tune.budget import Ask, ask_for, seconds_for, share_for
from ...tune.clock import Clock
from ...tune.decide import check_ask, decide_on
from ...tune.decision import Decision
from ...tune.halving import Tell, quiet
from ...tune.recipe import NOTE, write_recipe
from .. import costs, machine, render, sections
from ..deciding import forecast_lines, frontier_lines, kept_lines, tried_lines
from ..exits import GATE_FAILED
from ..gate import about_artifact, as_evidence
from ..inputs import read_events, read_items, read_users
from ..judging import about, content_of, gather, latents_of, notes
from ..options import AsJson, Events, IdColumn, IdFile, Items, Seed, Space, Users, VectorColumn, ZeroRows, typed_again
from ..output import Output, finite, write_json
from ..progress import shown

# What a recipe does not say: the files that it is for, and how they are read.
FILES = ("items", "users", "interactions", "ids", "id_column", "vector_column", "space", "zero_rows")


@dataclass(frozen=True, slots=True)
class Places:
    """Where things go: beside the store folder, whose artifacts never change."""

    out: Path
    work: Path | None

    @property
    def report(self) -> Path:
        """The measured figures."""
        return self.out.with_name(self.out.name + ".report.json")

    @property
    def recipe(self) -> Path:
        """How to make the artifact again."""
        return self.out.with_name(self.out.name + ".recipe.toml")

    @property
    def card(self) -> Path:
        """What somebody must know who uses the artifact, as Markdown; as JSON beside it."""
        return self.out.with_name(self.out.name + ".card.md")

    @property
    def trials(self) -> Path:
        """Finished trials."""
        return self.work or self.out.with_name(self.out.name + ".tuning")


def tune(
    ctx: typer.Context,
    items: Items,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Store folder: gets the artifact and makes it the current one.", show_default=False)
    ],
    users: Users = None,
    interactions: Events = None,
    target: Annotated[str | None, typer.Option("--target", metavar="16x", help='Budget: rows so many times smaller than float32, such as "16x".')] = None,
    row_bytes: Annotated[int | None, typer.Option("--bytes", metavar="N", help="Budget: bytes a row.", min=1)] = None,
    total: Annotated[str | None, typer.Option("--total", metavar="2GB", help="Budget: all files of the artifact on disk.")] = None,
    max_loss: Annotated[str | None, typer.Option("--max-loss", metavar="1%", help="Budget: the loss, upper end of its interval; takes the smallest.")] = None,
    p99: Annotated[str | None, typer.Option("--p99", metavar="5ms", help="Budget: what 99 of 100 single searches take, on this machine.")] = None,
    unit: Annotated[bool, typer.Option("--unit", help="Normalise rows: rank by cosine.")] = False,
    weight: Annotated[str, typer.Option("--weight", metavar="auto|none", help="auto: rows count by how often users see them.")] = "auto",
    time_limit: Annotated[str | None, typer.Option("--time-limit", metavar="10m", help="Decide within this time, on what was tried by then.")] = None,
    work: Annotated[Path | None, typer.Option("--work", metavar="FOLDER", help="Where finished trials go [default: beside --out].", show_default=False)] = None,
    most_unknown: Annotated[str, typer.Option("--most-unknown", metavar="10%", help="Refuse events of which more name an unknown user or item.")] = "10%",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    zero_rows: ZeroRows = "error",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Choose a codec within a budget: a frontier of measured points, the choice, its recipe and its artifact.

    Give at least one of --target, --bytes, --total, --max-loss and --p99; all that are given are kept. Many codecs are tried on few rows and users, fewer
    on more, the last few in full; half of the users choose, and every figure is from the others. Without --interactions agreement with the exact lists
    is what counts, without --users that of item neighbours. An interrupted run goes on where it was. With --max-loss nothing is published unless the
    users who chose nothing agree.
    """
    output = Output(as_json)
    places = Places(out, work)
    check_root(out)
    _check(weight, asked=any(one is not None for one in (target, row_bytes, total, max_loss, p99)))
    clock = Clock(None if time_limit is None else seconds_for(time_limit))
    allowed = share_for(most_unknown)
    with shown() as progress:
        vectors = read_items(items, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows=zero_rows)
        ask = ask_for(vectors.dim, row_bytes=row_bytes, target=target, total=total, max_loss=max_loss, p99=p99)
        check_ask(ask, vectors)
        people = read_users(users, vectors)
        events = read_events(interactions, people, vectors, unknown="drop")
        told = [] if events is None else about_events(events, allowed)
        evidence = gather(vectors, people, events, unit=unit, seed=seed, progress=progress)
        tell = _teller(output)
        decision = decide_on(vectors, evidence, ask, weight=weight, seed=seed, work=places.trials, clock=clock, progress=progress, tell=tell)
        latents = latents_of(decision.table, vectors, evidence)
    on, said = about(evidence, chosen=True), [*notes(events), *told]
    measured = section(
        items.name, on, rows=vectors.count, dim=vectors.dim, evidence=evidence, points=decision.points, choice=decision, notes=said, latents=latents
    )
    measured["tuning"] = decision.to_dict()  # type: ignore[typeddict-item]
    measured = as_evidence(measured, decision.best, evidence, seed=seed)
    artifact = _publish(decision, places, measured, seed, (typed_again(ctx), _by_recipe(ctx, places)))
    _show(output, decision, ask, measured, artifact, places)


def _check(weight: str, *, asked: bool) -> None:
    """What can be refused before any file is read."""
    if weight not in ("auto", "none"):
        raise typer.BadParameter(f"got {weight!r}; expected auto or none", param_hint="--weight")
    if not asked:
        raise typer.BadParameter("got none of them; expected at least one", param_hint="--target, --bytes, --total, --max-loss, --p99")


def about_events(events: Interactions, most_unknown: float) -> list[str]:
    """What a reader should know of the events. Raises InputError when more than `most_unknown` of them, a share, name an unknown user or item."""
    whole = events.count + events.dropped
    if events.dropped > most_unknown * whole:
        raise InputError(
            f"interactions: {events.dropped:,} of {whole:,} events name a user or an item that is not in the vectors; allowed are {most_unknown:.0%}. "
            "Are these files of the same data? If so, allow more with --most-unknown."
        )
    pairs = np.unique(np.stack([events.user, events.item]), axis=1).shape[1]
    repeated = events.count - pairs
    return [f"{repeated:,} events repeat another of the same user and item; each pair counts once."] if repeated else []


def _teller(output: Output) -> Tell:
    """Lines about the best so far, for people who watch."""
    return output.note if sys.stderr.isatty() else quiet


def _by_recipe(ctx: typer.Context, places: Places) -> str:
    """The command that makes the artifact again from the recipe. Events of unknown items were dropped here, so they are there too."""
    dropped = " --unknown drop" if ctx.params["interactions"] is not None else ""
    recipe, again = (shlex.quote(str(path)) for path in (places.recipe, places.out.with_name(places.out.name + "-again")))
    return f"{typed_again(ctx, command='compress', only=FILES)}{dropped} --recipe {recipe} --out {again}"


def _publish(decision: Decision, places: Places, measured: Section, seed: int, commands: tuple[str, str]) -> Path | None:
    """The recipe and the figures beside the store folder; the artifact in it, and its card, unless the budget on loss does not hold."""
    artifact = None
    if decision.holds == "yes":
        artifact = save(decision.table, places.out, note=NOTE, details=decision.recipe.details())
        measured = about_artifact(measured, artifact)
    write_recipe(places.recipe, decision.recipe)
    document = finite(content_of(measured, seed=seed, command=commands[0], again=commands[1]))
    write_json(places.report, document)
    if artifact is not None:
        write_card(document, places.out)
    return artifact


def _show(output: Output, decision: Decision, ask: Ask, measured: Section, artifact: Path | None, places: Places) -> None:
    judged, peak = decision.evidence.report.baseline.count, machine.peak_memory_bytes()
    lines = [
        *sections.section_lines(measured),
        "",
        *frontier_lines(decision),
        "",
        *kept_lines(decision),
        *forecast_lines(decision),
        "",
        *tried_lines(decision),
        "",
    ]
    lines += [*costs.bytes_lines(decision.table), "", *costs.quality_lines(decision.best, judged)]
    for line in lines:
        output.line(line)
    output.line(f"  {render.seconds(decision.seconds)}, peak memory {render.size(peak)}")
    following = f"rankfold report {shlex.quote(str(places.report))} -o {shlex.quote(str(places.out) + '.html')}"
    if artifact is not None:
        output.line(f"wrote {artifact}, {places.recipe}, {places.report} and {places.card}")
        output.line(f"next: {following}")
    document = {
        "artifact": artifact,
        "report": places.report,
        "recipe": places.recipe,
        "card": None if artifact is None else places.card,
        "chosen": costs.point_document(decision.best),
        "why": decision.why,
        "frontier": decision.frontier(),
        "tuning": decision.to_dict(),
        "findings": measured["findings"],
        "float32_bytes": 4 * decision.table.count * decision.table.dim,
        "queries": judged,
        "seconds": decision.seconds,
        "peak_memory_bytes": peak,
        "next": following,
    }
    if artifact is None:
        broken = next(one for one in decision.kept if one.holds != "yes")
        what = f"{broken.name}: asked {broken.asked:g}, got {'nothing measured' if broken.got is None else format(broken.got, '.4g')}"
        message = f"gate {'fail' if broken.holds == 'no' else 'inconclusive'}: {what} on users who chose nothing. The artifact was not published"
        output.fail("GateFailed", f"{message}; {places.report} and {places.recipe} were written. Allow more, or give more users.", GATE_FAILED, document)
    output.finish(document)

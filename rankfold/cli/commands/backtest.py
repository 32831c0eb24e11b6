"""`rankfold backtest`: what an artifact would have lost in one window of time after another."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ...errors import InputError
from ...evaluate import Backtest, ExactSearcher, Loss, Window
from ...evaluate import backtest as replay
from ...evaluate.backtest import KNOWN, METRICS, NEW, NEW_ITEMS
from ...interactions import Interactions
from ...lifecycle.rules import quality_rule
from ...search import Searcher
from ...store import load
from ...table import Table
from ...vectors import Vectors
from .. import render, sections
from ..adding import add_measures, read_report
from ..exits import GATE_FAILED
from ..inputs import read_events, read_items, read_users
from ..judging import in_table_order, notes
from ..moments import moment, parse_moment
from ..options import Artifact, AsJson, IdColumn, IdFile, Seed, Space, Unknown, VectorColumn, typed_again
from ..output import Output
from ..progress import shown

TITLE = "Backtest"
ABOUT = (
    "Rolling windows, the worst first: each asks users for what they took in it, with all that they took before masked. Loss: share lost against the "
    "uncompressed vectors, paired over users; the interval is that of each window by itself, and the worst of several is worse than a typical one."
)


def backtest(
    ctx: typer.Context,
    artifact: Artifact,
    against: Annotated[Path, typer.Option("--against", metavar="FILE", help="The uncompressed vectors, the same ids.", show_default=False)],
    users: Annotated[Path, typer.Option("--users", metavar="FILE", help="User vectors, in the same space as the items.", show_default=False)],
    interactions: Annotated[
        Path, typer.Option("--interactions", metavar="FILE", help="Events with times: columns user, item, time; maybe split, propensity.", show_default=False)
    ],
    windows: Annotated[int, typer.Option("--windows", metavar="6", help="How many windows of about as many events each.", min=1)] = 6,
    trained_until: Annotated[
        str | None, typer.Option("--trained-until", metavar="TIME", help="Time of the last event that the vectors saw: a number or an ISO date.")
    ] = None,
    metric: Annotated[str, typer.Option("--metric", metavar="ndcg@10", help="What windows are ordered and judged by.")] = METRICS[0],
    clip: Annotated[float | None, typer.Option("--clip", metavar="20", help="With propensities: the largest weight; its bias is stated.", min=1)] = None,
    fail_if_drop: Annotated[
        float | None, typer.Option("--fail-if-drop", metavar="0.03", help="End with 4 unless the upper end of the worst window's loss is at most this.", min=0)
    ] = None,
    into: Annotated[Path | None, typer.Option("--into", metavar="FILE.json", help="Add the table to what `evaluate --out` wrote, for the report.")] = None,
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure the loss of an artifact in rolling windows of time.

    Nothing is trained: the vectors are those given, so windows should lie after what they were trained on. Name that time, or give a split column; windows
    that reach into training, and test events that are in training too, are refused.
    """
    output = Output(as_json)
    report = None if into is None else read_report(into)
    with shown() as progress:
        table = load(artifact)
        given = read_items(against, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows="keep")
        vectors = in_table_order(table, given)
        people = read_users(users, vectors)
        events = read_events(interactions, people, vectors, unknown=unknown)
        until = None if trained_until is None else parse_moment(trained_until, _last(events), "trained_until")
        metrics = list(dict.fromkeys([metric, *METRICS]))
        done = _replay(table, vectors, people, events, windows=windows, trained_until=until, metrics=metrics, clip=clip, seed=seed, progress=progress)
    for line in [*_lines(done), *_said(done), *notes(events)]:
        output.line(line)
    if into is not None:
        add_measures(into, report, [_measures(done)], typed_again(ctx))
        output.line(f"added to {into}")
    document = {"artifact": artifact, "backtest": done, "gate": None}
    if fail_if_drop is not None:
        _judge(done, fail_if_drop, document, output)
    output.finish(document)


def _replay(table: Table, vectors: Vectors, people: Vectors | None, events: Interactions | None, **options: Any) -> Backtest:
    if people is None or events is None:
        raise InputError("users, interactions: expected both: a backtest replays what users took.")
    return replay(ExactSearcher(vectors, unit=table.unit), Searcher(table), people.read(), events, **options)


def _judge(done: Backtest, allowed: float, document: dict, output: Output) -> None:
    """The rule of gates for a loss, asked of the worst window."""
    metric = f"{done.metric} in the worst window, {_label(done.worst)},"
    rule = quality_rule(metric, allowed, {"metric": metric}, {"quality": done.worst.losses[done.metric].to_dict()})
    document["gate"] = {"state": rule.state, "allowed_drop": allowed, "why": rule.why}
    if rule.state != "pass":
        output.fail("GateFailed", f"gate {rule.state}: {rule.why}.", GATE_FAILED, document)
    output.line(f"gate pass: {rule.why}")


def _last(events: Interactions | None) -> float:
    return 0.0 if events is None or events.time is None else float(events.time.max())


def _label(window: Window) -> str:
    return f"{moment(window.span.start)} to {moment(window.span.stop)}"


def _parts(done: Backtest) -> list[str]:
    """The parts that any window has."""
    return [name for name in (NEW, KNOWN, NEW_ITEMS) if any(name in window.parts for window in done.windows)]


def _lines(done: Backtest) -> list[str]:
    """The windows as text, worst first."""
    parts, further = _parts(done), [name for name in done.windows[0].losses if name != done.metric]
    header = ["window", "events", "users", done.metric, "popularity", "loss (95 %)", *further, "rbo@10", *parts]
    rows = []
    for window in done.worst_first():
        loss = window.losses[done.metric]
        others = [_drop(window.losses, name) for name in further]
        agreement = window.fidelity["rbo@10"].mean if "rbo@10" in window.fidelity else None
        cells = [_label(window), f"{window.events:,}", f"{window.users:,}", render.quality(loss.before), render.quality(window.popularity)]
        cells += [render.interval(loss.drop, loss.low, loss.high), *map(render.percent, others), render.percent(agreement)]
        rows.append([*cells, *(_part(window.parts.get(name)) for name in parts)])
    return [*render.columns(header, rows), *(f"   {line}" for line in textwrap.wrap(ABOUT, sections.WIDTH))]


def _part(loss: Loss | None) -> str:
    """A part's loss with its n: parts may be a few users."""
    return render.NOTHING if loss is None else f"{render.percent(loss.drop)} (n {loss.n:,})"


def _measures(done: Backtest) -> dict:
    """The windows as a table of a report (see report/content.py), worst first."""
    parts, further = _parts(done), [name for name in done.windows[0].losses if name != done.metric]
    columns = ["events", "users", f"{done.metric} before", "loss", "from", "to", *(f"loss of {name}" for name in further), "rbo@10"]
    lines = {_label(window): [*_line(window, done.metric, further), *(_drop(window.parts, name) for name in parts)] for window in done.worst_first()}
    return {"title": TITLE, "about": ABOUT, "columns": [*columns, *(f"loss, {name}" for name in parts)], "lines": lines}


def _line(window: Window, metric: str, further: list[str]) -> list[float | None]:
    loss = window.losses[metric]
    agreement = window.fidelity["rbo@10"].mean if "rbo@10" in window.fidelity else None
    return [window.events, window.users, loss.before, loss.drop, loss.low, loss.high, *(_drop(window.losses, name) for name in further), agreement]


def _drop(losses: Mapping[str, Loss], name: str) -> float | None:
    return losses[name].drop if name in losses else None


def _said(done: Backtest) -> list[str]:
    worst = done.worst.losses[done.metric]
    lines = ["", f"  worst window {_label(done.worst)}: {done.metric} loses {render.interval(worst.drop, worst.low, worst.high)}, n = {worst.n:,}"]
    return lines + sections.finding_lines([{"level": "warning" if finding.code != "clipped" else "note", "text": finding.text} for finding in done.findings])

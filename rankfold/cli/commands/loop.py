"""`rankfold loop`: one knob of one codec, turned until a metric is kept."""

from pathlib import Path
from typing import Annotated

import typer

from ...codec import describe
from ...store import save
from ...store.folder import check_root
from ...tune.knob import read_until, turn
from ...tune.measure import measure
from ...tune.recipe import NOTE, Recipe
from ...tune.trials import Trials
from .. import costs, render
from ..inputs import read_events, read_items, read_spec, read_users
from ..judging import about, gather
from ..options import AsJson, Events, IdColumn, IdFile, Items, Seed, Space, Unknown, Users, VectorColumn, ZeroRows
from ..output import Output
from ..progress import shown


def loop(
    items: Items,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Store folder: gets the artifact and makes it the current one.", show_default=False)
    ],
    until: Annotated[str, typer.Option("--until", metavar="ndcg@10>=99%", help="The metric and the share of it to keep.", show_default=False)],
    codec: Annotated[Path, typer.Option("--codec", metavar="SPEC.json", help="The codec, as JSON.", show_default=False)],
    knob: Annotated[str, typer.Option("--knob", metavar="NAME", help="Its setting to turn: bytes, levels, groups, dims, bits ...")] = "bytes",
    low: Annotated[int, typer.Option("--from", metavar="N", help="The smallest value to try.", min=0)] = 1,
    high: Annotated[int | None, typer.Option("--to", metavar="N", help="The largest value to try [default: two bytes a dimension].", min=1)] = None,
    users: Users = None,
    interactions: Events = None,
    unit: Annotated[bool, typer.Option("--unit", help="Normalise rows: rank by cosine.")] = False,
    work: Annotated[Path | None, typer.Option("--work", metavar="FOLDER", help="Keep finished steps here, so that an interrupted run goes on.")] = None,
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    zero_rows: ZeroRows = "error",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Turn one knob of one codec until a metric is kept.

    Encodes, assesses on half of the users, adjusts, again, by bisection: the value below the one that is taken was tried and does not keep it. The figures
    shown are of the other half. `rankfold tune` chooses the codec too.
    """
    output = Output(as_json)
    asked = read_until(until)
    check_root(out)
    with shown() as progress:
        how = read_spec(codec)
        vectors = read_items(items, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows=zero_rows)
        people = read_users(users, vectors)
        events = read_events(interactions, people, vectors, unknown=unknown)
        evidence = gather(vectors, people, events, unit=unit, seed=seed, progress=progress)
        queries = None if evidence.weight is None else evidence.choose.task.queries
        trials = Trials(vectors, evidence, weight=evidence.weight, queries=queries, seed=seed, folder=work)
        found = turn(trials, how, knob, asked, low=low, high=high, progress=progress)
        table = trials.table(found.codec)
        point = measure(table, evidence, evidence.report, fit_s=found.trial.seconds, seed=seed)
        artifact = save(table, out, note=NOTE, details=Recipe(found.codec, unit, "auto", seed).details())
    output.line(about(evidence, chosen=True))
    rows = [[str(value), render.percent(kept, 2), "taken" if value == found.value else ""] for value, kept in found.tried]
    for line in [*render.columns([knob, f"{asked.metric} kept", ""], rows), "", *costs.bytes_lines(table), ""]:
        output.line(line)
    for line in costs.quality_lines(point, evidence.report.baseline.count):
        output.line(line)
    output.line(f"wrote {artifact}")
    document = {
        "artifact": artifact,
        "knob": knob,
        "value": found.value,
        "codec": describe(found.codec),
        "until": {"metric": asked.metric, "share": asked.share},
        "tried": [{"value": value, "kept": kept} for value, kept in found.tried],
        "chosen": costs.point_document(point),
    }
    output.finish(document)

"""`rankfold suite`: what an artifact is good for besides ranking: clicks, ratings, attributes, clusters, co-occurrence, cold rows, scenarios."""

import textwrap
import time
from pathlib import Path
from typing import Annotated

import typer

from ...errors import InputError
from ...evaluate import suite as run
from ...groups import read_groups
from ...report.suitetables import suite_tables
from ...store import load
from .. import machine, render, sections
from ..adding import add_measures, read_report
from ..inputs import read_events, read_items, read_users
from ..judging import in_table_order, notes
from ..options import Artifact, AsJson, Events, IdColumn, IdFile, Seed, Space, Unknown, Users, VectorColumn, typed_again
from ..output import Output
from ..progress import shown


def suite(
    ctx: typer.Context,
    artifact: Artifact,
    against: Annotated[Path, typer.Option("--against", metavar="FILE", help="The uncompressed vectors, the same ids.", show_default=False)],
    users: Users = None,
    interactions: Events = None,
    attributes: Annotated[
        Path | None,
        typer.Option("--attributes", metavar="FILE", help="Attributes of the items (genre, section ...): CSV, TSV or Parquet with a column of ids."),
    ] = None,
    attribute: Annotated[list[str] | None, typer.Option("--attribute", metavar="NAME", help="Take this column alone; may be given again.")] = None,
    cold: Annotated[bool, typer.Option("--cold/--no-cold", help="Fit the codec again, to four fifths of the rows, to see how others fare.")] = True,
    into: Annotated[Path | None, typer.Option("--into", metavar="FILE.json", help="Add the tables to what `evaluate --out` wrote, for the report.")] = None,
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure what an artifact is good for besides ranking.

    Each task is done with the original vectors and with the artifact, on the same users and items. Clicks, ratings (where events have different weights) and
    co-occurrence need --users and --interactions; probes, purity and per-category lists need --attributes. What was not measured is named.
    """
    output = Output(as_json)
    start = time.monotonic()
    report = None if into is None else read_report(into)
    with shown() as progress:
        table = load(artifact)
        given = read_items(against, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows="keep")
        vectors = in_table_order(table, given)
        people = read_users(users, vectors)
        events = read_events(interactions, people, vectors, unknown=unknown)
        labels = None if attributes is None else _chosen(read_groups(attributes, vectors.ids, name="attributes"), attribute)
        if attribute and attributes is None:
            raise InputError("attribute: given without --attributes; expected the file that has the column.")
        everyone = None if people is None else people.read()
        done = run(table, vectors, users=everyone, events=events, attributes=labels, cold=cold, seed=seed, progress=progress)
    tables = suite_tables(done)
    for measures in tables:
        for line in [*sections.measure_lines(measures), ""]:
            output.line(line)
    for name, why in done.missing.items():
        for line in textwrap.wrap(f"not measured: {name}: {why}", sections.WIDTH, initial_indent="  ", subsequent_indent="    "):
            output.line(line)
    for line in notes(events):
        output.line(f"  {line}")
    output.line(f"  {render.seconds(time.monotonic() - start)}, peak memory {render.size(machine.peak_memory_bytes())}")
    if into is not None:
        add_measures(into, report, tables, typed_again(ctx))
        output.line(f"added to {into}")
    output.finish({"artifact": artifact, "suite": done})


def _chosen(labels: dict, wanted: list[str] | None) -> dict:
    """The attributes asked for, in that order; all of them when none was named. Raises InputError for columns that the file does not have."""
    if not wanted:
        return labels
    lacking = [name for name in wanted if name not in labels]
    if lacking:
        raise InputError(f"attribute: the file has no column {lacking[0]!r}; it has {', '.join(labels)}.")
    return {name: labels[name] for name in wanted}

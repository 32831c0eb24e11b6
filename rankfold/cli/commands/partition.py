"""`rankfold partition`: the rows of an artifact brought into lists, and how many of them a search must probe."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, cast

import typer

from ...partitioning import Lists, partitioned
from ...search import PartitionSearcher, ProbeChoice, choose_probes
from ...store import load, read_manifest
from ...store.folder import check_root, resolve
from ...vectors import read_vectors
from .. import render
from ..options import Artifact, AsJson, Seed, Space
from ..output import Output
from ..progress import shown


def partition(
    artifact: Artifact,
    lists: Annotated[int | None, typer.Option("--lists", metavar="COUNT", help="How many lists; by default about four times the root of the rows.")] = None,
    copies: Annotated[int, typer.Option("--copies", metavar="1|2", help="2 puts every row into its two nearest lists: fewer probes, more memory.")] = 1,
    in_place: Annotated[bool, typer.Option("--in-place", help="Leave rows where they are and store their numbers, four bytes each.")] = False,
    queries: Annotated[Path | None, typer.Option("--queries", metavar="FILE", help="Query (user) vectors, to measure how many lists to probe.")] = None,
    recall: Annotated[float, typer.Option("--recall", metavar="SHARE", help="Share of the exact lists that must be found.")] = 0.95,
    k: Annotated[int, typer.Option("-k", help="How long these lists are.", min=1)] = 100,
    refine: Annotated[
        int | None, typer.Option("--refine", metavar="ROWS", help="Measure searches of two levels, as `rankfold search --refine`.", min=1)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write; else beside the artifact, as the current one.")] = None,
    space: Space = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Bring the rows of an artifact into lists, so that a search looks at a few of them.

    The lists are stored with the rows, as a new artifact that becomes the current one; rows stand in the order of their lists (ids stay with them).
    `rankfold search --probes N` looks at N lists. With --queries: how many find the share --recall of the exact lists, measured.
    """
    output = Output(as_json)
    if out is not None:
        check_root(out)
    with shown() as progress:
        table = load(artifact)
        asked = None if queries is None else read_vectors(queries, space=space)
        made = read_manifest(artifact).made
        folder = resolve(artifact).parent if out is None else out
        how = Lists(lists, copies=copies, arrange=not in_place)
        table = partitioned(table, how, seed=seed, out=folder, note=str(made["note"]), details=cast(dict, made["details"]), progress=progress)
        found = table.partition
        choice = None
        if asked is not None and found is not None:
            choice = choose_probes(PartitionSearcher(table, probes=1, refine=refine), asked, target=recall, k=min(k, table.count))
    path = resolve(folder)
    lengths = found.lengths()  # type: ignore[union-attr]
    output.line(f"{lengths.size:,} lists of {render.number(float(lengths.mean()))} rows in the mean, the longest {int(lengths.max()):,}")
    for line in [] if choice is None else _said(choice):
        output.line(line)
    output.line(f"wrote {path} ({render.size(found.nbytes)} of lists)")  # type: ignore[union-attr]
    document = {"artifact": str(path), "partition": found.entry(), "bytes": found.nbytes, "longest": int(lengths.max())}  # type: ignore[union-attr]
    output.finish(document | {"choice": None if choice is None else asdict(choice)})


def _said(choice: ProbeChoice) -> list[str]:
    """The curve around the choice, and the choice in a sentence."""
    rows = [
        [str(one.probes), render.percent(one.recall), f"{render.percent(one.low)} to {render.percent(one.high)}", render.percent(one.rows_share)]
        for one in choice.curve
    ]
    one = choice.chosen
    found = f"{render.percent(one.recall)} of the exact top {choice.k} ({render.percent(one.low)} to {render.percent(one.high)}, n = {choice.queries:,})"
    end = "" if choice.reached else f"; {render.percent(choice.target)} was not reached"
    return [*render.columns(["probes", "found", "95 %", "rows looked at"], rows), f"--probes {one.probes} finds {found}{end}"]

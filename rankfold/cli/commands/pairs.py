"""`rankfold pairs`: the top lists of all users as one Parquet file."""

import time
from pathlib import Path
from typing import Annotated

import typer

from ...errors import InputError
from ...exchange import write_pairs
from ...packing import packed_of
from ...search import Searcher
from ...store import load
from ...table import check_space
from ...vectors import read_vectors
from .. import render
from ..inputs import listed_rows
from ..options import Artifact, AsJson
from ..output import Output
from ..progress import shown


def pairs(
    artifact: Artifact,
    users: Annotated[Path, typer.Option("--users", metavar="FILE", help="User vectors, in the same space as the rows.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.parquet", help="The file to write: columns user, item, rank, score.", show_default=False)],
    k: Annotated[int, typer.Option("-k", help="How many rows for each user.", min=1)] = 100,
    exclude: Annotated[Path | None, typer.Option("--exclude", metavar="FILE", help="Events (user, item): what each user must not get.")] = None,
    refine: Annotated[
        int | None, typer.Option("--refine", metavar="ROWS", help="Two-level codes: scan the coarse level, score so many by the whole row; approximate.", min=1)
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Threads; all cores by default.", min=1)] = None,
    block: Annotated[int, typer.Option("--block", metavar="USERS", help="Users a block: what is kept when a run is stopped.", min=1)] = 4_096,
    as_json: AsJson = False,
) -> None:
    """Rank the rows of an artifact for every user, and write the lists to Parquet.

    Searched in blocks of users; started again with the same arguments after a stop, it goes on behind the last block. The file appears when it is whole.
    """
    output = Output(as_json)
    begun = time.perf_counter()
    table, asked = load(artifact), read_vectors(users, zero_rows="keep")
    if asked.dim != table.dim:
        raise InputError(f"users: {users} has {asked.dim} dimensions; expected {table.dim}, as the rows of the artifact.")
    check_space(asked.space, table.space, "users")
    packed = packed_of(artifact, table, level="whole" if refine is None else "coarse")
    searcher = Searcher(table, refine=refine, workers=workers, packed=packed)
    with shown() as progress:
        done = write_pairs(searcher, asked, min(k, table.count), out, exclude=listed_rows(exclude, asked, table.ids), block_users=block, progress=progress)
    took = time.perf_counter() - begun
    went_on = f", {render.count(done.resumed)} users of them from before" if done.resumed else ""
    output.line(f"{done.path}: {render.count(done.pairs)} pairs of {render.count(done.users)} users, in {render.seconds(took)}{went_on}.")
    output.finish({"path": str(done.path), "users": done.users, "pairs": done.pairs, "resumed": done.resumed, "seconds": took})

"""`rankfold pairs`: the top lists of all users as one Parquet file."""

import time
from pathlib import Path
from typing import Annotated

import typer

from ...errors import InputError
from ...exchange import write_pairs
from ...packing import packed_of
from ...search import FactorSearcher, Searcher
from ...store import load
from ...table import check_space
from ...vectors import SUFFIXES, read_vectors
from .. import render
from ..inputs import listed_rows
from ..options import AsJson
from ..output import Output
from ..progress import shown


def pairs(
    artifact: Annotated[
        Path, typer.Argument(metavar="ARTIFACT", help="What `rankfold compress -o` wrote; or a file of vectors, searched as they are.", show_default=False)
    ],
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
    """Write the top lists of all users to Parquet.

    ARTIFACT may be a file of vectors too. Searched in blocks of users; started again with the same arguments after a stop, it goes on behind the last
    block. The file appears when it is whole.
    """
    output = Output(as_json)
    begun = time.perf_counter()
    asked, searcher = read_vectors(users, zero_rows="keep"), _searcher(artifact, refine, workers)
    of = searcher.table if isinstance(searcher, Searcher) else searcher.vectors
    if asked.dim != of.dim:
        raise InputError(f"users: {users} has {asked.dim} dimensions; expected {of.dim}, as {artifact}.")
    check_space(asked.space, of.space, "users")
    with shown() as progress:
        done = write_pairs(searcher, asked, min(k, searcher.count), out, exclude=listed_rows(exclude, asked, of.ids), block_users=block, progress=progress)
    took = time.perf_counter() - begun
    went_on = f", {render.count(done.resumed)} users of them from before" if done.resumed else ""
    output.line(f"{done.path}: {render.count(done.pairs)} pairs of {render.count(done.users)} users, in {render.seconds(took)}{went_on}.")
    output.finish({"path": str(done.path), "users": done.users, "pairs": done.pairs, "resumed": done.resumed, "seconds": took})


def _searcher(artifact: Path, refine: int | None, workers: int | None) -> Searcher | FactorSearcher:
    """What ranks: an artifact's table, on its mapped scan layout where it has one, or vectors as they are."""
    if artifact.is_file() and artifact.suffix.lower() in SUFFIXES:
        if refine is not None:
            raise InputError("refine: vectors have no coarse level; expected an artifact of codes with two levels.")
        return FactorSearcher(read_vectors(artifact, zero_rows="keep"), workers=workers)
    table = load(artifact)
    return Searcher(table, refine=refine, workers=workers, packed=packed_of(artifact, table, level="whole" if refine is None else "coarse"))

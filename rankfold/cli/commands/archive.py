"""`rankfold archive`: an artifact as one smaller file."""

import time
from pathlib import Path
from typing import Annotated

import typer

from ...store import Archived
from ...store import archive as write_archive
from .. import render
from ..options import Artifact, AsJson
from ..output import Output
from ..progress import shown

HEADER = ("column", "bytes", "entropy", "archived", "saved")


def archive(
    artifact: Artifact,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write, say items.rfa.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Write an artifact as one smaller file, to keep or to send.

    Lossless: `rankfold restore` gives the same artifact back. Codes lose what is uneven in them: a few per cent; ids in order lose nearly everything.
    """
    output = Output(as_json)
    begun = time.perf_counter()
    with shown() as progress:
        done = write_archive(artifact, file, progress=progress)
    took = time.perf_counter() - begun
    rows = [
        [one.name, render.size(one.bytes), render.size(one.entropy_bytes), render.size(one.coded_bytes), saved(one.bytes, one.coded_bytes)]
        for one in done.columns
    ]
    rows.append(["all, with manifest", render.size(done.bytes), "", render.size(done.archive_bytes), saved(done.bytes, done.archive_bytes)])
    for line in render.columns(HEADER, rows):
        output.line(line)
    output.line(f"{done.path}: {render.count(done.rows)} rows of artifact {done.artifact}, in {render.seconds(took)}.")
    output.finish(document(done, took))


def saved(before: int, after: int) -> str:
    """The share of bytes that is saved; below zero where it is more."""
    return render.percent(1 - after / before if before else None)


def document(done: Archived, took: float) -> dict:
    """For JSON."""
    columns = [
        {
            "name": one.name,
            "bytes": one.bytes,
            "entropy_bytes": one.entropy_bytes,
            "archived_bytes": one.coded_bytes,
            "saved": 1 - one.coded_bytes / one.bytes if one.bytes else None,
        }
        for one in done.columns
    ]
    return {
        "archive": str(done.path),
        "artifact": done.artifact,
        "rows": done.rows,
        "bytes": done.bytes,
        "archive_bytes": done.archive_bytes,
        "saved": 1 - done.archive_bytes / done.bytes,
        "seconds": took,
        "columns": columns,
    }

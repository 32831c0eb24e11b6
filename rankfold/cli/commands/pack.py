"""`rankfold pack`: the scan layout of an artifact on disk, for processes to share."""

import time
from typing import Annotated

import typer

from ...errors import InputError
from ...packing import SUFFIXES
from ...packing import pack as write_packed
from .. import render
from ..options import Artifact, AsJson
from ..output import Output
from ..progress import shown


def pack(
    artifact: Artifact,
    level: Annotated[str, typer.Option("--level", metavar="whole|coarse", help="coarse: what searches with --refine scan.")] = "whole",
    as_json: AsJson = False,
) -> None:
    """Write the scan layout of an artifact beside it, for all processes that search it.

    They share one copy of it in memory, find it by themselves, start without packing, and give the same lists. Takes about as much disk as the codes.
    Written anew where it was there.
    """
    output = Output(as_json)
    if level not in SUFFIXES:
        raise InputError(f"level: got {level!r}; expected whole or coarse.")
    begun = time.perf_counter()
    with shown() as progress:
        place = write_packed(artifact, level=level, progress=progress)  # type: ignore[arg-type]
    took, size = time.perf_counter() - begun, sum(file.stat().st_size for file in place.iterdir())
    output.line(f"{place}: {render.size(size)}, in {render.seconds(took)}.")
    output.finish({"path": str(place), "bytes": size, "seconds": took})

"""`rankfold demo`: the bundled data, compressed at four sizes, with what was lost."""

import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from ...demo import tour
from ...demo.unpacking import unpack as unpack_data
from .. import machine, render
from ..options import AsJson
from ..output import Output
from ..progress import shown
from ..sections import section_lines


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write the HTML report and its numbers.")] = Path("demo-report"),
    unpack: Annotated[
        Path | None, typer.Option("--unpack", metavar="FOLDER", help="Write the bundled data as files, to try the other commands on, and stop.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compress bundled real data and show what is lost at each size.

    Two data sets come with rankfold: Debian packages with their dependencies, and art works of the Tate collection. Needs no network; takes under a minute.
    """
    output = Output(as_json)
    if unpack is not None:
        _unpack(unpack, output)
        return
    start = time.monotonic()
    with shown() as progress:
        content = tour.run(out, progress)
    for number, section in enumerate(content["sections"]):
        output.line("" if number else content["title"])
        for line in section_lines(section):
            output.line(line)
    page = out / tour.PAGE
    spent, peak = time.monotonic() - start, machine.peak_memory_bytes()
    output.line()
    output.line(f"done in {render.seconds(spent)}, peak memory {render.size(peak)}. Report: {page}")
    output.line("next: rankfold demo --unpack data    and try the commands on these files")
    output.finish({**content, "report": str(page), "seconds": spent, "peak_memory_bytes": peak})


def _unpack(folder: Path, output: Output) -> None:
    written = unpack_data(folder)
    for path in written:
        output.line(f"wrote {path} ({render.size(path.stat().st_size)})")
    items, users, events = (shlex.quote(str(folder / name)) for name in ("items.npz", "users.npy", "interactions.csv"))
    following = f"rankfold compress {items} --users {users} --interactions {events} --target 16x -o v1"
    output.line(f"next: {following}")
    output.finish({"next": following, "files": [str(path) for path in written]})

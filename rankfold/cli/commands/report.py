"""`rankfold report`: the numbers of a compression as one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from ...errors import InputError
from ...report import write_report
from .. import render
from ..inputs import read_json
from ..options import AsJson
from ..output import Output

MAX_RESULT_BYTES = 16 << 20


def report(
    result: Annotated[Path, typer.Argument(metavar="RESULT.json", help="What `compress` or `evaluate --report` wrote.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.html", help="Where to write the page.")] = Path("report.html"),
    as_json: AsJson = False,
) -> None:
    """Write one HTML file about a compression.

    Tables and charts, no scripts, nothing fetched: opens offline. The numbers are those of RESULT.json.
    """
    output = Output(as_json)
    content = read_json(result, "result", MAX_RESULT_BYTES)
    if not isinstance(content, dict):
        raise InputError(f"result: {result} holds {type(content).__name__}; expected the object that `rankfold compress` wrote.")
    page = write_report(content, out, with_json=False)
    output.line(f"wrote {page} ({render.size(page.stat().st_size)})")
    output.finish({"report": str(page), "bytes": page.stat().st_size})

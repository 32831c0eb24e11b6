"""`rankfold restore`: an archive back as the artifact that it was made of."""

import time
from pathlib import Path
from typing import Annotated

import typer

from ...store import read_manifest
from ...store import restore as read_archive
from .. import render
from ..options import AsJson
from ..output import Output
from ..progress import shown


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `rankfold archive` wrote.", show_default=False)],
    out: Annotated[Path, typer.Argument(metavar="FOLDER", help="Store folder: gets the artifact and makes it the current one.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Put the artifact of an archive back into a store folder.

    Every array is compared with its SHA-256 before anything is visible. Ends with 5 when the archive is damaged, and changes nothing then.
    """
    output = Output(as_json)
    begun = time.perf_counter()
    with shown() as progress:
        path = read_archive(file, out, progress=progress)
    took = time.perf_counter() - begun
    manifest = read_manifest(path)
    total = sum(entry.size for entry in manifest.files.values())
    output.line(f"{path}: {render.count(manifest.rows)} rows x {manifest.dim} dimensions, {render.size(total)}, in {render.seconds(took)}.")
    output.finish({"artifact": str(path), "rows": manifest.rows, "dim": manifest.dim, "bytes": total, "seconds": took})

"""`rankfold verify`: is every byte of an artifact as it was written?"""

import typer

from ...store import read_manifest
from ...store import verify as find_damage
from ...store.folder import resolve
from .. import render
from ..exits import INTEGRITY
from ..options import Artifact, AsJson
from ..output import Output


def verify(artifact: Artifact, as_json: AsJson = False) -> None:
    """Check every byte of an artifact.

    Every file is compared with its SHA-256, the manifest with the name of its directory. Ends with 5 when anything is missing, changed or added.
    """
    output = Output(as_json)
    findings = find_damage(artifact)
    if findings:
        for finding in findings:
            output.line(finding)
        output.note(f"error: {artifact}: {len(findings)} findings; do not serve this artifact.")
        output.finish({"artifact": str(artifact), "whole": False, "findings": findings})
        raise typer.Exit(INTEGRITY)
    directory = resolve(artifact)
    manifest = read_manifest(directory)
    total = sum(entry.size for entry in manifest.files.values())
    output.line(f"{directory}: whole. {render.count(manifest.rows)} rows x {manifest.dim} dimensions, {len(manifest.files)} files, {render.size(total)}.")
    output.finish({"artifact": str(directory), "whole": True, "findings": [], "rows": manifest.rows, "dim": manifest.dim, "bytes": total})

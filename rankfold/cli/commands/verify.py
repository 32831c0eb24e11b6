"""`rankfold verify`: is every byte of an artifact as it was written?"""

from pathlib import Path
from typing import NoReturn

import typer

from ...store import open_archive, read_manifest
from ...store import verify as find_damage
from ...store.folder import resolve
from .. import render
from ..exits import INTEGRITY
from ..options import Artifact, AsJson
from ..output import Output


def verify(artifact: Artifact, as_json: AsJson = False) -> None:
    """Check every byte of an artifact, or of an archive.

    Every file is compared with its SHA-256, the manifest with the name of its directory. Ends with 5 when anything is missing, changed or added.
    """
    output = Output(as_json)
    if artifact.is_file():
        _verify_archive(artifact, output)
        return
    findings = find_damage(artifact)
    if findings:
        _refuse(artifact, findings, output, "do not serve this artifact")
    directory = resolve(artifact)
    manifest = read_manifest(directory)
    total = sum(entry.size for entry in manifest.files.values())
    output.line(f"{directory}: whole. {render.count(manifest.rows)} rows x {manifest.dim} dimensions, {len(manifest.files)} files, {render.size(total)}.")
    output.finish({"artifact": str(directory), "whole": True, "findings": [], "rows": manifest.rows, "dim": manifest.dim, "bytes": total})


def _verify_archive(file: Path, output: Output) -> None:
    """Decode the whole archive and compare every array with its SHA-256."""
    with open_archive(file) as found:
        findings, manifest, total = found.findings(), found.manifest, file.stat().st_size
    if findings:
        _refuse(file, findings, output, "do not restore this archive")
    output.line(f"{file}: whole. {render.count(manifest.rows)} rows x {manifest.dim} dimensions in an archive of {render.size(total)}.")
    output.finish({"artifact": str(file), "whole": True, "findings": [], "rows": manifest.rows, "dim": manifest.dim, "bytes": total})


def _refuse(path: Path, findings: list[str], output: Output, advice: str) -> NoReturn:
    for finding in findings:
        output.line(finding)
    output.note(f"error: {path}: {len(findings)} findings; {advice}.")
    output.finish({"artifact": str(path), "whole": False, "findings": findings})
    raise typer.Exit(INTEGRITY)

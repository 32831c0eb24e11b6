"""Integrity: every byte of an artifact against the digests in its manifest, and the manifest against the name of its directory."""

from pathlib import Path

from ..errors import ArtifactError
from .folder import resolve
from .manifest import MANIFEST
from .mapping import map_table, read_manifest
from .npy import difference


def verify(path: Path | str) -> list[str]:
    """What is wrong with an artifact, or with the current artifact of a store folder; an empty list means that it is whole.

    Finds each changed, missing or added byte or file: files are compared with their SHA-256, the manifest with the directory's name.
    """
    try:
        return findings_of(resolve(path))
    except ArtifactError as error:
        return [str(error)]


def findings_of(directory: Path) -> list[str]:
    """What is wrong with the artifact in this directory."""
    try:
        manifest = read_manifest(directory)
        present = {entry.name for entry in directory.iterdir()}
    except ArtifactError as error:
        return [str(error)]
    except OSError as error:
        return [f"{directory}: cannot be read ({error.strerror})."]
    findings = [f"{directory / name}: is not part of the artifact. Delete it." for name in sorted(present - {MANIFEST, *manifest.files})]
    for name, entry in sorted(manifest.files.items()):
        finding = difference(directory / name, entry.size, entry.sha256)
        if finding:
            findings.append(finding)
    if not findings:
        try:
            map_table(directory, manifest)
        except ArtifactError as error:
            findings.append(str(error))
    return findings

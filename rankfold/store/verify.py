"""Integrity: every byte of an artifact against the digests in its manifest, and the manifest against the name of its directory."""

import hashlib
from pathlib import Path

from ..errors import ArtifactError
from .folder import resolve
from .manifest import MANIFEST, FileEntry
from .mapping import map_table, read_manifest
from .npy import open_regular

READ_BYTES = 1 << 20


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
        finding = _compare(directory / name, entry)
        if finding:
            findings.append(finding)
    if not findings:
        try:
            map_table(directory, manifest)
        except ArtifactError as error:
            findings.append(str(error))
    return findings


def _compare(path: Path, entry: FileEntry) -> str:
    """What is wrong with one file, or nothing."""
    found, size = hashlib.sha256(), 0
    try:
        with open_regular(path) as file:
            while part := file.read(READ_BYTES):
                found.update(part)
                size += len(part)
                if size > entry.size:
                    return f"{path}: has more bytes than the {entry.size} expected. Copy or write the artifact again."
    except ArtifactError as error:
        return str(error)
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror}). Copy or write the artifact again."
    if size != entry.size:
        return f"{path}: has {size} bytes; expected {entry.size}. Copy or write the artifact again."
    if found.hexdigest() != entry.sha256:
        return f"{path}: its SHA-256 is {found.hexdigest()}; expected {entry.sha256}. Copy or write the artifact again."
    return ""

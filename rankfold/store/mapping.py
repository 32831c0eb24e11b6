"""From an artifact's files to a table: arrays mapped read-only, states compared with their digests, and one decode a segment to see that all fits."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from ..arrays import MAX_DIM
from ..calibration import Calibration
from ..codes import Arrays, Codes
from ..errors import ArtifactError, InputError
from ..partition import Partition, partition_of
from ..table import Segment, Table
from .folder import resolve
from .manifest import ALIVE, IDS, MANIFEST, MAX_BYTES, Manifest, digest_of, is_digest, parse
from .npy import difference, map_array, open_regular


def read_manifest(path: Path | str) -> Manifest:
    """The manifest of an artifact, or of the current artifact of a store folder.

    Raises ArtifactError when it is missing, damaged, of a newer format, or not the one that the directory's name promises.
    """
    directory = resolve(path)
    if not directory.is_dir():
        raise ArtifactError(f"{directory}: there is no such artifact. Check the path, or save it again.")
    file_path = directory / MANIFEST
    with open_regular(file_path) as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_BYTES:
            raise ArtifactError(f"{file_path}: has {size} bytes; expected at most {MAX_BYTES}. Copy or write the artifact again.")
        raw = file.read(MAX_BYTES + 1)
    if digest_of(raw) != directory.resolve().name:
        advice = "The file is damaged: copy or write the artifact again." if is_digest(directory.resolve().name) else "Give the directory that name again."
        raise ArtifactError(f"{file_path}: its digest is {digest_of(raw)}; expected {directory.resolve().name}, the name of the directory. {advice}")
    try:
        return parse(raw)
    except ArtifactError as error:
        raise ArtifactError(f"{directory}: {error}") from error


def map_table(directory: Path, manifest: Manifest) -> Table:
    """The table of an artifact, its arrays mapped and read-only. Raises ArtifactError when a file does not fit the manifest or its codec.

    The fitted state is small and every row depends on it, so its files are always compared with their digests.
    """

    def mapped(name: str) -> np.ndarray:
        entry = manifest.files[name]
        return map_array(directory / name, entry.dtype, entry.shape)

    groups = manifest.by_segment()
    states: dict[int, Arrays] = {}
    segments = []
    for number, entry in enumerate(manifest.segments):
        if entry.state == number:
            files = groups.get((number, "state"), {})
            _check_digests(directory, manifest, files.values())
            states[number] = MappingProxyType({name: mapped(file) for name, file in files.items()})
        codes = Codes({name: mapped(file) for name, file in groups[number, "codes"].items()})
        segment = Segment(entry.codec, states[entry.state], codes, entry.first)
        check_decodes(segment, manifest.dim, f"{directory}: segment {number}")
        segments.append(segment)
    alive = mapped(ALIVE) if ALIVE in manifest.files else None
    if alive is not None and int(alive.view(np.uint8).max()) > 1:
        raise ArtifactError(f"{directory / ALIVE}: holds bytes other than 0 and 1. The file is damaged: copy or write the artifact again.")
    calibration = None
    if manifest.calibration is not None:
        files = manifest.calibration_files()
        _check_digests(directory, manifest, files.values())
        calibration = calibration_of(manifest.calibration, {name: mapped(file) for name, file in files.items()}, directory)
    lists = None
    if manifest.partition is not None:
        files = manifest.partition_files()
        _check_digests(directory, manifest, files.values())
        lists = lists_of(manifest, {name: mapped(file) for name, file in files.items()}, directory)
    return Table(manifest.dim, manifest.unit, mapped(IDS), tuple(segments), alive, manifest.space, calibration, lists)


def _check_digests(directory: Path, manifest: Manifest, files: Iterable[str]) -> None:
    for file in files:
        finding = difference(directory / file, manifest.files[file].size, manifest.files[file].sha256)
        if finding:
            raise ArtifactError(finding)


def calibration_of(entry: Mapping[str, object], arrays: Arrays, directory: Path) -> Calibration:
    """The calibration of a manifest's entry and its arrays. Raises ArtifactError when they do not make one."""
    try:
        return Calibration(str(entry["kind"]), str(entry["target"]), tuple(entry["groups"]), arrays)  # type: ignore[arg-type]
    except (InputError, ValueError, IndexError, TypeError) as error:
        raise ArtifactError(f"{directory}: its calibration is not one ({error}). The artifact is damaged: copy or write it again.") from error


def lists_of(manifest: Manifest, arrays: Arrays, directory: Path) -> Partition:
    """The partition of a manifest and its arrays. Raises ArtifactError when they do not make one of this table."""
    try:
        found = partition_of(manifest.partition or {}, arrays)
        if found.dim != manifest.dim:
            raise InputError(f"centroids: got {found.dim} dimensions; expected {manifest.dim}, as the table has.")
        found.check_rows(manifest.rows, manifest.segments[0].rows)
    except (InputError, ValueError, IndexError, TypeError, KeyError) as error:
        raise ArtifactError(f"{directory}: its partition is not one ({error}). The artifact is damaged: copy or write it again.") from error
    return found


def check_decodes(segment: Segment, dim: int, name: str) -> None:
    """Decode the first and the last row, so that arrays that do not fit their codec are refused here and not in the middle of a search."""
    for array_name, array in segment.state.items():
        # Codecs keep a row length as a state called "dim" and allocate by it: a lie must not ask for gigabytes.
        if array_name.split(".")[-1] == "dim" and (array.dtype.kind != "i" or array.shape != (1,) or not 1 <= int(array[0]) <= MAX_DIM):
            raise ArtifactError(f"{name}: its state {array_name!r} is {array.dtype} {array.shape}; expected one number from 1 to {MAX_DIM}.")
    try:
        with np.errstate(all="ignore"):
            rows = segment.decode(np.unique([0, segment.count - 1]))
    except Exception as error:  # a codec meets arrays it did not make: anything may go wrong in it
        raise ArtifactError(f"{name}: its codec cannot decode its rows ({error!r}). The artifact is damaged: copy or write it again.") from error
    if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] != dim:
        raise ArtifactError(f"{name}: its rows decode to {rows.dtype} {rows.shape}; expected float32 with {dim} dimensions. Copy or write the artifact again.")

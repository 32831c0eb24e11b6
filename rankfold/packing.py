"""Scan layouts on disk: what searchers would each pack into their own memory, written once beside an artifact and mapped, so that processes share one copy."""

import json
import os
import shutil
from pathlib import Path
from typing import Any, Literal

import numpy as np

from .arrays import blocks
from .codes import Arrays
from .errors import ArtifactError, InputError
from .progress import Progress, silent
from .search import Searcher
from .search.blocks import BLOCK_ROWS
from .search.glance import coarse_table
from .search.layout import Along, Layout, Packed, cut, layout_of
from .store import load
from .store.folder import discard, hidden_name, hold, locked, resolve, sync_directory, write_file, writing
from .store.npy import difference, file_bytes, is_dtype, map_array
from .store.writer import ArrayFile
from .table import Segment, Table

FORMAT = 1
LIST = "packing.json"
MAX_LIST_BYTES = 1 << 24
GROUP = 64
Level = Literal["whole", "coarse"]
SUFFIXES = {"whole": ".packed", "coarse": ".coarse"}


def pack(path: Path | str, *, level: Level = "whole", progress: Progress = silent) -> Path:
    """Write the scan layout of an artifact, or of the current artifact of a store folder, beside it: <digest>.packed, or <digest>.coarse; returns that path.

    level: "coarse" is what `Searcher(refine=...)` scans. About as many bytes on disk as the codes; memory: one block of 16,384 rows. What was packed before is
    replaced. Raises ArtifactError as `load` does and when the disk refuses, InputError for a table without a coarse level.
    """
    artifact = resolve(path)
    table = _scanned(load(artifact), level)
    target = _place(artifact, level)
    folder = target.parent
    with writing(target):
        with locked(folder):
            draft = hidden_name(folder)
            draft.mkdir()
            lock = hold(draft, wait=False)
        try:
            entries, done = [], 0
            for number, segment in enumerate(table.segments):
                entries.append(_write_segment(draft, number, segment))
                done += segment.count
                progress("packing", done, table.count)
            content = {"format": FORMAT, "artifact": artifact.resolve().name, "level": level, "segments": entries}
            write_file(draft / LIST, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())
            sync_directory(draft)
            with locked(folder):
                if target.exists():
                    discard(target)
                os.rename(draft, target)
            sync_directory(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            if lock is not None:
                os.close(lock)
    return target


def packed_of(path: Path | str, table: Table, *, level: Level = "whole", check: Literal["sizes", "digests"] = "sizes") -> Packed | None:
    """What `pack` wrote for an artifact, mapped; None where it wrote nothing. table: as `load` gives it.

    check: as in `load`. Raises ArtifactError when files are missing, damaged, of another artifact, or laid out otherwise than this version of rankfold does on
    this processor, which is seen by packing the first and the last rows anew: pack again.
    """
    artifact = resolve(path)
    folder = _place(artifact, level)
    if not folder.is_dir():
        return None
    content = _read_list(folder, artifact.resolve().name, level)
    scanned = _scanned(table, level)
    try:
        pairs = list(zip(scanned.segments, content["segments"], strict=True))
        packed = Packed(tuple(_map_segment(folder, entry, segment, check) for segment, entry in pairs))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ArtifactError(f"{folder}: {LIST} does not describe this artifact ({error!r}). Pack it again.") from error
    return packed


def open_searcher(path: Path | str, *, check: Literal["sizes", "digests"] = "sizes", **options: Any) -> Searcher:
    """`Searcher(load(path), **options)`, on the mapped scan layout where `pack` has written one: processes that open the same artifact share its memory."""
    table = load(path, check=check)
    packed = packed_of(path, table, level="whole" if options.get("refine") is None else "coarse", check=check)
    return Searcher(table, packed=packed, **options)


def _scanned(table: Table, level: str) -> Table:
    if level not in SUFFIXES:
        raise InputError(f'level: got {level!r}; expected "whole" or "coarse".')
    return table if level == "whole" else coarse_table(table)


def _place(artifact: Path, level: str) -> Path:
    real = artifact.resolve()
    return real.with_name(real.name + SUFFIXES[level])


def _write_segment(folder: Path, number: int, segment: Segment) -> dict[str, object]:
    layout = layout_of(segment)
    if layout is None:
        raise InputError(f"table: segment {number} is packed in a way that cannot be mapped; expected arrays along the rows. Search it without packing.")
    files: dict[str, ArrayFile] = {}
    for start, stop in blocks(segment.count, BLOCK_ROWS):
        packed = segment.codec.pack(segment.state, segment.codes.rows(slice(start, stop)))
        for name, array in packed.items():
            along = layout[name]
            if name not in files:
                rows = {Along.ROWS: segment.count, Along.GROUPS: -(-segment.count // GROUP), Along.NOTHING: len(array)}[along]
                files[name] = ArrayFile(folder / f"{number}.{name}.npy", array.dtype, (rows, *array.shape[1:]))
            if along is not Along.NOTHING or start == 0:
                files[name].append(array)
    arrays = {}
    for name, file in files.items():
        entry = file.finish()
        arrays[name] = {"file": file.path.name, "dtype": entry.dtype, "shape": list(entry.shape), "sha256": entry.sha256, "along": layout[name].value}
    return {"rows": segment.count, "arrays": arrays}


def _read_list(folder: Path, digest: str, level: str) -> dict[str, Any]:
    try:
        with open(folder / LIST, "rb") as file:
            content = json.loads(file.read(MAX_LIST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise ArtifactError(f"{folder}: {LIST} cannot be read ({error}). Pack the artifact again.") from error
    head = {"format": FORMAT, "artifact": digest, "level": level}
    if not isinstance(content, dict) or {name: content.get(name) for name in head} != head:
        raise ArtifactError(f"{folder}: {LIST} is not of artifact {digest} in format {FORMAT}. Pack it again.")
    return content


def _map_segment(folder: Path, entry: dict[str, Any], segment: Segment, check: str) -> tuple[Layout, Arrays]:
    """The mapped arrays of one segment, compared with what its codec packs of its first and its last rows."""
    if entry["rows"] != segment.count:
        raise ValueError(f"{entry['rows']} rows")
    layout: Layout = {}
    arrays: dict[str, np.ndarray] = {}
    for name, one in entry["arrays"].items():
        file, shape = str(one["file"]), tuple(int(length) for length in one["shape"])
        if Path(file).name != file or not is_dtype(one["dtype"]) or any(length < 0 for length in shape):
            raise ValueError(f"file {file!r}")
        layout[name] = Along(one["along"])
        rows = {Along.ROWS: segment.count, Along.GROUPS: -(-segment.count // GROUP)}.get(layout[name], shape[0] if shape else -1)
        if shape[:1] != (rows,) or (layout[name] is Along.GROUPS and (len(shape) != 3 or shape[2] != GROUP)):
            raise ValueError(f"array {name!r} of shape {shape}")
        if check == "digests":
            finding = difference(folder / file, file_bytes(one["dtype"], shape), one["sha256"])
            if finding:
                raise ArtifactError(finding)
        arrays[name] = map_array(folder / file, one["dtype"], shape)
    last = (segment.count - 1) // GROUP * GROUP
    for start, stop in {(0, min(GROUP, segment.count)), (last, segment.count)}:
        anew = segment.codec.pack(segment.state, segment.codes.rows(slice(start, stop)))
        mapped = cut(arrays, layout, start, stop)
        if anew.keys() != mapped.keys() or not all(_same(anew[name], mapped[name]) for name in anew):
            raise ArtifactError(f"{folder}: was packed by another version of rankfold, for another processor, or is damaged. Pack the artifact again.")
    return layout, arrays


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.dtype == second.dtype and first.shape == second.shape and np.array_equal(first, second)

"""Save a table and load it again."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from ..arrays import blocks
from ..codes import Arrays
from ..errors import ArtifactError, InputError
from ..table import Table
from .folder import resolve
from .mapping import map_table, read_manifest
from .verify import findings_of
from .writer import ArtifactWriter

SAVE_ROWS = 65_536


def save(table: Table, root: Path | str, *, note: str = "", details: Mapping[str, object] | None = None) -> Path:
    """Write `table` into the store folder `root` and make it the current artifact there; returns root/<digest>.

    The same table gives the same path. details: anything plain to be kept beside the note; no times, or equal tables get different digests.
    Old or new, never torn: until the last rename readers see what was there. Raises InputError, and ArtifactError when the disk refuses.
    """
    with ArtifactWriter(root, dim=table.dim, ids=table.ids, unit=table.unit, space=table.space, alive=table.alive) as writer:
        for number, (segment, place) in enumerate(zip(table.segments, state_places(table), strict=True)):
            writer.segment(segment.codec, segment.state, rows=segment.count, share=None if place == number else place)
            for start, stop in blocks(segment.count, SAVE_ROWS):
                writer.append(segment.codes.rows(slice(start, stop)).columns)
        if table.calibration is not None:
            writer.calibrate(table.calibration)
        if table.partition is not None:
            writer.partition(table.partition)
        return writer.publish(note=note, details=details)


def load(path: Path | str, *, check: Literal["sizes", "digests"] = "sizes") -> Table:
    """The table of an artifact, or of the current artifact of a store folder; its arrays are mapped from the files and read-only.

    check: "sizes" compares the manifest with the directory's name and each file's header and length with the manifest; "digests" reads every byte.
    Raises ArtifactError when anything is missing, damaged, or not what the codec expects.
    """
    if check not in ("sizes", "digests"):
        raise InputError(f'check: got {check!r}; expected "sizes" or "digests".')
    directory = resolve(path)
    if check == "digests":
        findings = findings_of(directory)
        if findings:
            raise ArtifactError(f"{len(findings)} findings; the first: {findings[0]}")
    return map_table(directory, read_manifest(directory))


def state_places(table: Table) -> list[int]:
    """For each segment the number of the first one with an equal state, whose files `save` lets it use; its own where there is none before."""
    states = _States()
    return [number if (found := states.earlier(number, segment.state)) is None else found for number, segment in enumerate(table.segments)]


class _States:
    """The states written so far, by content: equal ones are stored once, whichever codecs read them."""

    def __init__(self) -> None:
        self._seen: dict[tuple, int] = {}
        self._known: dict[int, tuple] = {}

    def earlier(self, number: int, state: Arrays) -> int | None:
        """The number of an earlier segment with an equal state, or None, which makes `number` the one to refer to."""
        if id(state) not in self._known:
            arrays = ((name, np.ascontiguousarray(array)) for name, array in sorted(state.items()))
            self._known[id(state)] = tuple((name, array.dtype.str, array.shape, hashlib.sha256(array.data).digest()) for name, array in arrays)
        found = self._seen.setdefault(self._known[id(state)], number)
        return None if found == number else found

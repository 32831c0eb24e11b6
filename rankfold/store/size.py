"""How many bytes an artifact of a table will have on disk, manifest and headers included, before anything is written."""

from collections.abc import Mapping

import numpy as np

from ..table import Table
from .artifact import state_places
from .manifest import ALIVE, IDS, FileEntry, Manifest, SegmentEntry, calibration_file, partition_file, segment_file
from .npy import file_bytes
from .writer import made_by

NO_DIGEST = "0" * 64


def artifact_bytes(table: Table, *, note: str = "", details: Mapping[str, object] | None = None) -> int:
    """The sum of the lengths of all files that `save` with the same arguments writes."""
    files: dict[str, FileEntry] = {}

    def put(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
        files[name] = FileEntry(array.dtype.str, shape, file_bytes(array.dtype.str, shape), NO_DIGEST)

    put(IDS, table.ids, table.ids.shape)
    if table.alive is not None:
        put(ALIVE, table.alive, table.alive.shape)
    entries = []
    for number, (segment, place) in enumerate(zip(table.segments, state_places(table), strict=True)):
        for name, array in segment.state.items() if place == number else ():
            put(segment_file(number, "state", name), array, array.shape)
        for name, column in segment.codes.columns.items():
            put(segment_file(number, "codes", name), column, column.shape)
        entries.append(SegmentEntry(segment.codec, segment.first, segment.count, place))
    calibration = table.calibration
    for name, array in {} if calibration is None else calibration.arrays.items():
        put(calibration_file(name), array, array.shape)
    entry = None if calibration is None else calibration.entry()
    lists = table.partition
    for name, array in {} if lists is None else lists.arrays().items():
        put(partition_file(name), array, array.shape)
    numbers = None if lists is None else lists.entry()
    manifest = Manifest(table.dim, table.unit, table.space, table.count, tuple(entries), files, made_by(note, details), entry, numbers)
    return sum(one.size for one in files.values()) + len(manifest.to_bytes())

"""Writing an artifact as a stream: hidden until it is whole, then published by one rename."""

import errno
import hashlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from ..calibration import Calibration
from ..codec import Codec
from ..codes import Arrays
from ..errors import ArtifactError, InputError
from ..partition import Partition
from .draft import Draft
from .folder import writing
from .manifest import ALIVE, IDS, FileEntry, Manifest, SegmentEntry, calibration_file, is_array_file, is_plain, parse, partition_file, segment_file
from .npy import file_bytes, header, is_dtype

WRITE_BYTES = 1 << 22


class ArrayFile:
    """One `.npy` file in the making: header first, then rows as they come; the digest grows with it."""

    def __init__(self, path: Path, dtype: np.dtype, shape: tuple[int, ...]):
        self.path = path
        self.dtype = dtype
        self.shape = shape
        self.rows = 0
        self._hash = hashlib.sha256()
        self._file: BinaryIO = open(path, "xb", buffering=0)  # noqa: SIM115
        self._size = file_bytes(dtype.str, shape)
        try:
            self._reserve()
            self._write(memoryview(header(dtype.str, shape)))
        except BaseException:
            self._file.close()
            raise

    def append(self, rows: np.ndarray) -> None:
        """Write the next rows. Raises InputError when they are not of the announced dtype and shape, or too many."""
        if rows.dtype != self.dtype or rows.shape[1:] != self.shape[1:] or self.rows + rows.shape[0] > self.shape[0]:
            raise InputError(f"{self.path.name}: got {rows.dtype} of shape {rows.shape} after {self.rows} rows; expected {self.dtype}, {self.shape} in all.")
        self.rows += rows.shape[0]
        self.write_data(rows)

    def write_data(self, array: np.ndarray) -> None:
        """Write the bytes of an array."""
        if array.size:
            self._write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)

    def _reserve(self) -> None:
        """Ask for the whole length at once: a disk that is too small says so now. File systems that cannot reserve say so at a later write."""
        if hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(self._file.fileno(), 0, self._size)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
                    raise

    def _write(self, data: memoryview) -> None:
        for start in range(0, len(data), WRITE_BYTES):
            part = data[start : start + WRITE_BYTES]
            self._hash.update(part)
            while part:
                part = part[self._file.write(part) :]

    def finish(self) -> FileEntry:
        """Flush the file to the disk and close it; returns its manifest entry."""
        os.fsync(self._file.fileno())
        self._file.close()
        return FileEntry(self.dtype.str, self.shape, self._size, self._hash.hexdigest())

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()


class ArtifactWriter:
    """Write an artifact into the store folder `root`, piece by piece:

        with ArtifactWriter(root, dim=64, ids=ids) as writer:
            writer.segment(codec, state, rows=n)
            for columns in blocks:
                writer.append(columns)
            path = writer.publish(note="nightly", details={"seed": 0})

    Everything goes to a hidden directory inside `root`, with plain file writes (no mapped pages, so memory stays at one block).
    `publish` flushes, renames once to root/<digest>, and makes `current` name it: readers see the old artifact or the new one.
    Leaving the block without `publish`, by an error or Ctrl-C, deletes the hidden directory; that of a killed process is deleted by the next writer.

    dim, unit, space, ids, alive: as in Table. Raises InputError for arguments that do not fit together, ArtifactError when the disk refuses.
    """

    def __init__(self, root: Path | str, *, dim: int, ids: np.ndarray, unit: bool = False, space: str = "", alive: np.ndarray | None = None):
        self.root = Path(root)
        self._draft = Draft(self.root)
        if ids.ndim != 1 or (alive is not None and alive.shape != ids.shape):
            raise InputError(f"ids, alive: got shapes {ids.shape} and {None if alive is None else alive.shape}; expected one id (and one mark) a row.")
        self._dim, self._unit, self._space = int(dim), bool(unit), space
        self._ids, self._alive = ids, alive
        self._files: dict[str, FileEntry] = {}
        self._calibration: dict[str, object] | None = None
        self._partition: dict[str, int] | None = None
        self._segments: list[SegmentEntry] = []
        self._open: dict[str, ArrayFile] = {}
        self._left = 0

    def __enter__(self) -> "ArtifactWriter":
        self._draft.__enter__()
        try:
            self._put(IDS, self._ids)
            if self._alive is not None:
                self._put(ALIVE, self._alive)
        except BaseException:
            self._clean()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._clean()

    def segment(self, codec: Codec, state: Arrays, *, rows: int, share: int | None = None) -> None:
        """Start the next segment of `rows` rows; `append` fills it.

        share: number of an earlier segment that has the same state, whose state files are used again.
        """
        self._check_full()
        if rows < 1:
            raise InputError(f"rows: got {rows}; expected at least 1 in a segment.")
        number = len(self._segments)
        first = sum(entry.rows for entry in self._segments[-1:]) + (self._segments[-1].first if self._segments else 0)
        if share is None:
            for name, array in state.items():
                self._put(segment_file(number, "state", name), array)
        self._segments.append(SegmentEntry(codec, first, rows, number if share is None else self._segments[share].state))
        self._left = rows

    def append(self, columns: Mapping[str, np.ndarray]) -> None:
        """Write the next rows of the segment: its columns, each (m, ...), as `encode` returns them."""
        counts = {column.shape[0] for column in columns.values()}
        if not self._segments or len(counts) != 1 or max(counts) > self._left:
            raise InputError(f"columns: got row counts {sorted(counts)}; expected one common count of at most {self._left}, the rows that the segment lacks.")
        number, rows = len(self._segments) - 1, self._segments[-1].rows
        with writing(self.root):
            if not self._open:
                for name, column in columns.items():
                    self._open[name] = self._begin(segment_file(number, "codes", name), column.dtype, (rows, *column.shape[1:]))
            if set(columns) != set(self._open):
                raise InputError(f"columns: got {sorted(columns)}; expected {sorted(self._open)}, as before.")
            for name, column in columns.items():
                self._open[name].append(column)
            self._left -= counts.pop()
            if self._left == 0:
                for file in self._open.values():
                    self._files[file.path.name] = file.finish()
                self._open = {}

    def calibrate(self, calibration: Calibration) -> None:
        """Write the calibration of the table, once."""
        for name, array in calibration.arrays.items():
            self._put(calibration_file(name), array)
        self._calibration = calibration.entry()

    def partition(self, lists: Partition) -> None:
        """Write the partition of the table, once."""
        for name, array in lists.arrays().items():
            self._put(partition_file(name), array)
        self._partition = lists.entry()

    def publish(self, *, note: str = "", details: Mapping[str, object] | None = None) -> Path:
        """Make the artifact visible and current; returns root/<digest>. The same content gives the same path, and is kept only once.

        details: anything plain that says how it was made (seed, recipe); no times, or the digest differs from run to run.
        """
        made = made_by(note, details)
        self._check_full()
        if self._draft.directory is None or not self._segments:
            raise InputError("publish: got no segment; expected one, inside the `with` block, and one publish only.")
        if not isinstance(note, str) or not isinstance(self._space, str) or not is_plain(made):
            raise InputError("note, space, details: expected text, and details of text, finite numbers, lists and dictionaries with text keys.")
        rows = self._segments[-1].first + self._segments[-1].rows
        raw = Manifest(self._dim, self._unit, self._space, rows, tuple(self._segments), self._files, made, self._calibration, self._partition).to_bytes()
        try:
            parse(raw)
        except ArtifactError as error:
            raise InputError(f"publish: these arrays do not make an artifact. {error}") from error
        return self._draft.publish(raw)

    def _check_full(self) -> None:
        if self._left:
            raise InputError(f"segment {len(self._segments) - 1}: lacks {self._left} of {self._segments[-1].rows} rows; expected all before what comes next.")

    def _begin(self, name: str, dtype: np.dtype, shape: tuple[int, ...]) -> ArrayFile:
        if self._draft.directory is None:
            raise InputError("ArtifactWriter: is not open; expected use inside its `with` block.")
        if not is_dtype(dtype.str) or not is_array_file(name):
            raise InputError(f"{name}: got dtype {dtype.str}; expected a name of a-z, 0-9, dot, dash and underscore, and a dtype of docs/format.md.")
        return ArrayFile(self._draft.directory / name, dtype, shape)

    def _put(self, name: str, array: np.ndarray) -> None:
        with writing(self.root):
            file = self._begin(name, array.dtype, array.shape)
            try:
                file.write_data(array)
                self._files[name] = file.finish()
            finally:
                file.close()

    def _clean(self) -> None:
        """Drop whatever was not published."""
        for file in self._open.values():
            file.close()
        self._draft.clean()


def made_by(note: str, details: Mapping[str, object] | None) -> dict[str, object]:
    """What a manifest says of who and what made the artifact."""
    return {"rankfold": _version(), "python": platform.python_version(), "numpy": np.__version__, "note": note, "details": dict(details or {})}


def _version() -> str:
    try:
        return version("rankfold")
    except PackageNotFoundError:
        return "unknown"

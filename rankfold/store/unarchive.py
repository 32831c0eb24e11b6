"""Read an archive: any rows of it without the others, or all of it back as the artifact that it was made of."""

import hashlib
import os
from pathlib import Path
from types import MappingProxyType, TracebackType

import numpy as np

from ..codes import Arrays, Codes
from ..errors import ArtifactError, InputError
from ..progress import Progress, silent
from ..table import Segment, Table
from .archivefile import DIFFERENCES, PREFIX_BYTES, Coded, block_digest, check_head, read_plan, read_prefix
from .blockcoding import decode_block
from .draft import Draft
from .folder import writing
from .manifest import ALIVE, IDS, Manifest, digest_of, parse
from .mapping import calibration_of, check_decodes, map_table
from .npy import header, open_regular
from .writer import ArrayFile

MOST_STATE_BYTES = 1 << 30


def open_archive(file: Path | str) -> "Archive":
    """An archive, open for reading; use it in a `with` block. Raises ArtifactError when it is missing, damaged, or not an archive."""
    return Archive(file)


def restore(file: Path | str, root: Path | str, *, progress: Progress = silent) -> Path:
    """Put the artifact of an archive into the store folder `root` and make it the current one there; returns root/<digest>, the name it had.

    Every array is compared with its SHA-256, and a few rows are decoded, before anything is visible. Old or new, never torn, as `save`.
    Raises InputError for a root that cannot be a store folder, ArtifactError when the archive is damaged or the disk refuses.
    """
    with open_archive(file) as archive, Draft(root) as draft:
        manifest = archive.manifest
        total, done = sum(entry.size for entry in manifest.files.values()), 0
        for name, entry in sorted(manifest.files.items()):
            with writing(draft.root):
                array = ArrayFile(draft.place / name, np.dtype(entry.dtype), entry.shape)
                try:
                    for number in range(archive.plan[name].grid.blocks):
                        array.write_data(archive.block(name, number))
                    finished = array.finish()
                finally:
                    array.close()
            if finished.sha256 != entry.sha256:
                raise ArtifactError(f"{file}: {name}: its SHA-256 is {finished.sha256}; expected {entry.sha256}. Copy or write the archive again.")
            done += entry.size
            progress("restore", done, total)
        try:
            map_table(draft.place, manifest)
        except ArtifactError as error:
            raise ArtifactError(f"{file}: {str(error).replace(str(draft.place), 'the artifact in it')}") from error
        return draft.publish(archive.raw_manifest)


class Archive:
    """An open archive, for one thread at a time.

    manifest: what it holds, as of an artifact. name: the digest of that artifact. plan: how each array is coded.
    """

    def __init__(self, file: Path | str):
        self.path = Path(file)
        self._states: dict[str, np.ndarray] = {}
        self._file = open_regular(self.path)
        try:
            self._read_head()
        except BaseException as error:
            self._file.close()
            if isinstance(error, OSError):
                raise ArtifactError(f"{self.path}: cannot be read ({error.strerror}). Copy or write the archive again.") from error
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def manifest(self) -> Manifest:
        """What the artifact holds."""
        return self._manifest

    @property
    def name(self) -> str:
        """The digest that names the artifact."""
        return digest_of(self.raw_manifest)

    def block(self, name: str, number: int) -> np.ndarray:
        """Block `number` of the array file `name`, decoded by itself: its items, uint8 (m, width). Raises ArtifactError when it is damaged."""
        coded = self.plan[name]
        raw = self._read(coded.places[number], coded.lengths[number])
        if block_digest(raw) != coded.digests[number]:
            raise ArtifactError(f"{self.path}: {name}: block {number} was changed. Copy or write the archive again.")
        try:
            return decode_block(raw, coded.grid.size(number), coded.grid.width, coded.shares, differences=coded.way == DIFFERENCES)
        except ArtifactError as error:
            raise ArtifactError(f"{self.path}: {name}: {error}. Copy or write the archive again.") from error

    def read(self, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Rows `start` to `stop` - 1 of the array file `name`, decoding only the blocks that hold them."""
        entry, grid = self.manifest.files[name], self.plan[name].grid
        shape = entry.shape if stop is None else (stop - start, *entry.shape[1:])
        first, last = (0, grid.items) if stop is None else (start * grid.per_row, stop * grid.per_row)
        numbers = range(first // grid.block, -(-last // grid.block))
        items = np.empty((last - first, grid.width), np.uint8)
        for number in numbers:
            begin = number * grid.block
            low, high = max(first, begin), min(last, begin + grid.block)
            items[low - first : high - first] = self.block(name, number)[low - begin : high - begin]
        return items.reshape(-1).view(entry.dtype).reshape(shape)

    def rows(self, start: int, stop: int) -> Table:
        """Rows `start` to `stop` - 1 as a table of their own, whose row numbers begin at 0.

        Reads and decodes the blocks that hold them and the fitted state, nothing else. Raises InputError for rows that are not there,
        ArtifactError for damage in what is read.
        """
        manifest = self.manifest
        if not all(isinstance(one, int | np.integer) for one in (start, stop)) or not 0 <= start < stop <= manifest.rows:
            raise InputError(f"start, stop: got {start!r}, {stop!r}; expected whole numbers with 0 <= start < stop <= {manifest.rows}.")
        groups, segments = manifest.by_segment(), []
        for number, entry in enumerate(manifest.segments):
            low, high = max(start, entry.first) - entry.first, min(stop, entry.first + entry.rows) - entry.first
            if low < high:
                state = {name: self._state(file) for name, file in groups.get((entry.state, "state"), {}).items()}
                codes = Codes({name: self.read(file, low, high) for name, file in groups[number, "codes"].items()})
                segments.append(Segment(entry.codec, MappingProxyType(state), codes, entry.first + low - start))
                check_decodes(segments[-1], manifest.dim, f"{self.path}: segment {number}")
        alive = self.read(ALIVE, start, stop) if ALIVE in manifest.files else None
        if alive is not None and int(alive.view(np.uint8).max()) > 1:
            raise ArtifactError(f"{self.path}: {ALIVE}: holds bytes other than 0 and 1. Copy or write the archive again.")
        calibration = None
        if manifest.calibration is not None:
            arrays: Arrays = {name: self._state(file) for name, file in manifest.calibration_files().items()}
            calibration = calibration_of(manifest.calibration, arrays, self.path)
        return Table(manifest.dim, manifest.unit, self.read(IDS, start, stop), tuple(segments), alive, manifest.space, calibration)

    def findings(self) -> list[str]:
        """What is wrong with the arrays, after decoding all of them; an empty list means that `restore` would give the artifact back."""
        found = []
        for name, entry in sorted(self.manifest.files.items()):
            hashed = hashlib.sha256(header(entry.dtype, entry.shape))
            try:
                for number in range(self.plan[name].grid.blocks):
                    hashed.update(np.ascontiguousarray(self.block(name, number)).data)
            except ArtifactError as error:
                found.append(str(error))
                continue
            if hashed.hexdigest() != entry.sha256:
                found.append(f"{self.path}: {name}: its SHA-256 is {hashed.hexdigest()}; expected {entry.sha256}. Copy or write the archive again.")
        return found

    def _state(self, name: str) -> np.ndarray:
        """An array that every row depends on: read whole and compared with its digest, once."""
        if name not in self._states:
            entry = self.manifest.files[name]
            if entry.size > MOST_STATE_BYTES:
                raise ArtifactError(f"{self.path}: {name}: has {entry.size} bytes; expected at most {MOST_STATE_BYTES} of a fitted state. Restore the archive.")
            array = self.read(name)
            hashed = hashlib.sha256(header(entry.dtype, entry.shape))
            hashed.update(array.reshape(-1).view(np.uint8).data)
            if hashed.hexdigest() != entry.sha256:
                raise ArtifactError(f"{self.path}: {name}: its SHA-256 is {hashed.hexdigest()}; expected {entry.sha256}. Copy or write the archive again.")
            array.flags.writeable = False
            self._states[name] = array
        return self._states[name]

    def _read_head(self) -> None:
        start = self._file.read(PREFIX_BYTES)
        try:
            prefix = read_prefix(start)
            size = os.fstat(self._file.fileno()).st_size
            if size != prefix.whole_bytes:
                raise ArtifactError(f"has {size} bytes; expected {prefix.whole_bytes}. Copy or write it again")
            self.raw_manifest = self._read(PREFIX_BYTES + prefix.payload_bytes, prefix.manifest_bytes)
            plan = self._file.read(prefix.plan_bytes)
            check_head(start, prefix, self.raw_manifest, plan)
            self._manifest = parse(self.raw_manifest)
            self.plan: dict[str, Coded] = read_plan(plan, self._manifest, prefix.payload_bytes)
        except ArtifactError as error:
            raise ArtifactError(f"{self.path}: {str(error).removesuffix('.')}.") from error

    def _read(self, place: int, length: int) -> bytes:
        try:
            self._file.seek(place)
            return self._file.read(length)
        except OSError as error:
            raise ArtifactError(f"{self.path}: cannot be read ({error.strerror}). Copy or write the archive again.") from error

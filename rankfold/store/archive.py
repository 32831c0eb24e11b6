"""Write an archive: one file with everything in an artifact, range-coded, for keeping and sending."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..errors import ArtifactError, InputError
from ..progress import Progress, silent
from .archivefile import CODED, DIFFERENCES, PREFIX_BYTES, STORED, Coded, block_digest, plan_bytes, prefix_bytes
from .blockcoding import STATE_BYTES, Grid, encode_block, grid_of, planes_of
from .folder import hold, locked, resolve, sync_directory, writing
from .manifest import IDS, MANIFEST, FileEntry, digest_of, parse
from .mapping import read_manifest
from .npy import header, map_array
from .shares import Shares, choose, entropy_bytes, seen_in

PARTIAL = ".rfa-"


@dataclass(frozen=True, slots=True)
class ColumnCost:
    """One array: bytes as they are in the artifact, its empirical entropy in bytes, and all that the archive takes for it: codes, tables, digests.

    entropy_bytes: of each byte of an item by itself, over the whole array; where differences are coded, of those.
    """

    name: str
    bytes: int
    entropy_bytes: float
    coded_bytes: int


@dataclass(frozen=True, slots=True)
class Archived:
    """What `archive` wrote: the file and its length, the artifact in it, and the columns. bytes: of all arrays, as they are in the artifact."""

    path: Path
    artifact: str
    rows: int
    bytes: int
    archive_bytes: int
    columns: tuple[ColumnCost, ...]


def archive(path: Path | str, file: Path | str, *, progress: Progress = silent) -> Archived:
    """Write the artifact at `path` (or the current one of a store folder) into one file, smaller and exact: `restore` gives the same artifact back.

    Old or new, never torn: the file appears by one rename when it is whole, in place of one that was there. Every byte of the artifact is compared
    with its digest on the way. Raises InputError when `file` cannot be a file or would lie in the artifact itself, ArtifactError when the artifact is
    damaged or the disk refuses.
    """
    file, directory = Path(file), resolve(path)
    _check_file(file, directory)
    read_manifest(directory)
    raw = (directory / MANIFEST).read_bytes()
    manifest = parse(raw)
    total, done = sum(entry.size for entry in manifest.files.values()), 0
    costs, plan = [], {}
    with writing(file), _partial(file.parent) as (partial, out):
        out.write(bytes(PREFIX_BYTES))
        for name in sorted(manifest.files):
            entry = manifest.files[name]
            items = map_array(directory / name, entry.dtype, entry.shape).reshape(-1).view(np.uint8)
            plan[name], entropy = _append(out, items, entry, name, directory)
            taken = len(plan[name].to_bytes()) + sum(plan[name].lengths)
            costs.append(ColumnCost(name.removesuffix(".npy"), plan[name].grid.nbytes, entropy, taken))
            done += entry.size
            progress("archive", done, total)
        payload_bytes, planned = out.tell() - PREFIX_BYTES, plan_bytes(plan)
        out.write(raw + planned)
        out.seek(0)
        out.write(prefix_bytes(payload_bytes, raw, planned))
        out.flush()
        os.fsync(out.fileno())
        os.replace(partial, file)
        sync_directory(file.parent)
    size = PREFIX_BYTES + payload_bytes + len(raw) + len(planned)
    return Archived(file, digest_of(raw), manifest.rows, sum(cost.bytes for cost in costs), size, tuple(costs))


def _check_file(file: Path, directory: Path) -> None:
    """Raise InputError unless an archive of the artifact in `directory` can be written to `file`."""
    special = file.exists() and not file.is_file()
    if special or not file.parent.is_dir():
        got = "a folder" if file.is_dir() else "a device or pipe" if special else f"a file in {file.parent}, which is not a folder"
        raise InputError(f"{file}: got {got}; expected the path of a file, new or old, in a folder that is there.")
    if file.parent.resolve() == directory.resolve():
        raise InputError(f"{file}: got a file in the artifact itself, which never changes; expected a path elsewhere.")


def _append(out: BinaryIO, content: np.ndarray, entry: FileEntry, name: str, directory: Path) -> tuple[Coded, float]:
    """Code one array to the end of the file; returns its part of the plan and its entropy."""
    grid = grid_of(name, entry)
    seen, seen_differences = _survey(content, grid, entry, name, directory)
    shares, expected = choose(seen)
    way, entropy = CODED, entropy_bytes(seen)
    if seen_differences is not None:
        others, cost = choose(seen_differences)
        if cost < expected:
            way, entropy, shares, expected = DIFFERENCES, entropy_bytes(seen_differences), others, cost
    used: Shares | None = shares
    # A little above the ideal, for words that are not full: coding must never make an array longer.
    if 1.001 * expected + (STATE_BYTES + 2) * grid.blocks >= grid.nbytes:
        way, used, entropy = STORED, None, entropy_bytes(seen)
    places, lengths, digests = [], [], []
    for block in _blocks(content, grid):
        raw = encode_block(block, used, differences=way == DIFFERENCES)
        places.append(out.tell())
        lengths.append(len(raw))
        digests.append(block_digest(raw))
        out.write(raw)
    return Coded(grid, way, used, tuple(places), tuple(lengths), tuple(digests)), entropy


def _survey(content: np.ndarray, grid: Grid, entry: FileEntry, name: str, directory: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """How often each value occurs at each place, of the items and, where they are ids, of their differences. Compares the digest on the way."""
    hashed = hashlib.sha256(header(entry.dtype, entry.shape))
    seen = np.zeros((grid.width, 256), np.int64)
    differing = np.zeros((8, 256), np.int64) if name == IDS and grid.width == 8 else None
    for block in _blocks(content, grid):
        hashed.update(block.data)
        seen += seen_in(planes_of(block, differences=False))
        if differing is not None:
            differing += seen_in(planes_of(block, differences=True))
    if hashed.hexdigest() != entry.sha256:
        raise ArtifactError(f"{directory / name}: its SHA-256 is {hashed.hexdigest()}; expected {entry.sha256}. Copy or write the artifact again.")
    return seen, differing


def _blocks(content: np.ndarray, grid: Grid) -> Iterator[np.ndarray]:
    """The items (m, width) of each block."""
    for number in range(grid.blocks):
        start = number * grid.block * grid.width
        yield content[start : start + grid.size(number) * grid.width].reshape(-1, grid.width)


@contextlib.contextmanager
def _partial(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new hidden file to write to, deleted unless it was renamed; those of killed processes are deleted first."""
    with locked(folder):
        for entry in folder.glob(f"{PARTIAL}*"):
            handle = hold(entry, wait=False) if entry.is_file() and not entry.is_symlink() else None
            if handle is not None:
                entry.unlink(missing_ok=True)
                os.close(handle)
        path = folder / f"{PARTIAL}{os.urandom(8).hex()}"
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(open(path, "xb"))
            stack.callback(path.unlink, missing_ok=True)
            lock = hold(path, wait=False)
            if lock is not None:
                stack.callback(os.close, lock)
            kept = stack.pop_all()
    with kept:
        yield path, file

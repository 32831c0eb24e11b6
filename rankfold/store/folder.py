"""A store folder: artifacts named by digest, a text file `current` that names the live one, and hidden entries of writers at work.

Whoever creates, renames or clears entries holds a lock on the folder; each writer holds one on its hidden directory for as long as it lives.
Where the file system knows no locks, nothing is ever cleared.
"""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..errors import ArtifactError, InputError
from .manifest import DIGEST_DIGITS, MANIFEST, is_digest
from .npy import open_regular

try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None  # type: ignore[assignment]

CURRENT = "current"
HIDDEN = ".rankfold-"

_ADVICE = {
    errno.ENOSPC: "The disk is full: free some space, or choose another place.",
    errno.EDQUOT: "Your share of the disk is used up: free some space, or choose another place.",
    errno.EFBIG: "The file is larger than the file system or the limit of this process (ulimit -f) allows.",
    errno.EACCES: "You may not write there: change the permissions, or choose another place.",
    errno.EPERM: "You may not write there: change the permissions, or choose another place.",
    errno.EROFS: "It cannot be written to: choose another place.",
    errno.EIO: "The device reported a fault: check it, or choose another place.",
}


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError into an ArtifactError that names `path` and says what to do."""
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "Check the path and the disk, and try again.")
        raise ArtifactError(f"{path}: could not be written ({error.strerror or error}). {advice} Nothing was changed.") from error


def resolve(path: Path | str) -> Path:
    """The artifact that a path means: itself, or for a store folder the one that `current` names. Raises ArtifactError."""
    path = Path(path)
    if is_digest(path.name) or os.path.exists(path / MANIFEST):
        return path
    if not os.path.isdir(path):
        raise ArtifactError(f"{path}: got {'a file' if os.path.exists(path) else 'nothing'}; expected an artifact or a store folder. Check the path.")
    digest = read_current(path)
    if digest is None:
        raise ArtifactError(f"{path}: holds neither {MANIFEST} nor {CURRENT}; expected an artifact or a store folder. Check the path.")
    return path / digest


def read_current(folder: Path) -> str | None:
    """The digest in `current`, or None when there is no such file. Raises ArtifactError when it holds anything else."""
    path = folder / CURRENT
    if not os.path.lexists(path):
        return None
    with open_regular(path) as file:
        text = file.read(DIGEST_DIGITS + 2)
    digest = text[:DIGEST_DIGITS].decode("ascii", "replace")
    if text != digest.encode("ascii", "replace") + b"\n" or not is_digest(digest):
        raise ArtifactError(f"{path}: got {text!r}; expected {DIGEST_DIGITS} hexadecimal digits and a newline. Save the artifact again.")
    return digest


def prune(folder: Path | str) -> list[Path]:
    """Delete every artifact of a store folder but the current one; returns their paths.

    Tables that are mapped from them stay usable on POSIX systems. Raises ArtifactError when there is no current one.
    """
    folder = Path(folder)
    with writing(folder), locked(folder):
        current = read_current(folder)
        if current is None or not (folder / current / MANIFEST).exists():
            raise ArtifactError(f"{folder}: {CURRENT} names no artifact that is there; nothing was deleted. Save an artifact first.")
        old = sorted(entry for entry in folder.iterdir() if is_digest(entry.name) and entry.name != current and (entry / MANIFEST).is_file())
        for entry in old:
            discard(entry)
        clear_leftovers(folder)
        sync_directory(folder)
    return old


def check_root(root: Path) -> None:
    """Raise InputError unless artifacts can be kept in this folder: it is new, or a directory that is not itself an artifact."""
    if os.path.lexists(root) and not os.path.isdir(root):
        raise InputError(f"{root}: is a file; expected a folder to keep artifacts in. Choose another path.")
    if os.path.exists(root / MANIFEST) or is_digest(root.name):
        raise InputError(f"{root}: is an artifact, which never changes; expected the folder that holds it. Leave out its last part.")


def make_folder(folder: Path) -> list[Path]:
    """Create a folder and those above it; returns what was created, the deepest first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        sync_directory(one.parent)
    return missing


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; waits for whoever holds it, which is never longer than a few renames and a clearing take."""
    handle = hold(folder, wait=True)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def hold(folder: Path, *, wait: bool) -> int | None:
    """A handle that locks the directory until it is closed, or its process ends; None when somebody else has it, or there are no locks."""
    if fcntl is None:
        return None
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        os.close(handle)
        return None
    except BaseException:
        os.close(handle)
        raise
    return handle


def hidden_name(folder: Path) -> Path:
    """A path in the folder for something unfinished."""
    return folder / f"{HIDDEN}{secrets.token_hex(8)}"


def clear_leftovers(folder: Path) -> None:
    """Delete what dead writers left. The caller holds the folder's lock, so no writer is between making its directory and locking it."""
    for entry in folder.glob(f"{HIDDEN}*"):
        if entry.is_dir() and not entry.is_symlink():
            handle = hold(entry, wait=False)
            if handle is not None:
                shutil.rmtree(entry, ignore_errors=True)
                os.close(handle)
        elif fcntl is not None:
            entry.unlink(missing_ok=True)


def discard(entry: Path) -> None:
    """Delete a directory so that it is never seen half deleted: it is renamed out of sight first."""
    away = hidden_name(entry.parent)
    os.rename(entry, away)
    shutil.rmtree(away, ignore_errors=True)


def write_file(path: Path, content: bytes) -> None:
    """Write a small file and flush it to the disk."""
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_directory(folder: Path) -> None:
    """Flush the names in a directory to the disk, where the system can do that."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

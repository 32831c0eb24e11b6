"""A folder of files that appears at once: hidden while it is written, then given its name by a rename."""

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import InputError
from ..store.folder import discard, hold, locked, sync_directory, write_file, writing
from ..store.manifest import MANIFEST as ARTIFACT_MANIFEST

MANIFEST = "export.json"
DRAFT, ASIDE = ".export-", ".exported-"


def check_target(path: Path, *, force: bool) -> None:
    """Raise InputError unless an export may be written to `path`: nothing is there, or with `force` an earlier export, which is replaced as a whole."""
    if not path.parent.is_dir():
        raise InputError(f"{path}: {path.parent} is no folder; expected a new path in a folder that is there.")
    if (path.parent / ARTIFACT_MANIFEST).exists():
        raise InputError(f"{path}: got a folder in an artifact, which never changes; expected a path elsewhere.")
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not (path / MANIFEST).is_file():
        raise InputError(f"{path}: is there and is no export (it holds no {MANIFEST}), so it is never replaced; expected a new path.")
    if not force:
        raise InputError(f"{path}: holds an export; expected a new path, or force=True to replace it (command line: --force).")


@contextlib.contextmanager
def publishing(path: Path, *, force: bool) -> Iterator[Path]:
    """A hidden folder beside `path`, which gets that name when the block ends well and is deleted when it does not.

    What was there is put aside just before and comes back if the rename fails: a reader finds the old export or the new one, or for an instant none.
    Hidden folders of killed processes are deleted first. Raises InputError as `check_target`, ArtifactError when the disk refuses.
    """
    check_target(path, force=force)
    with writing(path), _draft(path.parent) as draft:
        yield draft
        for file in draft.iterdir():
            _sync(file)
        sync_directory(draft)
        check_target(path, force=force)
        aside = path.with_name(f"{ASIDE}{secrets.token_hex(8)}") if os.path.lexists(path) else None
        try:
            if aside is not None:
                os.rename(path, aside)
            os.rename(draft, path)
        except BaseException:
            if aside is not None and aside.exists() and not path.exists():
                os.rename(aside, path)
            raise
        sync_directory(path.parent)
        if aside is not None:
            with contextlib.suppress(OSError):
                discard(aside)


@contextlib.contextmanager
def _draft(folder: Path) -> Iterator[Path]:
    """A new hidden folder, locked while it is written and deleted unless it was renamed; unlocked ones are of killed processes."""
    with contextlib.ExitStack() as stack:
        with locked(folder):
            for entry in folder.glob(f"{DRAFT}*"):
                handle = hold(entry, wait=False) if entry.is_dir() and not entry.is_symlink() else None
                if handle is not None:
                    shutil.rmtree(entry, ignore_errors=True)
                    os.close(handle)
            path = folder / f"{DRAFT}{secrets.token_hex(8)}"
            path.mkdir()
            stack.callback(shutil.rmtree, path, ignore_errors=True)
            lock = hold(path, wait=False)
            if lock is not None:
                stack.callback(os.close, lock)
        yield path


def write_manifest(folder: Path, content: Mapping[str, object]) -> None:
    """What the export is, as JSON with sorted keys: the same export gives the same bytes."""
    write_file(folder / MANIFEST, (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n").encode())


def _sync(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

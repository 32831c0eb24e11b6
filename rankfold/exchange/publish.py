"""A folder of files that appears at once: hidden while it is written, then given its name by a rename."""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..errors import InputError
from ..store.folder import discard, hidden_name, sync_directory, write_file, writing

MANIFEST = "export.json"


def check_target(path: Path, *, force: bool) -> None:
    """Raise InputError unless an export may be written to `path`: nothing is there, or with `force` an earlier export, which is replaced as a whole."""
    if not path.parent.is_dir():
        raise InputError(f"{path}: {path.parent} is no folder; expected a new path in a folder that is there.")
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
    Raises InputError as `check_target`, ArtifactError when the disk refuses.
    """
    check_target(path, force=force)
    draft, aside = hidden_name(path.parent), hidden_name(path.parent)
    try:
        with writing(path):
            draft.mkdir()
            yield draft
            for file in draft.iterdir():
                _sync(file)
            sync_directory(draft)
            check_target(path, force=force)
            replaces = os.path.lexists(path)
            if replaces:
                os.rename(path, aside)
            try:
                os.rename(draft, path)
            except BaseException:
                if replaces:
                    os.rename(aside, path)
                raise
            sync_directory(path.parent)
        if replaces:
            with contextlib.suppress(OSError):
                discard(aside)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_manifest(folder: Path, content: Mapping[str, object]) -> None:
    """What the export is, as JSON with sorted keys: the same export gives the same bytes."""
    write_file(folder / MANIFEST, (json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n").encode())


def _sync(file: Path) -> None:
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

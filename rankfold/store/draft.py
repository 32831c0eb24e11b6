"""An artifact in the making: a hidden, locked directory that one rename publishes."""

import contextlib
import os
import shutil
from pathlib import Path
from types import TracebackType

from ..errors import ArtifactError, InputError
from .folder import CURRENT, check_root, clear_leftovers, discard, hidden_name, hold, locked, make_folder, read_current, sync_directory, write_file, writing
from .manifest import MANIFEST, digest_of
from .verify import findings_of


class Draft:
    """A hidden directory inside the store folder `root`, open inside a `with` block:

        with Draft(root) as draft:
            ... write files into draft.place ...
            path = draft.publish(manifest)

    Leaving the block without `publish` deletes it; that of a killed process is deleted by the next draft in that folder.
    directory: where to write; None outside the block and after `publish`. Raises InputError for a root that cannot be a store folder,
    ArtifactError when the disk refuses.
    """

    def __init__(self, root: Path | str):
        self.root = Path(root)
        check_root(self.root)
        self.directory: Path | None = None
        self._lock: int | None = None
        self._made_folders: list[Path] = []

    def __enter__(self) -> "Draft":
        try:
            with writing(self.root):
                self._made_folders = make_folder(self.root)
                with locked(self.root):
                    clear_leftovers(self.root)
                    self.directory = hidden_name(self.root)
                    self.directory.mkdir()
                    self._lock = hold(self.directory, wait=False)
        except BaseException:
            self.clean()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.clean()

    @property
    def place(self) -> Path:
        """The directory, while it is open. Raises InputError before and after."""
        if self.directory is None:
            raise InputError(f"{self.root}: the draft is not open; expected use inside its `with` block, and one publish only.")
        return self.directory

    def publish(self, manifest: bytes) -> Path:
        """Add the manifest, give the directory its name and make `current` name it; returns root/<digest>.

        The files must be those of the manifest, flushed to the disk. The same content gives the same path, and is kept only once.
        """
        directory = self.place
        with writing(self.root):
            write_file(directory / MANIFEST, manifest)
            sync_directory(directory)
            with locked(self.root):
                target = self._swap(directory, digest_of(manifest))
        self.clean()
        try:
            sync_directory(self.root)
        except OSError as error:
            raise ArtifactError(f"{target}: was published, but may not survive a loss of power ({error.strerror}). Check the disk and save again.") from error
        return target

    def _swap(self, directory: Path, digest: str) -> Path:
        """Two renames: the artifact gets its name, then `current` names it. What fails before the second is undone."""
        target, pointer = self.root / digest, hidden_name(self.root)
        fresh = False
        try:
            write_file(pointer, f"{digest}\n".encode("ascii"))
            if target.exists() and findings_of(target):
                discard(target)
            if not target.exists():
                os.rename(directory, target)
                self.directory, fresh = None, True
                sync_directory(self.root)
            os.replace(pointer, self.root / CURRENT)
        except BaseException:
            pointer.unlink(missing_ok=True)
            if fresh and read_current(self.root) != digest:
                with contextlib.suppress(OSError):
                    discard(target)
            raise
        self._made_folders = []
        return target

    def clean(self) -> None:
        """Drop whatever was not published."""
        if self.directory is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        for folder in self._made_folders:
            with contextlib.suppress(OSError):
                folder.rmdir()

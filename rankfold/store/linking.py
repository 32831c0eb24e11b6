"""Equal files of several artifacts kept once on disk: hard links, so that each artifact stays whole and ordinary."""

import os
from collections.abc import Sequence
from pathlib import Path

from .folder import hidden_name, resolve, writing
from .mapping import read_manifest
from .npy import difference


def link_equal(paths: Sequence[Path | str]) -> int:
    """Make equal fitted arrays of several artifacts (or store folders: their current ones) one file on disk; returns the bytes that this freed.

    Artifacts never change, so a file may have several names: readers see the same bytes, before and after, and share them in memory. Copying the folders
    elsewhere makes copies again, unless the program keeps hard links (`cp -a`, `tar`, `rsync -H`). All must lie on one file system that knows hard links.
    Damaged files are left as they are. Raises ArtifactError for a damaged manifest and where the file system refuses; links made before that are right.
    """
    first: dict[tuple[str, int], Path] = {}
    freed = 0
    for directory in [resolve(path) for path in paths]:
        for name, entry in sorted(read_manifest(directory).files.items()):
            if ".state." not in name:
                continue
            file = directory / name
            known = first.setdefault((entry.sha256, entry.size), file)
            if os.path.samefile(known, file) or difference(known, entry.size, entry.sha256) or difference(file, entry.size, entry.sha256):
                continue
            freed += entry.size if file.stat().st_nlink == 1 else 0
            with writing(directory):
                # Beside the artifact: a file left inside it by a crash would count as damage.
                link = hidden_name(directory.parent)
                os.link(known, link)
                try:
                    os.replace(link, file)
                except BaseException:
                    link.unlink(missing_ok=True)
                    raise
    return freed

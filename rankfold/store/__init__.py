"""Tables on disk: directories of `.npy` files that are published whole, named by their content, and mapped back."""

from .archive import Archived, ColumnCost, archive
from .artifact import load, save
from .folder import prune
from .linking import link_equal
from .manifest import Manifest
from .mapping import read_manifest
from .size import artifact_bytes
from .unarchive import Archive, open_archive, restore
from .verify import verify
from .writer import ArtifactWriter

__all__ = [
    "Archive",
    "Archived",
    "ArtifactWriter",
    "ColumnCost",
    "Manifest",
    "archive",
    "artifact_bytes",
    "link_equal",
    "load",
    "open_archive",
    "prune",
    "read_manifest",
    "restore",
    "save",
    "verify",
]

"""Tables on disk: directories of `.npy` files that are published whole, named by their content, and mapped back."""

from .artifact import load, save
from .folder import prune
from .manifest import Manifest
from .mapping import read_manifest
from .verify import verify
from .writer import ArtifactWriter

__all__ = ["ArtifactWriter", "Manifest", "load", "prune", "read_manifest", "save", "verify"]

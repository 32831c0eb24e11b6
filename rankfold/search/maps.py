"""Maps: the mapped files that a search reads. A map of a file that was cut short ends the process when it is touched, so lengths are looked at first."""

import mmap
from collections.abc import Iterable

import numpy as np

from ..errors import ArtifactError


class Maps:
    """The mapped files behind some arrays; none where all of them are in memory."""

    def __init__(self, arrays: Iterable[np.ndarray]):
        found = {id(one): one for one in (_map_of(array) for array in arrays) if one is not None}
        self._maps = list(found.values())

    def __len__(self) -> int:
        return len(self._maps)

    def check(self) -> None:
        """Raise ArtifactError when a file has become shorter than its map. One cut a moment later, during a scan, still ends the process, as with any map."""
        for one in self._maps:
            size = one.size()
            if size < len(one):
                raise ArtifactError(f"table: a mapped file now has {size} bytes; expected at least {len(one)}. It was cut short: write it again, load it anew.")


def _map_of(array: np.ndarray) -> mmap.mmap | None:
    """The map that an array's memory lies in, or None."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    while isinstance(base, memoryview):
        base = base.obj
    return base if isinstance(base, mmap.mmap) else None

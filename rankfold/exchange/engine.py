"""What rankfold knows of one engine: its contract, how its files are written and read back, and where it runs on this machine."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from .contract import Contract
from .rows import SparseRows

EXTRA = "engines"


class Loaded(Protocol):
    """Rows inside a running engine."""

    @property
    def version(self) -> str:
        """What answers, with its version."""
        ...

    @property
    def nbytes(self) -> int | None:
        """What the rows take there, all in all; None where it cannot be said."""
        ...

    def search(self, queries: SparseRows, k: int) -> np.ndarray:
        """The k best rows of each query by the engine's own search, row numbers int64 (q, k), best first, -1 where it returns fewer."""
        ...


@dataclass(frozen=True, slots=True)
class Local:
    """An engine that runs from pip: package is its name there, module what is imported; load(folder, width) puts the written rows into it.

    most_products: rows times query terms that a check may ask of it, for one that is slow; None: no limit.
    """

    package: str
    module: str
    load: Callable[[Path, int], AbstractContextManager[Loaded]]
    most_products: int | None = None

    @property
    def is_installed(self) -> bool:
        """Whether the module can be imported."""
        return find_spec(self.module) is not None


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine. write(folder, stem, rows) writes files whose names begin with `stem` and returns notes for people.

    read(folder, stem, width) gives the rows back. local: where it runs from pip.
    """

    name: str
    contract: Contract
    write: Callable[[Path, str, SparseRows], list[str]]
    read: Callable[[Path, str, int], SparseRows]
    local: tuple[Local, ...] = ()

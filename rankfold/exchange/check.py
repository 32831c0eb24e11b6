"""Check an export: its files read back, and its rows searched in the engine itself where that runs on this machine."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..errors import ArtifactError, InputError, MissingExtra, RankfoldError
from ..evaluate.intervals import Mean, mean_of
from .agreement import agreement
from .engine import EXTRA, Engine, Local
from .export import Exported
from .numbertext import id_texts
from .rows import SparseRows
from .signs import asked, stored

QUERIES = 500


@dataclass(frozen=True, slots=True)
class Checked:
    """One engine's answers. version: what answered; k; agreement: mean over queries, with its interval; row_bytes: what a row takes in it, where it says."""

    version: str
    k: int
    agreement: Mean
    row_bytes: float | None

    def to_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"engine": self.version, "k": self.k, "agreement": self.agreement.to_dict(), "row_bytes": self.row_bytes}


def missing(engine: Engine) -> list[Local]:
    """The packages in which this engine could run here and that are not installed."""
    return [local for local in engine.local if not local.is_installed]


def check_runnable(engine: Engine) -> None:
    """Raise MissingExtra when an engine runs from pip and none of its packages is installed."""
    if engine.local and len(missing(engine)) == len(engine.local):
        raise MissingExtra(engine.local[0].package, EXTRA)


def check(done: Exported, *, k: int = 100, queries: int = QUERIES, seed: int = 0) -> list[Checked]:
    """Read the export's rows back, then search it in every installed engine, and compare with the exact lists of the same sparse queries and rows.

    The queries are those of the export, or rows of it asked with their own codes; at most `queries` of them, drawn by `seed`, fewer for an engine that is
    slow. Exact lists are of the codes as they were before any split. An engine that does not run from pip is only read back: the list is then empty.
    Raises InputError for k or queries below 1, MissingExtra as `check_runnable`, ArtifactError when the files do not hold what was exported, or the engine
    fails.
    """
    if k < 1 or queries < 1:
        raise InputError(f"k, queries: got {k} and {queries}; expected at least 1.")
    check_runnable(done.engine)
    kept = stored(done.rows, done.signs)
    check_files(done, "rows", kept)
    if done.queries is not None:
        check_files(done, "queries", asked(done.queries, done.signs, signed=done.engine.contract.signed_queries)[0])
    given = done.rows if done.queries is None else done.queries
    filled = np.flatnonzero(given.lengths)
    if not filled.size:
        raise InputError("queries: all are empty; expected at least one that asks for something.")
    chosen = np.sort(np.random.default_rng(seed).permutation(filled)[:queries])
    return [_searched(done, local, given.take(chosen), min(k, done.rows.count), kept.width) for local in done.engine.local if local.is_installed]


def _searched(done: Exported, local: Local, queries: SparseRows, k: int, width: int) -> Checked:
    if local.most_products is not None:
        affordable = int(np.searchsorted(queries.indptr[1:], local.most_products // done.rows.count, side="right"))
        queries = queries.take(np.arange(max(1, affordable)))
    put = asked(replace(queries, ids=np.arange(queries.count)), done.signs, signed=done.engine.contract.signed_queries)[0]
    try:
        with _own_stdout(), local.load(done.path, width) as loaded:
            found, version, nbytes = loaded.search(put, k), loaded.version, loaded.nbytes
    except RankfoldError:
        raise
    except Exception as error:
        # Engines are other people's programs and fail in their own ways.
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ArtifactError(f"{local.package}: the engine failed ({said}). The export in {done.path} is whole: load it into an engine of your own.") from error
    return Checked(version, k, mean_of(agreement(found, done.rows, queries)), None if nbytes is None else nbytes / done.rows.count)


@contextlib.contextmanager
def _own_stdout() -> Iterator[None]:
    """Send to stderr what libraries write to stdout past Python meanwhile: stdout is for results."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def check_files(done: Exported, stem: str, rows: SparseRows) -> None:
    """Raise ArtifactError unless the files of the export hold exactly these rows, in this order."""
    back = done.engine.read(done.path, stem, rows.width)
    for name in ("indptr", "indices", "data"):
        if not np.array_equal(getattr(back, name), getattr(rows, name)):
            raise ArtifactError(f"{done.path}: {stem} read back with other {name} than were written. Export again; if it repeats, report it.")
    if id_texts(back.ids) != id_texts(rows.ids):
        raise ArtifactError(f"{done.path}: {stem} read back with other ids than were written. Export again; if it repeats, report it.")

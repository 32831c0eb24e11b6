"""Write the sparse codes of a table for an engine: one folder, in the form that the engine can hold, with what was done in `export.json`."""

from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..table import Table
from ..vectors import Vectors
from .contract import check_rows, choose_form
from .engine import Engine
from .publish import check_target, publishing, write_manifest
from .queries import query_rows
from .registry import engine_named
from .rows import SparseRows, rows_of
from .signs import asked, stored


@dataclass(frozen=True, slots=True, eq=False)
class Exported:
    """What was written.

    path: the folder; engine; signs: "signed" or "split", the form of the rows; rows and queries: what went out, with the signs they had before;
    exact: whether scores of the written queries are those of the queries as given, None without queries;
    row_bytes: bytes of the files of the rows, for one row; notes: what to know, a sentence each.
    """

    path: Path
    engine: Engine
    signs: str
    rows: SparseRows
    queries: SparseRows | None
    exact: bool | None
    row_bytes: float
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """For JSON: what `export.json` holds."""
        queries = None if self.queries is None else {"count": self.queries.count, "nonzeros": self.queries.nonzeros, "exact": self.exact}
        return {
            "engine": self.engine.name,
            "contract": asdict(self.engine.contract),
            "signs": self.signs,
            "width": stored(self.rows, self.signs).width,
            "latents": self.rows.width,
            "rows": self.rows.count,
            "nonzeros": self.rows.nonzeros,
            "queries": queries,
            "row_bytes": self.row_bytes,
            "notes": list(self.notes),
        }


def export(
    table: Table,
    path: Path | str,
    engine: str,
    *,
    queries: Vectors | None = None,
    query_form: str = "projected",
    query_terms: int | None = None,
    signs: str = "auto",
    force: bool = False,
) -> Exported:
    """Write the rows of a table, and queries if given, as sparse vectors for an engine (see `registry.ENGINES`) into the folder `path`.

    Values are exactly those of the codes. Of rows that were removed nothing is written. queries (q, d): vectors of the table's space; query_form
    "projected" (their products with all atoms, or with the `query_terms` largest: scores are those of rankfold's search) or "codes" (see `queries.coded`).
    signs: "auto" splits latents by sign where the engine holds no negative values, "split" always, "signed" never. force: replace an earlier export.
    The folder appears by one rename, whole. Raises InputError for a codec without latents, unknown engines, rows that the engine cannot hold, an existing
    path; MissingExtra where a writer needs a package; ArtifactError when the disk refuses.
    """
    one, path = engine_named(engine), Path(path)
    check_target(path, force=force)
    rows, atoms = rows_of(table)
    given = None if queries is None else query_rows(table, atoms, queries, form=query_form, terms=query_terms)
    return export_rows(rows, path, one, queries=given, signs=signs, force=force)


def export_rows(
    rows: SparseRows, path: Path | str, engine: Engine | str, *, queries: SparseRows | None = None, signs: str = "auto", force: bool = False
) -> Exported:
    """As `export`, for sparse rows and sparse queries of any origin. Raises InputError, MissingExtra and ArtifactError, as `export`."""
    one, path = engine_named(engine) if isinstance(engine, str) else engine, Path(path)
    check_target(path, force=force)
    if queries is not None and queries.width != rows.width:
        raise InputError(f"queries: got {queries.width} columns; expected {rows.width}, as the rows.")
    form = choose_form(one.name, one.contract, rows, signs)
    rows, notes = _holdable(one, rows, "rows")
    exact, to_ask = None, None
    if queries is not None:
        queries, more = _holdable(one, queries, "queries")
        notes += more
        to_ask, exact = asked(queries, form, signed=one.contract.signed_queries)
        if not exact:
            notes.append(
                f"queries: {one.name} takes no negative query terms, so only positive ones are written: lists change. Measure it, or use an engine that does."
            )
        check_rows(one.name, one.contract, to_ask, "queries")
    if form == "split":
        notes.append(f"signs: each latent is two columns, 2i for its positive part and 2i + 1 for its negative part: {2 * rows.width} columns.")
    kept = stored(rows, form)
    check_rows(one.name, one.contract, kept, "rows")
    with publishing(path, force=force) as folder:
        notes += one.write(folder, "rows", kept)
        size = sum(file.stat().st_size for file in folder.iterdir())
        if to_ask is not None:
            notes += one.write(folder, "queries", to_ask)
        done = Exported(path, one, form, rows, queries, exact, size / rows.count, tuple(notes))
        write_manifest(folder, {"rankfold": _version(), **done.to_dict()})
    return done


def _holdable(engine: Engine, rows: SparseRows, what: str) -> tuple[SparseRows, list[str]]:
    """The rows that the engine can hold, and a note of those it cannot. Raises InputError when none is left."""
    empty = rows.lengths == 0
    if engine.contract.empty_rows or not empty.any():
        return rows, []
    if empty.all():
        raise InputError(f"{what}: all {rows.count} hold no value; expected some, as {engine.name} holds no empty ones.")
    some = f"{what}: {int(empty.sum())} of {rows.count} hold no value (the first is number {int(empty.argmax())}); {engine.name} holds none such: left out."
    return rows.take(np.flatnonzero(~empty)), [some]


def _version() -> str:
    try:
        return version("rankfold")
    except PackageNotFoundError:
        return "unknown"

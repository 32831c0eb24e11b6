"""`rankfold search`: rank the rows of an artifact for query vectors, or for its own rows."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...arrays import as_text
from ...errors import InputError
from ...packing import packed_of
from ...search import PartitionSearcher, Searcher
from ...store import load
from ...table import Table
from ..asking import allowed_rows, asked_vectors
from ..inputs import listed_rows
from ..options import Artifact, AsJson, Space
from ..output import Output


def search(
    artifact: Artifact,
    queries: Annotated[Path | None, typer.Option("--queries", metavar="FILE", help="Query (user) vectors: .npy, .npz, .parquet or .fvecs.")] = None,
    like: Annotated[list[str] | None, typer.Option("--like", metavar="ID", help="Instead of queries: rows like the row of this id; may be repeated.")] = None,
    k: Annotated[int, typer.Option("-k", help="How many rows for each query.", min=1)] = 10,
    exclude: Annotated[
        Path | None, typer.Option("--exclude", metavar="FILE", help="Events (user, item): what each query must not get; users are the ids of the queries.")
    ] = None,
    candidates: Annotated[
        Path | None, typer.Option("--candidates", metavar="FILE", help="Events (user, item): the only rows that each query may get, to be ranked.")
    ] = None,
    attributes: Annotated[
        Path | None, typer.Option("--attributes", metavar="FILE", help="Attributes of the rows, for --where: Parquet, CSV, TSV or .npz with a column of ids.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="CONDITION", help="Only rows whose attribute is so: category=a,b or adult!=1 or year>=1990; all hold where repeated."),
    ] = None,
    rerank: Annotated[Path | None, typer.Option("--rerank", metavar="ARTIFACT", help="A better artifact of the same rows, for a second look.")] = None,
    refine: Annotated[
        int | None, typer.Option("--refine", metavar="ROWS", help="Two-level codes: scan the coarse level, score so many by the whole row; approximate.", min=1)
    ] = None,
    probes: Annotated[
        int | None,
        typer.Option("--probes", metavar="LISTS", help="Look at so many lists of a partitioned artifact (`rankfold partition`); approximate.", min=1),
    ] = None,
    calibrated: Annotated[
        bool, typer.Option("--calibrated", help="Show probabilities (or restored scores) as `rankfold calibrate` fitted them; the order stays.")
    ] = False,
    space: Space = None,
    as_json: AsJson = False,
) -> None:
    """Rank the rows of an artifact for query vectors, or for its own rows.

    Prints one line per result: query id, item id, score, best first, tab-separated. Exact over the compressed rows, but with --refine and --probes; equal
    scores go by row number.
    Queries of another embedding space are refused where both spaces are named.
    """
    output = Output(as_json)
    table = load(artifact)
    if calibrated and (table.calibration is None or rerank is not None):
        raise InputError(f"calibrated: expected an artifact with a calibration, and no --rerank; run `rankfold calibrate` on {artifact} first.")
    asked, barred = asked_vectors(queries, like or [], table, space)
    seen = listed_rows(exclude, asked, table.ids)
    allow = allowed_rows(attributes, where or [], candidates, asked, table)
    searcher = _searcher(artifact, table, rerank, refine, probes)
    ranking = searcher.search(asked, min(k, table.count), exclude=seen if barred is None else barred if seen is None else barred.union(seen), allow=allow)
    scores = table.calibration.apply(ranking.scores) if calibrated and table.calibration is not None else ranking.scores
    ids = searcher.ids(ranking)
    results: list[dict[str, Any]] = []
    for row in range(asked.count):
        found = int((ranking.rows[row] >= 0).sum())
        results.append({"query": _plain(asked.ids[row]), "ids": [_plain(one) for one in ids[row, :found]], "scores": scores[row, :found]})
    for result in results:
        for one, score in zip(result["ids"], result["scores"], strict=True):
            output.line(f"{result['query']}\t{one}\t{score:.6g}")
    output.finish({"artifact": str(artifact), "k": k, "results": results})


def _searcher(artifact: Path, table: Table, rerank: Path | None, refine: int | None, probes: int | None) -> Searcher | PartitionSearcher:
    if probes is not None:
        if rerank is not None:
            raise InputError("probes: expected no --rerank beside it. Search in lists alone, or by all rows.")
        return PartitionSearcher(table, probes=probes, refine=refine)
    packed = packed_of(artifact, table, level="whole" if refine is None else "coarse")
    return Searcher(table, rerank=None if rerank is None else load(rerank), refine=refine, packed=packed)


def _plain(one_id: object) -> int | str:
    """An id for JSON: a number stays a number."""
    return as_text(one_id) if isinstance(one_id, bytes) else int(one_id)  # type: ignore[call-overload]

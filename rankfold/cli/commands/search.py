"""`rankfold search`: rank the rows of an artifact for query vectors."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ...arrays import as_text
from ...errors import InputError
from ...search import Searcher
from ...store import load
from ...vectors import read_vectors
from ..inputs import excluded_rows
from ..options import Artifact, AsJson, Space
from ..output import Output


def search(
    artifact: Artifact,
    queries: Annotated[Path, typer.Option("--queries", metavar="FILE", help="Query (user) vectors: .npy, .npz, .parquet or .fvecs.", show_default=False)],
    k: Annotated[int, typer.Option("-k", help="How many rows for each query.", min=1)] = 10,
    exclude: Annotated[
        Path | None, typer.Option("--exclude", metavar="FILE", help="Events (user, item): what each query must not get; users are the ids of the queries.")
    ] = None,
    rerank: Annotated[Path | None, typer.Option("--rerank", metavar="ARTIFACT", help="A better artifact of the same rows, for a second look.")] = None,
    refine: Annotated[
        int | None, typer.Option("--refine", metavar="ROWS", help="Two-level codes: scan the coarse level, score so many by the whole row; approximate.", min=1)
    ] = None,
    calibrated: Annotated[
        bool, typer.Option("--calibrated", help="Show probabilities (or restored scores) as `rankfold calibrate` fitted them; the order stays.")
    ] = False,
    space: Space = None,
    as_json: AsJson = False,
) -> None:
    """Rank the rows of an artifact for query vectors.

    Prints one line per result: query id, item id, score, best first, tab-separated. Exact over the compressed rows, but with --refine; equal scores go by
    row number.
    Queries of another embedding space are refused where both spaces are named.
    """
    output = Output(as_json)
    table = load(artifact)
    if calibrated and (table.calibration is None or rerank is not None):
        raise InputError(f"calibrated: expected an artifact with a calibration, and no --rerank; run `rankfold calibrate` on {artifact} first.")
    asked = read_vectors(queries, space=space, zero_rows="keep")
    searcher = Searcher(table, rerank=None if rerank is None else load(rerank), refine=refine)
    ranking = searcher.search(asked, min(k, table.count), exclude=excluded_rows(exclude, asked, table.ids))
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


def _plain(one_id: object) -> int | str:
    """An id for JSON: a number stays a number."""
    return as_text(one_id) if isinstance(one_id, bytes) else int(one_id)  # type: ignore[call-overload]

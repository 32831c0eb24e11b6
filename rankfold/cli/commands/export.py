"""`rankfold export`: the sparse codes of an artifact as files for another engine."""

from pathlib import Path
from typing import Annotated

import typer

from ...errors import InputError
from ...exchange.check import check as check_export
from ...exchange.check import check_runnable, missing
from ...exchange.contract import SIGNS
from ...exchange.engine import EXTRA
from ...exchange.export import export as write_export
from ...exchange.queries import FORMS
from ...exchange.registry import ENGINES, engine_named
from ...store import load
from ...vectors import read_vectors
from .. import render
from ..options import Artifact, AsJson, Seed, Space
from ..output import Output

HEADER = ("engine", "queries", "agreement", "bytes a row")


def export(
    artifact: Artifact,
    engine: Annotated[str, typer.Option("--to", metavar="|".join(ENGINES), help="The engine to write for.", show_default=False)],
    folder: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="The folder to make; it appears when it is whole.", show_default=False)],
    queries: Annotated[Path | None, typer.Option("--queries", metavar="FILE", help="Query (user) vectors to write in the same form.")] = None,
    query_form: Annotated[
        str,
        typer.Option(
            "--query-form",
            metavar="|".join(FORMS),
            help="projected: products with all atoms, ranks as `rankfold search` does; codes: coded as rows are, few terms, other lists.",
        ),
    ] = "projected",
    query_terms: Annotated[int | None, typer.Option("--query-terms", metavar="TERMS", help="Keep only the largest products; approximate.", min=1)] = None,
    signs: Annotated[
        str,
        typer.Option("--signs", metavar="|".join(SIGNS), help="auto: split each latent in two by sign where the engine holds no negative values."),
    ] = "auto",
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export in that folder.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Read the files back, and search them in the engine where it is installed here.")] = False,
    k: Annotated[int, typer.Option("-k", help="List length that --check compares.", min=1)] = 100,
    space: Space = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Write the sparse codes of an artifact for another engine, without loss.

    For codecs whose rows are sums of a few atoms of a dictionary. What the engine cannot hold is refused or changed, and said; --check measures how many of
    the exact lists of the same codes the engine returns.
    """
    output = Output(as_json)
    one = engine_named(engine)
    if queries is None and (query_form != "projected" or query_terms is not None):
        raise InputError("query_form, query_terms: got these without queries; expected --queries FILE with them.")
    if check:
        check_runnable(one)
    asked = None if queries is None else read_vectors(queries, space=space, zero_rows="keep")
    done = write_export(load(artifact), folder, engine, queries=asked, query_form=query_form, query_terms=query_terms, signs=signs, force=force)
    output.line(
        f"{done.path}: {render.count(done.rows.count)} rows of {done.rows.nonzeros / done.rows.count:.1f} values for {engine}, {done.signs}, "
        f"{done.row_bytes:.1f} bytes a row on disk."
    )
    if done.queries is not None:
        exact = "asked as they are" if done.exact else "positive terms only: lists change"
        output.line(f"{render.count(done.queries.count)} queries of {done.queries.nonzeros / done.queries.count:.1f} terms; {exact}.")
    for note in done.notes:
        output.note(note)
    found = []
    if check:
        packages = dict.fromkeys(local.package for local in missing(one))
        for package in packages:
            output.note(f'{package} is not installed, so nothing was searched in it. Install it with: pip install "rankfold[{EXTRA}]"')
        found = check_export(done, k=k, seed=seed)
        output.line("The files read back exactly." + ("" if one.local else f" No engine that reads {engine} runs from pip, so nothing was searched."))
        rows = [[each.version, str(each.agreement.n), f"{each.agreement.mean:.4f}", _bytes(each.row_bytes)] for each in found]
        for line in render.columns((*HEADER[:2], f"{HEADER[2]}@{found[0].k}", HEADER[3]), rows) if found else []:
            output.line(line)
    output.finish({"path": str(done.path), **done.to_dict(), "checked": [each.to_dict() for each in found] if check else None})


def _bytes(size: float | None) -> str:
    return "" if size is None else f"{size:.0f}"

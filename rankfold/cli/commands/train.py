"""`rankfold train`: an artifact of sparse codes whose dictionary was trained on all rows, with torch."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ...arrays import F32
from ...codec import describe
from ...codecs.sparse import Sparse
from ...compression import encode
from ...interactions import Interactions
from ...runtime import workers
from ...search import Rows
from ...store import save
from ...store.folder import check_root
from ...table import Table
from ...training.checks import Check
from ...training.recipe import Recipe, published
from ...training.sparse import train_sparse
from ...training.trainer import Trained
from ...vectors import Vectors
from .. import render
from ..inputs import read_events, read_items, read_users
from ..options import AsJson, Events, IdColumn, IdFile, Items, Seed, Space, Unknown, Users, VectorColumn, ZeroRows
from ..output import Output
from ..progress import shown

RECIPES = ("rankfold", "published")
HEADER = ("step", "loss", "dead", "entropy", "cosine", "agreement@10")


def train(
    items: Items,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Store folder: gets the artifact and makes it the current one.", show_default=False)
    ],
    row_bytes: Annotated[int | None, typer.Option("--bytes", metavar="N", help="Bytes a row.", min=1)] = None,
    nonzeros: Annotated[
        int | None, typer.Option("--nonzeros", metavar="K", help="Atoms of a row; as many as --bytes hold where only those are given.", min=1)
    ] = None,
    dictionary: Annotated[int | None, typer.Option("--dictionary", metavar="4096", help="Atoms of the dictionary.", min=2)] = None,
    encoder: Annotated[str, typer.Option("--encoder", metavar="omp|topk", help="Atoms of a row: searched for, or the largest scores.")] = "omp",
    recipe: Annotated[str, typer.Option("--recipe", metavar="|".join(RECIPES), help="published: CompresSAE as written, to compare with.")] = "rankfold",
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", help="Steps of training; 500 by default.", min=1)] = None,
    batch: Annotated[int | None, typer.Option("--batch", metavar="ROWS", help="Rows a step; 4,096 by default.", min=1)] = None,
    rate: Annotated[float | None, typer.Option("--rate", metavar="0.01", help="Length of steps.")] = None,
    rounds: Annotated[
        int | None, typer.Option("--rounds", metavar="N", help="With omp, of search and least squares after the steps; 4 by default, 0 for none.", min=0)
    ] = None,
    users: Users = None,
    interactions: Events = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FILE", help="Written on the way; training goes on from it where it is there.")
    ] = None,
    check_every: Annotated[int | None, typer.Option("--check-every", metavar="STEPS", help="A tenth of all steps by default.", min=1)] = None,
    device: Annotated[str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where to train.")] = "auto",
    precision: Annotated[str, typer.Option("--precision", metavar="auto|float32|bfloat16", help="Of matrix products.")] = "auto",
    unit: Annotated[bool, typer.Option("--unit", help="Normalise rows: rank by cosine.")] = False,
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    zero_rows: ZeroRows = "error",
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Train the dictionary of sparse codes on all rows, with torch.

    On a processor or a GPU; writes an artifact. Give --bytes or --nonzeros. With --users, what they score is to stay the same distribution, without what
    --interactions says they have already. Needs the extra `train`. RANKFOLD_WORKERS says how many threads. Rows are read where they lie, a pool at a time.
    """
    output = Output(as_json)
    how: Sparse = Sparse(bytes=row_bytes, nonzeros=nonzeros, dictionary=dictionary, encoder=encoder)  # type: ignore[call-arg]
    plan = _recipe(recipe, {"steps": steps, "batch": batch, "rate": rate, "rounds": rounds}, searched=encoder == "omp")
    if interactions is not None and users is None:
        raise typer.BadParameter("got it without --users; expected who took part in these events", param_hint="--interactions")
    check_root(out)
    begun = time.monotonic()
    with shown() as progress:
        vectors = read_items(items, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows=zero_rows)
        people = read_users(users, vectors)
        asked = _asked(people, read_events(interactions, people, vectors, unknown=unknown))
        where = {"device": device, "precision": precision, "check_every": check_every, "checkpoint": checkpoint, "threads": workers()}
        fitted, trained = train_sparse(vectors, how, recipe=plan, unit=unit, seed=seed, progress=progress, told=_teller(), **asked, **where)  # type: ignore[arg-type]
        table = encode(vectors, fitted, unit=unit, progress=progress)
    details = {"seed": seed, "recipe": plan.to_dict(), "check": trained.curve[-1].to_dict()}
    _show(output, table, trained, save(table, out, note="rankfold train", details=details), time.monotonic() - begun)


def _recipe(name: str, given: dict[str, int | float | None], *, searched: bool) -> Recipe:
    if name not in RECIPES:
        raise typer.BadParameter(f"got {name!r}; expected {' or '.join(RECIPES)}", param_hint="--recipe")
    changes = {setting: value for setting, value in given.items() if value is not None}
    return replace(published() if name == "published" else Recipe(nested=searched), **changes)  # type: ignore[arg-type]


def _asked(people: Vectors | None, events: Interactions | None) -> dict[str, F32 | Rows | None]:
    """Who asks, and what they have already."""
    if people is None:
        return {}
    return {"queries": people.read(), "seen": None if events is None else Rows.from_pairs(events.user, events.item, people.count)}


def _teller() -> Callable[[Check], None]:
    """A line a check on stderr, where that is a terminal."""
    if not sys.stderr.isatty():
        return lambda one: None
    widths = [max(8, len(title)) for title in HEADER]
    sys.stderr.write("  ".join(title.rjust(width) for title, width in zip(HEADER, widths, strict=True)) + "\n")

    def tell(one: Check) -> None:
        sys.stderr.write("  ".join(cell.rjust(width) for cell, width in zip(_cells(one), widths, strict=True)) + "\n")

    return tell


def _cells(one: Check) -> list[str]:
    return [str(one.step), f"{one.loss:.4f}", f"{100 * one.dead:.1f} %", f"{one.entropy:.2f}", f"{one.cosine:.4f}", f"{one.agreement:.3f}"]


def _show(output: Output, table: Table, trained: Trained, artifact: Path, spent: float) -> None:
    (segment,) = table.segments
    last = trained.curve[-1]
    left = f"; {render.count(trained.zero_rows)} rows of zeros left out" if trained.zero_rows else ""
    output.line(f"Trained {len(trained.atoms):,} atoms on {render.count(trained.rows)} rows in {last.step} steps{left}.")
    output.line("")
    for line in render.columns(list(HEADER), [_cells(one) for one in trained.curve]):
        output.line(line)
    output.line("")
    output.line("dead: latents no row used since the last check; entropy: of their use, in bits; cosine and agreement: of rows held out, largest scores.")
    _show_rounds(output, trained)
    size = segment.codec.row_bytes(table.dim)
    output.line(f"{describe(segment.codec)}: {render.row_size(size)} a row; {render.seconds(spent)}")
    output.line(f"wrote {artifact}")
    document = {
        "artifact": artifact,
        "codec": describe(segment.codec),
        "row_bytes": size,
        "rows": table.count,
        "trained_rows": trained.rows,
        "zero_rows": trained.zero_rows,
        "curve": [one.to_dict() for one in trained.curve],
        "rounds": [one.to_dict() for one in trained.rounds],
        "seconds": spent,
    }
    output.finish(document)


def _show_rounds(output: Output, trained: Trained) -> None:
    """What search came to before and after its rounds, and which dictionary was kept."""
    if not trained.rounds:
        return
    output.line("")
    cells = [[str(one.number), f"{one.cosine:.4f}", f"{one.agreement:.3f}", "kept" if one.kept else ""] for one in trained.rounds]
    for line in render.columns(["round", "cosine", "agreement@10", ""], cells):
        output.line(line)
    output.line("")
    output.line("round: of search and least squares after the steps; cosine and agreement: of rows held out, coded by search.")

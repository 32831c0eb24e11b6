"""`rankfold calibrate`: a map from the scores of an artifact to probabilities, fitted, measured on other users, and stored with it."""

from pathlib import Path
from typing import Annotated, Literal, cast

import numpy as np
import typer

from ...calibration import KINDS
from ...errors import InputError
from ...store import load, read_manifest, save
from ...store.folder import check_root, resolve
from ...table import Table
from ...tune.calibration import BEFORE, RAW, REFIT, STALE, Calibrated
from ...tune.calibration import calibrate as fit
from ...vectors import Vectors
from .. import render, sections
from ..inputs import read_events, read_items, read_names, read_users
from ..judging import in_table_order
from ..options import Artifact, AsJson, Events, IdColumn, IdFile, Seed, Space, Unknown, Users, VectorColumn
from ..output import Output
from ..progress import shown


def calibrate(
    artifact: Artifact,
    against: Annotated[Path, typer.Option("--against", metavar="FILE", help="The uncompressed vectors, the same ids.", show_default=False)],
    users: Users = None,
    interactions: Events = None,
    kind: Annotated[str, typer.Option("--kind", metavar="isotonic|temperature|linear", help="The form of the map; linear: scale and offset.")] = "isotonic",
    groups: Annotated[
        Path | None, typer.Option("--groups", metavar="FILE", help="A map for each group: the group's name of each user (or item of --against), one a line.")
    ] = None,
    groups_of: Annotated[str, typer.Option("--groups-of", metavar="users|items", help="Whose groups. Maps by item can turn the order of a list.")] = "users",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where to write; else beside the artifact, as the current one.")] = None,
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Fit probabilities to the scores of an artifact.

    The maps are stored with it, as a new artifact that becomes the current one.

    With --interactions: the chance that a shown item is among what the user took next. Without: the scores of the uncompressed vectors, restored.
    Fitted on one half of the users and measured on the other: raw scores, the map of the uncompressed scores (stale), and the fresh one.
    `rankfold search --calibrated` shows the result; the order of results stays.
    """
    output = Output(as_json)
    if kind not in KINDS:
        raise typer.BadParameter(f"got {kind!r}; expected isotonic, temperature, or linear, which is scale and offset", param_hint="--kind")
    if groups_of not in ("users", "items"):
        raise typer.BadParameter(f"got {groups_of!r}; expected users or items", param_hint="--groups-of")
    if users is None:
        raise InputError("users: got none; expected the user vectors: a calibration is fitted on what users are shown. Give --users.")
    if out is not None:
        check_root(out)
    with shown() as progress:
        table = load(artifact)
        given = read_items(against, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows="keep")
        vectors = in_table_order(table, given)
        people = read_users(users, vectors)
        events = read_events(interactions, people, vectors, unknown=unknown)
        names = None if groups is None else _names(groups, table if groups_of == "items" else None, given)
        done = fit(
            table,
            vectors,
            people.read(),  # type: ignore[union-attr]
            events,
            kind=cast(Literal["isotonic", "temperature", "linear"], kind),
            user_groups=names if groups_of == "users" else None,
            item_groups=names if groups_of == "items" else None,
            seed=seed,
            progress=progress,
        )
        path = _publish(artifact, out, done, kind, seed)
    for line in [*sections.measure_lines(done.measures()), *_said(done), f"wrote {path} ({render.size(done.calibration.nbytes)} of maps)"]:
        output.line(line)
    document = {"artifact": str(path), "calibration": done.calibration.entry(), "bytes": done.calibration.nbytes, "users": done.users}
    output.finish(document | {"errors": done.errors, "groups": done.groups})


def _names(groups: Path, table: Table | None, given: Vectors) -> list[str]:
    """The group of each user or, with a table, of each of its rows: the file has those in the order of the vectors given, a tiered table in another."""
    names = read_names(groups, "groups")
    return names if table is None or len(names) != given.count else [names[row] for row in np.argsort(table.row_of(given.ids))]


def _said(done: Calibrated) -> list[str]:
    """What the figures mean, in a sentence."""
    if STALE not in done.errors:
        return [f"  bias of the scores: {done.errors[RAW].ece:.5f} as they are, {done.errors[REFIT].ece:.5f} restored"]
    before, stale, fresh = (done.errors[name].ece for name in (BEFORE, STALE, REFIT))
    said = [f"  ECE {before:.5f} before compression, {stale:.5f} after it with the old map, {fresh:.5f} with the new one"]
    if fresh > stale:
        said.append("  note: the new map is no better than the old one on these users; compression did not move the scores, or there are too few users")
    return said


def _publish(artifact: Path, out: Path | None, done: Calibrated, kind: str, seed: int) -> Path:
    made = read_manifest(artifact).made
    details = {**cast(dict, made["details"]), "calibration": {"kind": kind, "seed": seed}}
    return save(done.table, resolve(artifact).parent if out is None else out, note=str(made["note"]), details=details)

"""What compress, evaluate and calibrate share: the evidence from the files given, what it is in words, and the report of one section."""

import os
import platform
from collections.abc import Mapping, Sequence

import numpy as np

from .. import kernels, runtime
from ..errors import InputError
from ..explain import has_latents
from ..interactions import Interactions
from ..progress import Progress
from ..report import Section
from ..report.content import Latents
from ..report.latents import latent_content
from ..table import Table, check_space
from ..tune.evidence import Evidence, item_evidence, user_evidence
from ..vectors import Vectors
from .inputs import leaks_of
from .machine import processor
from .main import VERSION


def gather(
    vectors: Vectors,
    users: Vectors | None,
    events: Interactions | None,
    *,
    groups: Mapping[str, np.ndarray] | None = None,
    unit: bool,
    seed: int,
    progress: Progress,
) -> Evidence:
    """Users and events when they are given, else the rows' own neighbours; groups: of users, as masks. Raises InputError for events without users."""
    if events is not None and users is None:
        raise InputError("interactions: given without --users; expected the user vectors too: losses are measured on the lists of users.")
    progress("rank exactly", 0, 1)
    found = item_evidence(vectors, seed=seed, unit=unit) if users is None else user_evidence(vectors, users, events, groups=groups, seed=seed, unit=unit)
    progress("rank exactly", 1, 1)
    return found


def about(evidence: Evidence, *, chosen: bool) -> str:
    """What the figures were measured on, in one sentence."""
    judged, chooser = evidence.report.baseline.count, evidence.choose.baseline.count
    kind = (
        "users, by what they took next"
        if evidence.judged
        else "users, against their exact lists"
        if evidence.weight is not None
        else "rows searching for their neighbours"
    )
    how = "cosine" if evidence.unit else "inner product"
    return f"Measured on {judged:,} {kind}; {how}." + (f" Codecs were chosen on {chooser:,} others." if chosen else "")


def notes(events: Interactions | None) -> list[str]:
    """What a reader should know about the files given."""
    if events is None:
        return []
    said = [f"{events.dropped:,} events were left out: their user or item is not in the vectors."] if events.dropped else []
    leaks = leaks_of(events)
    if leaks is not None and leaks.copies:
        said.append(f"{leaks.copies:,} of {leaks.test:,} test events are of a user and item that are in training too; they are not asked for.")
    return said


def content_of(section: Section, *, seed: int, command: str, again: str | None = None) -> dict:
    """A whole report of one section, with what it takes to make it again; again: the command that makes the artifact alone, from a recipe."""
    here = {"Python": platform.python_version(), "NumPy": np.__version__, "processor": f"{processor()}, {os.cpu_count()} cores"}
    return {
        "title": f"rankfold: {section['name']}",
        "made_with": {"rankfold": VERSION, **here, "kernels": kernels.level(), "workers": runtime.workers(), "seed": seed},
        "sections": [section],
        "reproduce": [command, *([] if again is None else [again])],
    }


def latents_of(table: Table, vectors: Vectors, evidence: Evidence, titles: Sequence[str] | None = None) -> Latents | None:
    """What the latents of a table of these vectors stand for, for its section of a report; None where its rows have none. titles: one for each of its rows."""
    if not has_latents(table):
        return None
    # Without interactions, what stands for popularity is how often rows are near others.
    events = evidence.report.task.events(vectors.count) if evidence.judged else None
    popularity = None if events is None or not events.any() else events[np.argsort(table.row_of(vectors.ids))]
    return latent_content(table, titles, popularity)


def in_table_order(table: Table, vectors: Vectors) -> Vectors:
    """The vectors that the table was made from, in the order of its rows, which in a tiered table is another one. Raises InputError for other vectors."""
    if table.count_alive != table.count:
        raise InputError(
            f"artifact: {table.count - table.count_alive} of its {table.count} rows were removed, and would count as lost; expected none. "
            "Save table.compact() and give the vectors of the rows that are left."
        )
    if table.dim != vectors.dim or table.count != vectors.count:
        raise InputError(f"against: got {vectors.count} rows x {vectors.dim} dimensions; expected {table.count} x {table.dim}, as the artifact has.")
    check_space(vectors.space, table.space, "against")
    if table.ids.dtype.kind == vectors.ids.dtype.kind and np.array_equal(table.ids, vectors.ids):
        return vectors
    rows = table.row_of(vectors.ids) if table.ids.dtype.kind == vectors.ids.dtype.kind else np.full(vectors.count, -1)
    if (rows < 0).any():
        row = int(np.flatnonzero(rows < 0)[0])
        raise InputError(f"against: the id of row {row} is not in the artifact; expected the ids that it has. Give the same --ids or --id-column.")
    return vectors.arranged(np.argsort(rows))

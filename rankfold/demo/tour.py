"""The tour: both bundled data sets at four sizes, the choice at each, neighbours before and after, and the report."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np

from .. import kernels
from ..codec import Codec
from ..errors import ArtifactError
from ..evaluate.exact import ExactSearcher
from ..progress import Progress, silent
from ..report import ReportContent, Section, write_report
from ..report.sections import section
from ..search import Rows, Searcher
from ..table import Table
from ..tune.choose import Choice, choose
from ..tune.evidence import Evidence, item_evidence, user_evidence
from ..tune.measure import Point
from ..tune.shortlist import shortlist
from ..vectors import Vectors, as_vectors
from .datasets import load_artworks, load_packages

SIZES = (8, 16, 32, 64)
PAGE = "report.html"
USERS_A_HALF = 1_500
ITEM_QUERIES = 600
LIST_LENGTH = 5
SHOWN_WORKS = 4
# The size whose choice is the section's, and whose neighbours are shown.
SHOWN_BYTES = 32
# The tour has a minute for everything.
QUICK_DIM = 256


def run(out: Path, progress: Progress = silent, *, seed: int = 0) -> ReportContent:
    """Compress and measure the bundled data, write `out`/report.html and report.json, and return what they say. Raises ArtifactError when out is no folder."""
    out = Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"out: cannot make the folder {out} ({error.strerror}). Give another one with --out.") from error
    content: ReportContent = {
        "title": "rankfold on its bundled data",
        "made_with": made_with(seed),
        "sections": [packages_section(seed, progress), artworks_section(seed, progress)],
        "reproduce": ["make demo", f"rankfold demo --out {out.name}"],
    }
    write_report(content, out / PAGE)
    return content


def made_with(seed: int) -> dict[str, str | int | float]:
    """What a reader needs to repeat the figures."""
    return {
        "rankfold": version("rankfold"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "kernels": kernels.level(),
        "machine": platform.machine(),
        "cores": os.cpu_count() or 1,
        "seed": seed,
    }


def packages_section(seed: int, progress: Progress) -> Section:
    """Debian packages recommending what they depend on: inner products, uneven norms, real held-out interactions."""
    data = load_packages()
    items = as_vectors(data.items.read(), space=data.items.space)
    evidence = user_evidence(items, data.users, data.interactions, fitting=data.fitting, sample=USERS_A_HALF, seed=seed)
    choices = at_each_size(items, evidence, norms_vary=True, seed=seed, progress=stage(progress, "packages"))
    return section(
        "Debian packages",
        "ALS vectors of 5,053 packages that others depend on, scored by inner product for packages as users. Half of the users give the exposure weights and "
        "choose the codec; every figure is from the other half, on dependencies that neither the vectors nor the choice have seen.",
        rows=items.count,
        dim=items.dim,
        evidence=evidence,
        points=every_point(choices),
        choice=choices[SHOWN_BYTES],
        notes=[chosen_line(choices)],
    )


def artworks_section(seed: int, progress: Progress) -> Section:
    """Art works of the Tate collection: unit text vectors, item to item."""
    data = load_artworks()
    items = as_vectors(data.items.read(), space=data.items.space)
    evidence = item_evidence(items, queries=ITEM_QUERIES, seed=seed, unit=True)
    choices = at_each_size(items, evidence, norms_vary=False, seed=seed, progress=stage(progress, "art works"))
    titles = [f"{title} ({artist})" for title, artist in zip(data.titles, data.artists, strict=True)]
    return section(
        "Art works of the Tate",
        "Sentence vectors of 10,000 art works, nearest by cosine. One half of the query works chooses the codec, the other gives the figures.",
        rows=items.count,
        dim=items.dim,
        evidence=evidence,
        points=every_point(choices),
        choice=choices[SHOWN_BYTES],
        neighbours=neighbours(items, choices[SHOWN_BYTES].table, data.named[:SHOWN_WORKS], titles),
        notes=[chosen_line(choices)],
    )


def at_each_size(vectors: Vectors, evidence: Evidence, *, norms_vary: bool, seed: int, progress: Progress) -> dict[int, Choice]:
    """The choice at each of the four sizes."""
    choices = {}
    for place, size in enumerate(SIZES):
        codecs = [how for how in shortlist(vectors.dim, size, rows=vectors.count, norms_vary=norms_vary) if is_quick(how, vectors.dim)]
        choices[size] = choose(vectors, codecs, evidence, weight=evidence.weight, seed=seed)
        progress("measure", place + 1, len(SIZES))
    return choices


def is_quick(how: Codec, dim: int) -> bool:
    """Whether a codec is fitted in a few seconds: learned rotations of many dimensions are not, and stay out of the tour."""
    return dim <= QUICK_DIM or getattr(how, "rotation", "none") != "learned"


def every_point(choices: dict[int, Choice]) -> list[Point]:
    """All measured points, each codec once, small rows first."""
    points = {point.name: point for size in choices for point in choices[size].points}
    return sorted(points.values(), key=lambda point: point.row_bytes)


def chosen_line(choices: dict[int, Choice]) -> str:
    """One sentence that says what was chosen at each size."""
    return "Chosen at each size: " + "; ".join(f"{size} bytes a row: {choice.best.name}" for size, choice in choices.items()) + "."


def neighbours(vectors: Vectors, table: Table, rows: np.ndarray, names: Sequence[str]) -> list[dict]:
    """The nearest items of a few named ones, by the original vectors and by the compressed ones, as text."""
    queries = vectors.subset(np.asarray(rows)).read()
    own = Rows.from_pairs(np.arange(len(rows)), np.asarray(rows), len(rows))
    exact = ExactSearcher(vectors).search(queries, LIST_LENGTH, exclude=own)
    found = Searcher(table).search(queries, LIST_LENGTH, exclude=own)
    return [
        {
            "item": names[row],
            "before": [names[other] for other in exact.rows[place] if other >= 0],
            "after": [names[other] for other in found.rows[place] if other >= 0],
        }
        for place, row in enumerate(rows)
    ]


def stage(progress: Progress, name: str) -> Progress:
    """The same progress under another name."""
    return lambda _stage, done, total: progress(name, done, total)

"""Choose: compress with every codec of a list, judge them on one half of the queries, report the best on the other."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..arrays import F32
from ..codec import Codec
from ..compression import compress
from ..errors import InputError
from ..progress import Progress, silent
from ..table import Table
from ..vectors import Vectors
from .evidence import Evidence
from .measure import Point, measure

# Losses closer than this cannot be told apart on a few thousand users; then fidelity decides, which is measured far more finely.
SAME_LOSS = 0.005
OUTWEIGHED = "its codebooks outweigh its codes at this number of rows"


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """best: the chosen codec, measured on the reporting half. points: every codec on the reporting half. table: the compressed table. why: one sentence."""

    best: Point
    points: tuple[Point, ...]
    table: Table
    why: str


def choose(vectors: Vectors, codecs: Sequence[Codec], evidence: Evidence, *, weight: F32 | None = None, seed: int = 0, progress: Progress = silent) -> Choice:
    """The codec of `codecs` that loses least.

    The lowest drop of the evidence's metric on the choosing half wins; drops within 0.5 % of it count as equal, and then the higher overlap with the exact
    lists wins. Codecs whose codebooks outweigh their codes at this number of rows are measured, but chosen only when there is no other.
    Every figure of the returned points is from the reporting half. Raises InputError for no codec, and what `compress` raises.
    """
    if not codecs:
        raise InputError("codecs: got none; expected at least one.")
    tried: list[tuple[Point, Point, Table]] = []
    for number, how in enumerate(codecs):
        progress("try codecs", number, len(codecs))
        start = time.perf_counter()
        table = compress(vectors, how, weight=weight, unit=evidence.unit, seed=seed)
        fit_s = time.perf_counter() - start
        judged, reported = (measure(table, evidence, half, fit_s=fit_s, seed=seed) for half in (evidence.choose, evidence.report))
        tried.append((judged, replace(reported, note=OUTWEIGHED if outweighed(table) else ""), table))
    progress("try codecs", len(codecs), len(codecs))
    place = best_of([judged for judged, _, _ in tried], [outweighed(table) for _, _, table in tried])
    return Choice(tried[place][1], tuple(reported for _, reported, _ in tried), tried[place][2], _why(evidence, len(tried)))


def outweighed(table: Table) -> bool:
    """Whether the codebooks take more bytes than the codes and scales that need them."""
    parts = table.parts()
    return parts["codebooks"] > parts["codes"] + parts["scales"]


def best_of(points: Sequence[Point], outweighed: Sequence[bool]) -> int:
    """The place of the best point; see `choose`."""
    open_places = [place for place, heavy in enumerate(outweighed) if not heavy] or list(range(len(points)))
    if points[0].loss is not None:
        lowest = min(drop_of(points[place]) for place in open_places)
        open_places = [place for place in open_places if drop_of(points[place]) <= lowest + SAME_LOSS]
    return max(open_places, key=lambda place: (fidelity_of(points[place]), -points[place].total_row_bytes, -place))


def drop_of(point: Point) -> float:
    """Relative drop of the metric; infinite when it is not known, so that such a point never wins."""
    return point.loss.drop if point.loss is not None and point.loss.is_known else float("inf")


def fidelity_of(point: Point) -> float:
    """Overlap with the exact lists at 10 when quality is judged, else at the evidence's depth."""
    return point.fidelity["overlap@10" if point.loss is not None else point.metric].mean


def _why(evidence: Evidence, count: int) -> str:
    if evidence.judged:
        return f"Least loss of {evidence.metric} among {count} codecs on users kept apart from these figures; between equal losses, the most faithful lists."
    return f"Highest {evidence.metric} with the exact lists among {count} codecs, on queries kept apart from these figures."

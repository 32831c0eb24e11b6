"""Choose: compress with every codec of a list, judge them on one half of the queries, report the best on the other."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..arrays import F32
from ..codec import Codec
from ..compression import compress
from ..errors import InputError
from ..evaluate.measure import evaluate
from ..progress import Progress, silent
from ..runtime import workers
from ..search import Searcher
from ..table import Table
from ..vectors import Vectors
from .evidence import FIDELITY, QUALITY, Evidence
from .measure import Point, measure, scan_ms

# Losses closer than this cannot be told apart on a few thousand users; then fidelity decides, which is measured far more finely.
SAME_LOSS = 0.005
# What a codec must win by whose codebooks outweigh its codes.
HEAVY_DROP = 0.02
HEAVY_OVERLAP = 0.05
OUTWEIGHED = "its codebooks outweigh its codes at this number of rows"


class Judgement(NamedTuple):
    """What the choice goes by: relative drop of the metric (None without a known quality), overlap with the exact lists, bytes a row in all, outweighed."""

    drop: float | None
    overlap: float
    total_row_bytes: float
    outweighed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """best: the chosen codec, measured on the reporting half. points: every codec on the reporting half. table: the compressed table. why: one sentence."""

    best: Point
    points: tuple[Point, ...]
    table: Table
    why: str


def choose(
    vectors: Vectors,
    codecs: Sequence[Codec],
    evidence: Evidence,
    *,
    weight: F32 | None = None,
    queries: F32 | Vectors | None = None,
    fallback: bool | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Choice:
    """The codec of `codecs` that loses least.

    The lowest drop of the evidence's metric on the choosing half wins; drops within 0.5 % of it count as equal, and then the higher overlap with the exact
    lists wins. Codecs whose codebooks outweigh their codes at this number of rows must earn it: by 2 % less loss, or 5 points more overlap.
    Every figure of the returned points is from the reporting half. Every tried table stays in memory until the choice is made.
    queries: as in `compress`; never those of the reporting half. fallback: as in `compress`; by default fits are compared with each other alone.
    Raises InputError for no codec, and what `compress` raises.
    """
    if not codecs:
        raise InputError("codecs: got none; expected at least one.")
    tried = _all_tried(vectors, codecs, evidence, progress, weight=weight, queries=queries, fallback=fallback, seed=seed)
    # Timed one after the other: threads beside each other would be timed too.
    points = tuple(replace(one.point, scan_ms=scan_ms(one.table, evidence.report)) for one in tried)
    place = best_of([one.judgement for one in tried])
    return Choice(points[place], points, tried[place].table, _why(evidence, len(codecs)))


class Tried(NamedTuple):
    """One codec: its table, what the choosing half says, what the reporting half says."""

    table: Table
    judgement: Judgement
    point: Point


def _all_tried(vectors: Vectors, codecs: Sequence[Codec], evidence: Evidence, progress: Progress, **how_to_fit: Any) -> list[Tried]:
    """Every codec in the order given, tried on as many threads as there are workers; each one's result is the same on any number of them."""
    progress("try codecs", 0, len(codecs))
    pool = ThreadPoolExecutor(min(workers(), len(codecs)))
    try:
        futures = [pool.submit(_try, vectors, how, evidence, **how_to_fit) for how in codecs]
        for done, _ in enumerate(as_completed(futures), start=1):
            progress("try codecs", done, len(codecs))
        found = [future.result() for future in futures]
    except BaseException as error:
        # A fit cannot be stopped from outside; who interrupts does not wait for it.
        pool.shutdown(wait=not isinstance(error, KeyboardInterrupt), cancel_futures=True)
        raise
    pool.shutdown()
    return found


def _try(vectors: Vectors, how: Codec, evidence: Evidence, *, weight: F32 | None, queries: F32 | Vectors | None, fallback: bool | None, seed: int) -> Tried:
    start = time.thread_time()
    table = compress(vectors, how, weight=weight, queries=queries, unit=evidence.unit, fallback=fallback, seed=seed)
    fit_s = time.thread_time() - start
    judgement = judge(table, evidence)
    point = measure(table, evidence, evidence.report, fit_s=fit_s, seed=seed, workers=1, timed=False)
    return Tried(table, judgement, replace(point, note=OUTWEIGHED if judgement.outweighed else ""))


def judge(table: Table, evidence: Evidence) -> Judgement:
    """What the choosing half says of a table."""
    half = evidence.choose
    depth_metric = evidence.metric.replace("overlap", "recall")
    metrics = [QUALITY, FIDELITY] if evidence.judged else [depth_metric]
    after = evaluate(Searcher(table, workers=1), half.task, metrics=metrics, baseline=half.baseline)
    agreement = {} if after.fidelity is None else after.fidelity.means()
    if not evidence.judged:
        return Judgement(None, agreement[evidence.metric].mean, table.nbytes / table.count, outweighed(table))
    before = float(half.baseline.values[QUALITY].mean())
    drop = 1 - float(after.values[QUALITY].mean()) / before if before > 0 else 0.0
    return Judgement(drop, agreement["overlap@10"].mean, table.nbytes / table.count, outweighed(table))


def outweighed(table: Table) -> bool:
    """Whether the codebooks take more bytes than the codes and scales that need them."""
    parts = table.parts()
    return parts["codebooks"] > parts["codes"] + parts["scales"]


def best_of(judgements: Sequence[Judgement]) -> int:
    """The place of the best; see `choose`."""
    drops = [0.0 if one.drop is None else one.drop + HEAVY_DROP * one.outweighed for one in judgements]
    overlaps = [one.overlap - HEAVY_OVERLAP * one.outweighed for one in judgements]
    places = [place for place, drop in enumerate(drops) if drop <= min(drops) + SAME_LOSS]
    return max(places, key=lambda place: (overlaps[place], -judgements[place].total_row_bytes, -place))


def _why(evidence: Evidence, count: int) -> str:
    if evidence.judged:
        return f"Least loss of {evidence.metric} among {count} codecs on users kept apart from these figures; between equal losses, the most faithful lists."
    return f"Highest {evidence.metric} with the exact lists among {count} codecs, on queries kept apart from these figures."

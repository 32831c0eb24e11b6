"""What a coded set kept: agreement with exact lists, ranking quality lost with its interval, popularity buckets, precision by exposure decile."""

from dataclasses import dataclass

import numpy as np

from rankfold.arrays import F32, unit_rows
from rankfold.evaluate import Report, compare, compare_parts, evaluate
from rankfold.evaluate.buckets import popularity_buckets
from rankfold.evaluate.fidelity import overlap
from rankfold.evaluate.intervals import mean_of

from .coded import Coded
from .forms import searcher_of
from .sets import DEPTH, METRICS, Asked, FrontierSet, Judged

DECILES = 10
# Of buckets the drop itself is used; its interval is a hint.
BUCKET_DRAWS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """figures: JSON-ready. values: one number a query, float64 (q,): agreement@100 of text, NDCG@10 of factors; what two methods are compared by."""

    figures: dict[str, object]
    values: np.ndarray


def measure(frontier_set: FrontierSet, coded: Coded) -> Measured:
    """Ask the questions of the set."""
    if isinstance(frontier_set.question, Asked):
        return _neighbours(frontier_set, frontier_set.question, coded)
    return _lists(frontier_set, frontier_set.question, coded)


def _neighbours(frontier_set: FrontierSet, question: Asked, coded: Coded) -> Measured:
    items = frontier_set.items
    found = searcher_of(coded, len(items)).search(items[question.asked], DEPTH, exclude=question.themselves).rows
    shares = {k: overlap(found[:, :k], question.exact[:, :k]) for k in (10, DEPTH)}
    figures: dict[str, object] = {f"agreement@{k}": mean_of(share).to_dict() for k, share in shares.items()}
    if coded.decoded is not None:
        figures["cosine"] = float(cosines(items, coded.decoded).mean())
    return Measured(figures, shares[DEPTH])


def _lists(frontier_set: FrontierSet, question: Judged, coded: Coded) -> Measured:
    before, items = question.baseline, frontier_set.items
    after = evaluate(searcher_of(coded, len(items)), question.task, metrics=METRICS, baseline=before)
    losses, parts = compare(before, after), compare_parts(before, after, draws=BUCKET_DRAWS)
    agreement = after.fidelity.means()
    hits = bucket_hits(before, question.task.relevant, question.task.events(len(items)))
    figures: dict[str, object] = {name: losses[name].to_dict() for name in ("ndcg@10", "recall@10")}
    figures |= {name: agreement[name].to_dict() for name in ("overlap@10", "overlap@100")}
    figures["buckets"] = {name: {"recall@10": parts[name]["recall@10"].to_dict(), "baseline_hits": hits[name]} for name in after.buckets}
    if coded.decoded is not None:
        figures["cosine_by_exposure"] = by_decile(question.weight, cosines(items, coded.decoded))
    return Measured(figures, after.values["ndcg@10"])


def bucket_hits(report: Report, relevant: object, events: np.ndarray) -> dict[str, int]:
    """How many of the hits in the report's first ten places are rows of each popularity bucket: what a bucket's loss rests on."""
    buckets = popularity_buckets(events)
    rows = report.ranking.rows[:, :10]
    hits = relevant.holds(rows)
    counts = np.bincount(buckets.number[rows[hits]], minlength=len(buckets.names))
    return dict(zip(buckets.names, counts.tolist(), strict=True))


def cosines(x: F32, decoded: F32) -> np.ndarray:
    """Cosine of every row (n, d) with its decoded form, (n,)."""
    return np.einsum("nd,nd->n", unit_rows(x), unit_rows(decoded))


def by_decile(exposure: np.ndarray, kept: np.ndarray) -> list[float]:
    """Mean of `kept` (n,) over tenths of the rows, the least exposed first."""
    order = np.argsort(exposure, kind="stable")
    return [round(float(kept[part].mean()), 5) for part in np.array_split(order, DECILES)]

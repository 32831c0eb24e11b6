"""Evaluate: rank the whole catalogue for every query of a task, seen rows masked, and judge the lists."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..arrays import F32
from ..errors import InputError
from ..search.ranking import Ranking
from ..search.rows import Rows
from ..vectors import Vectors
from .buckets import Buckets, popularity_buckets
from .exact import ExactSearcher
from .fidelity import fidelity
from .intervals import percentiles, resampled_means
from .metrics import METRICS, coverage, per_query
from .ownmetric import Metric, sort_metrics
from .popularity import PopularitySearcher
from .report import BucketReport, Finding, Report
from .task import Task

DEFAULT_METRICS = (*(f"{kind}@10" for kind in METRICS), "recall@100")
DRAWS = 2_000


class Searches(Protocol):
    """Anything that ranks `count` rows: Searcher, ExactSearcher, PopularitySearcher, or a searcher of your own."""

    @property
    def count(self) -> int:
        """How many rows there are to rank."""
        ...

    def search(self, queries: F32, k: int, *, exclude: Rows | None = None, allow: np.ndarray | None = None) -> Ranking:
        """The k best rows of every query, best first, without those of `exclude`."""
        ...


def evaluate(searcher: Searches, task: Task, *, metrics: Sequence[str | Metric] = DEFAULT_METRICS, baseline: Report | None = None) -> Report:
    """Judge a searcher on a task by full-catalogue rankings.

    metrics: names such as "ndcg@10" (kinds are ndcg, recall, precision, hit, mrr and map), and metrics of your own (see `Metric`). Queries without a
    relevant row are left out and counted.
    baseline: report of the uncompressed vectors on this task (see `baseline`); with it the report has fidelity, at every depth of the metrics that both hold.
    Raises InputError when no query has a relevant row, rows are beyond the catalogue, the baseline is of another task, or the searcher returns rows that it
    must not (seen, repeated or unknown ones).
    """
    wanted, own = sort_metrics(metrics)
    depths = sorted({k for _, k in wanted.values()} | {metric.k for metric in own.values()})
    task.relevant.check_below(searcher.count, "relevant")
    able = task.answerable()
    if not able.size:
        raise InputError("task: no query has a relevant row; expected at least one. Was the split empty, or were all held-out rows seen before?")
    digest = task.digest()
    if baseline is not None and baseline.task != digest:
        raise InputError("baseline: was measured on another task; expected the same queries, relevant and seen rows. Evaluate both on one Task.")
    judged = task if able.size == task.count else task.take(able)
    ranking = searcher.search(judged.queries, depths[-1], exclude=judged.seen)
    _check_ranking(ranking, judged, searcher.count, depths[-1])
    hits, relevant = judged.relevant.holds(ranking.rows), judged.relevant.lengths()
    values = {name: per_query(kind, k, hits, relevant) for name, (kind, k) in wanted.items()}
    values.update({name: metric.per_query(ranking.rows, judged.relevant) for name, metric in own.items()})
    events = task.events(searcher.count)
    findings = []
    if events is None:
        findings.append(Finding("no-buckets", "Neither popularity nor seen rows are known: no popularity buckets. A mean can hide what happens to rare items."))
    agreement = None
    if baseline is not None:
        shared = [k for k in depths if k <= baseline.ranking.k]
        agreement = fidelity(ranking, baseline.ranking, depths=shared) if shared else None
    return Report(
        task=digest,
        queries=able,
        left_out=task.count - able.size,
        values=values,
        coverage={f"coverage@{k}": coverage(ranking.rows, k, searcher.count) for k in depths},
        groups=judged.groups,
        buckets={} if events is None else _bucket_reports(popularity_buckets(events), judged, ranking, hits, depths),
        ranking=ranking,
        fidelity=agreement,
        findings=tuple(findings),
    )


def baseline(
    vectors: Vectors, task: Task, *, metrics: Sequence[str | Metric] = DEFAULT_METRICS, unit: bool = False, draws: int = DRAWS, seed: int = 0
) -> Report:
    """The report of the uncompressed vectors (inner products of float32 rows; unit: cosine), checked against plain popularity.

    The finding "weak-teacher" says that popularity is as good or better on some metric, as far as these queries can tell (95 % paired interval): losses against
    such a baseline mean little. Raises InputError, as `evaluate`.
    """
    exact = evaluate(ExactSearcher(vectors, unit=unit), task, metrics=metrics)
    events = task.events(vectors.count)
    if events is None:
        unknown = Finding("no-popularity", "Popularity is not known: the vectors were not compared with it.")
        return _with(exact, findings=(*exact.findings, unknown))
    plain = evaluate(PopularitySearcher(events), task, metrics=metrics)
    weak = weak_teacher(exact, plain, draws=draws, seed=seed)
    return _with(exact, findings=exact.findings if weak is None else (*exact.findings, weak), popularity=plain)


def weak_teacher(exact: Report, plain: Report, *, draws: int = DRAWS, seed: int = 0) -> Finding | None:
    """A finding when the vectors are not better than popularity on every metric: the 95 % paired interval of a difference reaches 0. Raises InputError."""
    if exact.task != plain.task or exact.values.keys() != plain.values.keys():
        raise InputError("plain: was measured on another task or by other metrics than exact; expected the same.")
    names = list(exact.values)
    # Where a metric of one's own does not apply, there is no difference.
    gains = [np.nan_to_num(exact.values[name] - plain.values[name]) for name in names]
    differences = resampled_means(np.stack(gains, axis=1), draws=draws, seed=seed)
    weak = [name for place, name in enumerate(names) if percentiles(differences[:, place])[0] <= 0]
    if not weak:
        return None
    figures = ", ".join(f"{name} {exact.values[name].mean():.4f} against {plain.values[name].mean():.4f}" for name in weak)
    return Finding("weak-teacher", f"The uncompressed vectors are not better than plain popularity: {figures}. Losses against such a baseline mean little.")


def _with(report: Report, **changes: object) -> Report:
    fields = {name: getattr(report, name) for name in Report.__slots__}
    return Report(**{**fields, **changes})


def _check_ranking(ranking: Ranking, task: Task, count: int, k: int) -> None:
    rows = ranking.rows
    if rows.shape != (task.count, k):
        raise InputError(f"searcher: returned rows of shape {rows.shape}; expected ({task.count}, {k}).")
    if rows.size and (int(rows.min()) < -1 or int(rows.max()) >= count):
        raise InputError(f"searcher: returned rows from {int(rows.min())} to {int(rows.max())}; expected -1 to {count - 1}.")
    if task.seen is not None and task.seen.holds(rows).any():
        raise InputError("searcher: returned rows that the query has seen; expected them to be masked (exclude=task.seen).")
    ordered = np.sort(rows, axis=1)
    if ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any():
        raise InputError("searcher: returned a row twice for one query; expected each row at most once.")


def _bucket_reports(buckets: Buckets, task: Task, ranking: Ranking, hits: np.ndarray, depths: Sequence[int]) -> dict[str, BucketReport]:
    of_place = np.where(ranking.rows >= 0, buckets.number[np.maximum(ranking.rows, 0)], -1)
    of_relevant = buckets.number[task.relevant.values]
    owner = task.relevant.queries()
    reports = {}
    for number, name in enumerate(buckets.names):
        mine = of_place == number
        relevant = np.bincount(owner[of_relevant == number], minlength=task.count)
        values = {}
        for k in depths:
            for kind in ("recall", "ndcg"):
                values[f"{kind}@{k}"] = per_query(kind, k, hits & mine, relevant)
            filled = (of_place[:, :k] >= 0).sum(axis=1)
            values[f"exposure@{k}"] = np.where(filled > 0, mine[:, :k].sum(axis=1) / np.maximum(filled, 1), np.nan)
        reports[name] = BucketReport(int(buckets.rows[number]), float(buckets.share[number]), values)
    return reports

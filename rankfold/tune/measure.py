"""Measure: what one compressed table kept and what it costs, as one point."""

import time
from dataclasses import dataclass, field

import numpy as np

from ..codec import Codec, describe, inner_of, to_spec
from ..evaluate.compare import Loss, compare, compare_parts
from ..evaluate.intervals import Mean
from ..evaluate.measure import evaluate
from ..evaluate.report import Report
from ..search import Aligned, Searcher
from ..table import Table
from .evidence import Evidence, Half

BUCKET_METRIC = "recall@10"
TIMED_QUERIES = 7


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One codec, measured.

    row_bytes: one coded row. total_row_bytes: codes, scales, ids and codebooks over all rows. parts: bytes by part.
    loss: of the evidence's metric, or None when nothing says what is relevant. fidelity: overlap@10 and overlap@100 with the exact lists.
    buckets: head, mid and tail -> loss of recall@10 on their relevant items. scan_ms: median time of one query on one thread, None when not timed.
    fit_s: seconds of one core to fit and encode. tiers: (codec, rows) of a table of several; then codec is that of the most rows, and row_bytes the mean.
    """

    codec: Codec
    row_bytes: float
    total_row_bytes: float
    parts: dict[str, int]
    metric: str
    loss: Loss | None
    losses: dict[str, Loss]
    fidelity: dict[str, Mean]
    buckets: dict[str, Loss]
    scan_ms: float | None
    fit_s: float
    after: Report = field(repr=False)
    note: str = ""
    tiers: tuple[tuple[Codec, int], ...] = ()

    @property
    def name(self) -> str:
        """Short text of the codec."""
        return f"tiers({', '.join(describe(codec) for codec, _ in self.tiers)})" if self.tiers else describe(self.codec)

    def to_dict(self) -> dict:
        """One point of a report (see report/content.py), with its spec."""
        fidelity_metric = self.metric if self.loss is None else "overlap@10"
        mean = self.fidelity[fidelity_metric]
        known = {name: loss for name, loss in self.buckets.items() if loss.is_known}
        out = {
            "codec": self.name,
            "family": "tiers" if self.tiers else family(self.codec),
            "row_bytes": self.row_bytes,
            "total_row_bytes": self.total_row_bytes,
            "bytes": {name: self.parts[name] for name in ("codes", "ids", "scales", "codebooks")},
            "quality": _quality(self.loss),
            "fidelity": {"metric": fidelity_metric, "mean": mean.mean, "low": _or(mean.low, mean.mean), "high": _or(mean.high, mean.mean)},
            "buckets": {name: {"kept": 1 - loss.drop, "low": 1 - loss.high, "high": 1 - loss.low, "n": loss.n} for name, loss in known.items()} or None,
            "scan_ms": self.scan_ms,
        }
        losses = {name: quality for name, loss in self.losses.items() if (quality := _quality(loss)) is not None}
        return out | ({"note": self.note} if self.note else {}) | ({"losses": losses} if losses else {})

    def spec(self) -> dict:
        """The codec's settings, JSON-ready; of several codecs each with its rows."""
        return {"tiers": [{"rows": rows, **to_spec(codec)} for codec, rows in self.tiers]} if self.tiers else to_spec(self.codec)


def measure(
    table: Table,
    evidence: Evidence,
    half: Half,
    *,
    ids: np.ndarray | None = None,
    fit_s: float = 0.0,
    seed: int = 0,
    workers: int | None = None,
    timed: bool = True,
) -> Point:
    """Search every query of the half and compare with the uncompressed vectors; timed: measure scan_ms too.

    ids: of the vectors that the evidence is about, where the table's rows stand in another order. Raises InputError, as `evaluate`.
    """
    searcher = Searcher(table, workers=workers)
    after = evaluate(searcher if ids is None else Aligned(searcher, ids), half.task, metrics=tuple(half.baseline.values), baseline=half.baseline)
    losses = compare(half.baseline, after, seed=seed)
    parts = compare_parts(half.baseline, after, seed=seed)
    tiers = _tiers(table)
    codec = max(tiers, key=lambda one: one[1])[0]
    agreement = after.fidelity.means() if after.fidelity is not None else {}
    return Point(
        codec=codec,
        row_bytes=codec.row_bytes(table.dim) if len(tiers) == 1 else sum(one.row_bytes(table.dim) * rows for one, rows in tiers) / table.count,
        total_row_bytes=table.nbytes / table.count,
        parts=table.parts(),
        metric=evidence.metric,
        loss=losses[evidence.metric] if evidence.judged else None,
        losses=losses if evidence.judged else {},
        fidelity={name: mean for name, mean in agreement.items() if name.startswith("overlap")},
        # Without popularity, evaluate counts seen rows; for rows searching their neighbours these are the queries themselves and say nothing.
        buckets={name: parts[name][BUCKET_METRIC] for name in ("head", "mid", "tail") if name in parts and half.task.popularity is not None},
        scan_ms=scan_ms(table, half) if timed else None,
        fit_s=fit_s,
        after=after,
        tiers=tuple(tiers) if len(tiers) > 1 else (),
    )


def _tiers(table: Table) -> list[tuple[Codec, int]]:
    """The codecs of the table with their rows, in the order of the first segment of each."""
    found: dict[Codec, int] = {}
    for segment in table.segments:
        found[segment.codec] = found.get(segment.codec, 0) + segment.count
    return list(found.items())


def scan_ms(table: Table, half: Half) -> float:
    """Median milliseconds of a top-100 search of one query on one thread, after the first."""
    searcher = Searcher(table, workers=1)
    times = []
    for query in range(min(TIMED_QUERIES + 1, half.task.count)):
        start = time.perf_counter()
        searcher.search(half.task.queries[query : query + 1], min(100, table.count))
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times[1:] or times))


def family(codec: Codec) -> str:
    """The name that says most about a codec: its first part that is no wrapper for lengths."""
    inner = inner_of(codec)
    if inner is None:
        return codec.name
    return family(inner) if codec.name in ("normed", "unit") else f"{codec.name} {family(inner)}"


def _quality(loss: Loss | None) -> dict | None:
    # A baseline of 0 has nothing to lose a share of: no drop is shown rather than one of 0.
    if loss is None or not np.isfinite(loss.drop):
        return None
    found = {"before": loss.before, "after": loss.after, "drop": loss.drop, "low": _or(loss.low, -1.0), "high": _or(loss.high, 1.0), "n": loss.n}
    return found | {"shown": float(loss.shown) if np.isfinite(loss.shown) else None} | ({} if loss.is_known else {"reason": loss.reason})


def _or(value: float, otherwise: float) -> float:
    return float(value) if np.isfinite(value) else otherwise

"""Slicing: for whom a measured table loses, whose items are shown less, and what these users can show at all; as plain JSON for reports and gates."""

from collections.abc import Mapping

import numpy as np

from ..evaluate import Report, exposure_shifts, popularity_buckets, power_of, slices, worst_users
from ..evaluate.intervals import finite
from .evidence import Evidence

# Where nothing says what is relevant, the exact first ten are.
FAITHFUL = "recall@10"
SCREEN = 10


def sliced(after: Report, evidence: Evidence, *, item_groups: Mapping[str, np.ndarray] | None = None, seed: int = 0) -> dict:
    """The section "sliced" of a report (see report/content.py), of a table whose report on the reporting half is `after`.

    Popularity, activity and cold items are always there where known, groups of users where the evidence was gathered with them. item_groups: column -> text
    (rows,), in the order of the evidence's vectors; "" is no group. Raises InputError, as `slices`.
    """
    task, before = evidence.report.task, evidence.report.baseline
    metric = evidence.metric if evidence.judged else FAITHFUL
    kinds = dict(item_groups or {})
    found = slices(before, after, task, item_groups=kinds, metric=metric)
    rows = 1 + max(int(before.ranking.rows.max()), int(after.ranking.rows.max()))
    # Rows that searched for their neighbours have been seen once each: that is no popularity.
    events = task.events() if evidence.judged or task.popularity is not None else None
    if events is not None:
        buckets = popularity_buckets(task.events(max(rows, events.size)))
        kinds = {"popularity": np.array(buckets.names)[buckets.number], **kinds}
    else:
        found = [one for one in found if one.kind not in ("popularity", "cold items", "activity")]
    depth = min(SCREEN, before.ranking.k, after.ranking.k)
    exposure = [
        {"kind": kind, **shift.to_dict()} for kind, labels in kinds.items() for shift in exposure_shifts(before.ranking, after.ranking, labels, k=depth)
    ]
    return {
        "metric": metric,
        "slices": [one.to_dict() for one in found],
        "exposure": sorted(exposure, key=lambda one: one["verdict"] == "steady"),
        "worst_users": _worst(before, after, evidence, metric, seed),
        "power": power_of(before.values[metric], after.values[metric]).to_dict(),
    }


def _worst(before: Report, after: Report, evidence: Evidence, metric: str, seed: int) -> dict | None:
    """The worst-off users; None where only exact lists say what is relevant: nothing about them is left to chance."""
    if not evidence.judged:
        return None
    worst = worst_users(before, after, evidence.report.task, metric=metric, seed=seed)
    ends = {name: finite(getattr(worst.loss, name)) for name in ("drop", "low", "high")}
    return {"metric": metric, "share": worst.share, **ends, "apparent": finite(worst.apparent), "users": worst.users}

"""The report of a decision made in Python: what `rankfold tune` writes, for write_report and write_card."""

import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import numpy as np

from .. import kernels
from ..tune.decision import Decision
from ..tune.slicing import sliced
from .content import Provenance, ReportContent, Sliced, Tuning
from .sections import section


def report_of(
    decision: Decision,
    name: str,
    *,
    about: str = "",
    artifact: Path | None = None,
    item_groups: Mapping[str, np.ndarray] | None = None,
    neighbours: Sequence[Mapping] = (),
    reproduce: Sequence[str] = (),
) -> ReportContent:
    """A report of one section from a decision of `rankfold.decide`.

    name: of the data set; about: what was measured, by default on how many queries. artifact: where the table was saved, as `rankfold.save` returns it.
    item_groups: column -> text (rows,), in the order of the items: slices and exposure by it; "" is no group. neighbours: dictionaries with item, before and
    after, as text. reproduce: commands, one a line. Raises InputError for groups of another length.
    """
    evidence, table = decision.evidence, decision.table
    half = evidence.report.baseline
    said = about or f"Measured on {half.count:,} queries; codecs were chosen on {evidence.choose.baseline.count:,} others."
    made = section(
        name, said, rows=table.count, dim=table.dim, evidence=evidence, points=decision.points, choice=decision, neighbours=neighbours
    )  # fmt: skip
    made["tuning"] = cast(Tuning, decision.to_dict())
    made["sliced"] = cast(Sliced, sliced(decision.best.after, evidence, item_groups=item_groups, seed=decision.recipe.seed))
    measured_at = datetime.now(UTC).isoformat(timespec="seconds")
    made["provenance"] = Provenance(artifact=None if artifact is None else artifact.name, task=half.task, measured_at=measured_at, queries=half.count)
    here: dict[str, str | int | float] = {
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "kernels": kernels.level(),
        "seed": decision.recipe.seed,
    }
    return {"title": f"rankfold: {name}", "made_with": here, "sections": [made], "reproduce": list(reproduce)}

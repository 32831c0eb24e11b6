"""A decision as text: the frontier, the limits and whether they hold, and what became of the codecs that were not taken."""

from ..tune.decision import Decision, Kept
from . import render

MOST_TRIED = 12
WORDS = {"yes": "holds", "no": "DOES NOT HOLD", "unsure": "cannot be told: the interval reaches beyond it"}


def frontier_lines(decision: Decision) -> list[str]:
    """Every point by bytes in all; `*` marks the frontier, `>` the choice."""
    rows = []
    timed = any(row["p99_ms"] is not None for row in decision.frontier())
    for row in decision.frontier():
        marks = (">" if row["chosen"] else " ") + ("*" if row["on_frontier"] else " ")
        cells = [marks, row["codec"], render.size(row["total_bytes"]), render.percent(row["agreement"])]
        cells += [render.interval(row["loss"], row["loss_low"], row["loss_high"])]
        rows.append(cells + ([render.milliseconds(row["p99_ms"])] if timed else []))
    header = ["", "frontier", "artifact", "agreement", "loss (95 %)", *(["p99"] if timed else [])]
    return [*render.columns(header, rows, left=2, indent=" "), "   * on the frontier: nothing that was measured is smaller and nearer to the exact lists"]


def kept_lines(decision: Decision) -> list[str]:
    """Each limit, what was asked and got."""
    return render.pairs(
        [(one.name.replace("_", " "), f"asked {_amount(one, one.asked)}, got {_amount(one, one.got)}: {WORDS[one.holds]}") for one in decision.kept]
    )


def forecast_lines(decision: Decision) -> list[str]:
    """What was expected of this size before any fit, and what came."""
    told = decision.forecast
    if not told:
        return []
    said = f"  expected before any fit at {told['row_bytes']:.0f} bytes: {render.percent(told['expected'])} of the exact lists"
    error = "" if told["usual_error"] is None else f" (usual error {render.percent(told['usual_error'], 0)})"
    return [f"{said}{error}; measured {render.percent(told['measured'])}"]


def tried_lines(decision: Decision) -> list[str]:
    """The codecs that were left, those that came furthest first, and why."""
    left = sorted((one for one in decision.tried if one.fate), key=lambda one: (-one.share, -(one.overlap or 0)))
    full = sum(one.share == 1.0 for one in decision.tried)
    said = f"  tried {len(decision.tried)} codecs, {full} in full, {render.seconds(decision.core_seconds)} of one core"
    rows = [[one.codec, render.row_size(one.row_bytes), one.fate] for one in left[:MOST_TRIED]]
    more = [f"  and {len(left) - MOST_TRIED} more: see the report"] if len(left) > MOST_TRIED else []
    return [said, *(render.columns(["left", "B/row", "because"], rows, left=3) if rows else []), *more]


def _amount(one: Kept, value: float | None) -> str:
    if value is None:
        return render.NOTHING
    if one.name == "max_loss":
        return render.percent(value, 2)
    if one.name == "p99_ms":
        return render.milliseconds(value)
    return f"{value:,.0f} bytes"

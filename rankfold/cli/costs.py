"""Bytes, losses and time of one measured point, as people read them."""

from ..evaluate import Report
from ..table import Table
from ..tune.measure import Point
from . import render

PARTS = ("codes", "scales", "codebooks", "ids", "partition", "removed")


def bytes_lines(table: Table) -> list[str]:
    """Before and after by part, and how many times smaller."""
    parts = {name: size for name, size in table.parts().items() if size}
    before = {"vectors": 4 * table.count * table.dim, "ids": table.ids.nbytes}
    rows = [["vectors", render.size(before["vectors"]), render.NOTHING]]
    for name in PARTS:
        if name in parts:
            rows.append([name, render.size(before["ids"]) if name == "ids" else render.NOTHING, render.size(parts[name])])
    total = sum(before.values())
    rows.append(["all", render.size(total), render.size(table.nbytes)])
    smaller = render.ratio(before["vectors"], table.nbytes - table.ids.nbytes)
    each = f"  {render.row_size(round((table.nbytes - table.ids.nbytes) / table.count, 1))} a row with codebooks, without ids: {smaller} smaller than float32"
    return [*render.columns(["bytes", "before", "after"], rows), each]


def quality_lines(point: Point, judged: int) -> list[str]:
    """The loss with its interval and n, fidelity, and what happened to head, mid and tail."""
    said = []
    if point.loss is None:
        said.append(("quality", "not measured: nothing says what is relevant; see the warnings"))
    else:
        loss = point.loss
        said.append(
            (
                point.metric,
                f"{render.quality(loss.before)} -> {render.quality(loss.after)}: loss {render.interval(loss.drop, loss.low, loss.high)}, n = {loss.n:,}",
            )
        )
        if loss.reason:
            said.append(("", loss.reason))
    agreement = ", ".join(f"{name} {render.percent(mean.mean)}" for name, mean in point.fidelity.items())
    said.append(("fidelity", f"{agreement} of the exact lists, n = {judged:,}"))
    for name, loss in point.buckets.items():
        what = "recall@10" if point.loss is not None else "exact top 10"
        said.append((name, f"loss of {what} {render.interval(loss.drop, loss.low, loss.high)}, n = {loss.n:,}"))
    return render.pairs(said)


def point_document(point: Point) -> dict:
    """Everything measured of one point, for JSON."""
    return {
        "codec": point.spec(),
        "name": point.name,
        "row_bytes": point.row_bytes,
        "total_row_bytes": point.total_row_bytes,
        "bytes": point.parts,
        "metric": point.metric,
        "loss": point.loss,
        "losses": point.losses,
        "fidelity": point.fidelity,
        "buckets": point.buckets,
        "scan_ms": point.scan_ms,
        "fit_s": point.fit_s,
    }


def coverages(before: Report, after: Report) -> dict:
    """coverage@k -> share of the catalogue that stands in anybody's first k, before and after."""
    return {name: {"before": before.coverage[name], "after": share} for name, share in after.coverage.items() if name in before.coverage}


def list_lines(before: Report, after: Report) -> list[str]:
    """How much of the catalogue is shown at all, and the order within the lists against the exact ones."""
    shown = ", ".join(f"{name} {render.percent(pair['before'])} -> {render.percent(pair['after'])}" for name, pair in coverages(before, after).items())
    lines = [("catalogue", shown)]
    if after.fidelity is not None:
        order = ", ".join(f"{name} {mean.mean:.3f}" for name, mean in after.fidelity.means().items() if not name.startswith("overlap"))
        lines.append(("order", f"{order} (1 = as the exact lists)"))
    return render.pairs(lines)


def audit_lines(audited: dict) -> list[str]:
    """Rows that share a code, by popularity, and item neighbourhoods in both directions."""
    parts = audited["collisions"]["parts"]
    shares = ", ".join(f"{name} {render.percent(part['share'])}" for name, part in parts.items() if part["share"] is not None)
    lines = [f"  rows that share their whole code with another: {shares}; most rows with one code: {audited['collisions']['largest']}"]
    kept = audited["neighbourhoods"]
    if kept is not None:
        figures = ", ".join(f"{name} {kept[name]['mean']:.3f}" for name in ("trustworthiness", "continuity", "overlap"))
        lines.append(f"  {kept['k']} nearest items: {figures} (1 = as before; trustworthiness: none is new, continuity: none is lost)")
    return lines

"""One section of a report as text: the codecs that were tried, the choice, neighbours, findings. Takes the dictionaries of report/content.py."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from ..report import numbers
from . import render

BUCKETS = ("head", "mid", "tail")
WIDTH = 140


def section_lines(section: Mapping[str, Any]) -> list[str]:
    """Everything of one section, ready to be written line by line."""
    lines = [
        f"{section['name']}: {render.count(section['rows'])} rows x {section['dim']} dimensions, {render.size(4 * section['rows'] * section['dim'])} as float32"
    ]
    lines += [f"  {part}" for part in textwrap.wrap(section["about"], WIDTH)]
    lines += baseline_lines(section)
    lines += ["", *point_lines(section)]
    if section["choice"]:
        lines += ["", f"  chosen: {section['choice']['codec']} - {section['choice']['why']}"]
    lines += [line for measures in section.get("measures", []) for line in ["", *measure_lines(measures)]]
    if "latents" in section:
        lines += ["", "  what the latents stand for: see the report, or `rankfold explain`"]
    lines += neighbour_lines(section["neighbours"])
    lines += finding_lines(section["findings"])
    return lines


def baseline_lines(section: Mapping[str, Any]) -> list[str]:
    """What the losses are measured against, and what else was compared with it."""
    if not section["baseline"]:
        return []
    said = [
        f"{name} {render.quality(estimate['mean'])} ({render.quality(estimate['low'])} to {render.quality(estimate['high'])})"
        for name, estimate in section["baseline"].items()
    ]
    return [f"  {section['metric']}: {', '.join(said)}"]


def point_lines(section: Mapping[str, Any]) -> list[str]:
    """The table of codecs; `>` marks the choice. Without a known quality, only the agreement with the exact lists is shown."""
    points = section["points"]
    chosen = section["choice"]["codec"] if section["choice"] else None
    with_quality = any(point["quality"] for point in points)
    with_buckets = any(point["buckets"] for point in points)
    header = ["", "codec", "B/row", "all", "table"]
    header += [section["metric"], "loss (95 %)"] if with_quality else []
    header += [points[0]["fidelity"]["metric"]]
    header += list(BUCKETS) if with_buckets else []
    rows = [_point_row(point, chosen, with_quality, with_buckets) for point in points]
    lines = render.columns([*header, "scan"], rows, left=2, indent=" ")
    lines += ["   B/row: one coded row; all: with ids and codebooks, a row; scan: one query, one thread"]
    return lines + (["   head, mid, tail: share of recall@10 kept among popular, middling and rare items"] if with_buckets else [])


def _point_row(point: Mapping[str, Any], chosen: str | None, with_quality: bool, with_buckets: bool) -> list[str]:
    quality = point["quality"] or {}
    row = [">" if point["codec"] == chosen else "", point["codec"], f"{point['row_bytes']:.0f}", f"{point['total_row_bytes']:.1f}"]
    row += [render.size(sum(point["bytes"].values()))]
    if with_quality:
        row += [render.quality(quality.get("after")), render.interval(quality.get("drop"), quality.get("low"), quality.get("high"))]
    row += [render.percent(point["fidelity"]["mean"])]
    if with_buckets:
        buckets = point["buckets"] or {}
        row += [render.percent(buckets[name]["kept"]) if name in buckets else render.NOTHING for name in BUCKETS]
    return [*row, render.milliseconds(point["scan_ms"])]


def measure_lines(measures: Mapping[str, Any]) -> list[str]:
    """A further table of numbers, with what they mean below it."""
    rows = [[name, *(numbers.measure(value) if value is not None else render.NOTHING for value in line)] for name, line in measures["lines"].items()]
    about = textwrap.wrap(measures["about"], WIDTH, initial_indent="   ", subsequent_indent="   ")
    return [*render.columns([measures["title"], *measures["columns"]], rows), *about]


def neighbour_lines(neighbours: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lists before and after, side by side; `+` marks what was not in the list before."""
    lines: list[str] = []
    for entry in neighbours:
        before, after = entry["before"], entry["after"]
        width = max([len("before"), *(min(len(text), WIDTH // 2) for text in before)])
        lines += ["", f"  nearest to {entry['item']}", f"    {'before'.ljust(width)}    after"]
        for place in range(max(len(before), len(after))):
            left = _cut(before[place]) if place < len(before) else ""
            right = _cut(after[place]) if place < len(after) else ""
            mark = "+" if place < len(after) and after[place] not in before else " "
            lines.append(f"    {left.ljust(width)}  {mark} {right}".rstrip())
    return lines


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH // 2 else text[: WIDTH // 2 - 3] + "..."


def finding_lines(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Warnings first, then notes."""
    ordered = sorted(findings, key=lambda finding: finding["level"] != "warning")
    lines = [f"{finding['level']}: {finding['text']}" for finding in ordered]
    return ["", *(part for line in lines for part in textwrap.wrap(line, WIDTH, initial_indent="  ", subsequent_indent="    "))] if lines else []

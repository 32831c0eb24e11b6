"""Slices as text: for whom a table loses, the worst first. Takes the dictionaries of report/content.py."""

from collections.abc import Mapping
from typing import Any

from . import render

MOST_LINES = 12


def slice_lines(sliced: Mapping[str, Any]) -> list[str]:
    """The worst slices, moved exposure, the users hurt most, and what these users can show."""
    rows = [_row(one) for one in sliced["slices"]]
    lines = render.columns([f"slice, {sliced['metric']}", "loss (95 %)", "more than the rest", "n", ""], rows[:MOST_LINES]) if rows else []
    if len(rows) > MOST_LINES:
        lines.append(f"  and {len(rows) - MOST_LINES} more slices, after these (all with --json)")
    if rows:
        lines.append("  loses: shown, with one error rate of 5 % for all slices (Holm); holds: a loss below 5 % is shown; unclear: too few users to tell")
    if sliced["exposure"]:
        moved = [f"{one['kind']} {one['group']} {100 * one['change']:+.1f} %" for one in sliced["exposure"] if one["verdict"] != "steady"]
        lines.append(f"  places on first screens: {', '.join(moved[:6]) or 'no group of items is shown to gain or lose any'}")
    return [*lines, *_worst(sliced["worst_users"]), *_power(sliced["power"])]


def _row(one: Mapping[str, Any]) -> list[str]:
    gap = one["gap"]
    losses = [render.interval(drop, part["low"], part["high"]) for drop, part in ((one["drop"], one), (gap["gap"], gap))]
    return [f"{one['kind']}: {one['name']}", *losses, f"{one['n']:,}", one["verdict"]]


def _worst(found: Mapping[str, Any] | None) -> list[str]:
    if found is None or found["drop"] is None:
        return []
    shown, apparent = render.interval(found["drop"], found["low"], found["high"]), render.percent(found["apparent"])
    return [f"  the tenth of users hurt most loses {shown} on items that did not choose them ({apparent} on those that did), of {found['users']:,} users"]


def _power(found: Mapping[str, Any] | None) -> list[str]:
    if found is None or found["detectable_90"] is None:
        return []
    wanted = "-" if found["needed"] is None else f"{found['needed']:,}"
    return [
        f"  with {found['n']:,} users a loss of {render.percent(found['detectable_80'])} is found with a chance of 80 %, one of "
        f"{render.percent(found['detectable_90'])} with 90 %; a loss of {render.percent(found['loss'])} takes {wanted} users"
    ]

"""The Markdown of a card (see card.py): plain headings, lists and two tables."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import numbers
from .searchtables import HOLDS, LIMITS, amount
from .tables import DASH

PARTS = ("codes", "scales", "codebooks", "ids")


def card_text(card: Mapping[str, Any]) -> str:
    """The card as Markdown; every text is escaped, so that names are never markup."""
    parts = [f"# {plain(card['name'])}: {plain(card['codec'])}", plain(card["about"])]
    parts += [_list(f"Warning: {text}" for text in card["warnings"])] if card["warnings"] else []
    parts += ["## What was kept", _sizes(card), *_lost(card), "## For whom", _list(_for_whom(card))]
    for title, name in (("What could not be checked", "unchecked"), ("Intended use", "intended_use"), ("Limits", "limits")):
        parts += [f"## {title}", _list(card[name])] if card[name] else []
    parts += ["## Where it comes from", _list(_origin(card))]
    if card["reproduce"]:
        text = "\n".join(card["reproduce"])
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        parts += ["Do it again, with the same files:", f"{fence}sh\n{text}\n{fence}"]
    return "\n\n".join(parts) + "\n"


def plain(text: object) -> str:
    """Text that stays text in Markdown and in its tables: on one line, without markup."""
    flat = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+", " ", str(text))
    return re.sub(r"([\\`*\[\]|#~])", r"\\\1", flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {plain(line)}" for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *([plain(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _sizes(card: Mapping[str, Any]) -> str:
    kept = card["kept"]
    whole, vectors = kept["float32_bytes"], kept["vector_bytes"]
    lines = [
        f"{numbers.whole(kept['rows'])} rows of {numbers.whole(kept['dim'])} dimensions: {numbers.size(whole)} of float32 became {numbers.size(vectors)} "
        f"(codes, scales, codebooks). Discarded: {numbers.size(kept['discarded_bytes'])}."
        if kept["discarded_bytes"] >= 0
        else f"{numbers.whole(kept['rows'])} rows of {numbers.whole(kept['dim'])} dimensions: {numbers.size(whole)} of float32 became {numbers.size(vectors)}: "
        "larger, for so few rows.",
        f"{numbers.row_bytes(kept['row_bytes'])} bytes a coded row, {numbers.row_bytes(kept['total_row_bytes'])} with every part and the ids, instead of "
        f"{numbers.whole(4 * kept['dim'])}: {numbers.times(kept['smaller'])} smaller.",
        "Bytes: " + ", ".join(f"{part} {numbers.size(kept['bytes'][part])}" for part in PARTS) + ".",
    ]
    lines += [] if kept["disk_bytes"] is None else [f"All files on disk: {numbers.size(kept['disk_bytes'])}."]
    lines += [] if card["why"] is None else [f"Why this one: {card['why']}"]
    for one in card["budget"] or []:
        lines.append(f"Asked: {LIMITS.get(one['name'], one['name'])} {amount(one, one['asked'])}; got {amount(one, one['got'])}: {HOLDS[one['holds']]}.")
    return _list(lines)


def _lost(card: Mapping[str, Any]) -> list[str]:
    """The tables of losses and of popularity buckets, and fidelity."""
    quality, fidelity = card["quality"], card["fidelity"]
    losses = dict(card["losses"])
    if quality is not None:
        losses = {quality["metric"]: quality} | losses
    parts = ["## What was lost"]
    if losses:
        parts.append(_table(("metric", "before", "after", "lost, %", "95 % interval, %", "queries"), (_loss(name, one) for name, one in losses.items())))
    between = numbers.interval(fidelity["low"], fidelity["high"])
    parts.append(
        f"Fidelity: {numbers.percent(fidelity['mean'])} % ({between}) of the float32 lists are still found ({numbers.metric_name(fidelity['metric'])})."
    )
    if card["buckets"]:
        rows = (
            (name, numbers.percent(one["kept"]), numbers.interval(one["low"], one["high"]), numbers.whole(one["n"])) for name, one in card["buckets"].items()
        )
        parts.append(_table(("items by popularity", "kept, %", "95 % interval, %", "relevant items"), rows))
    return parts


def _loss(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    between = DASH if "reason" in one else numbers.interval(one["low"], one["high"])
    counted = DASH if one.get("n") is None else numbers.whole(one["n"])
    return numbers.metric_name(name), numbers.metric(one["before"]), numbers.metric(one["after"]), numbers.percent(one["drop"]), between, counted


def _for_whom(card: Mapping[str, Any]) -> list[str]:
    found = card["slices"]
    if found is None:
        return ["Nothing was sliced."]
    lines, worst = [], found["worst"]
    name = numbers.metric_name(found["metric"])
    if worst is not None:
        between = "" if worst["low"] is None or worst["high"] is None else f", {numbers.interval(worst['low'], worst['high'])} %"
        said = f"{numbers.percent(worst['drop'])} % of {name} lost{between}, {numbers.whole(worst['n'])} queries, {worst['verdict']}"
        lines.append(f"Worst of {numbers.whole(found['count'])} slices: {worst['kind']}: {worst['name']} ({said}).")
    lines.append("Shown to lose: " + ("; ".join(found["losing"]) or "none, with one error rate of 5 % for all slices") + ".")
    lines.append("Items shown more or less on first screens: " + ("; ".join(found["moved"]) or "no group is shown to be") + ".")
    users, power = found["worst_users"], found["power"]
    if users is not None and users["drop"] is not None:
        lines.append(f"The {100 * users['share']:g} % of users hurt most lose {numbers.percent(users['drop'])} % of {numbers.metric_name(users['metric'])}.")
    if power is not None and power["detectable_90"] is not None:
        lines.append(f"With these {numbers.whole(power['n'])} users a loss of {numbers.percent(power['detectable_90'])} % would be seen with a chance of 90 %.")
    return lines


def _origin(card: Mapping[str, Any]) -> list[str]:
    lines = [f"{name}: {value}" for name, value in card["made_with"].items()]
    found = card["provenance"]
    if found is not None:
        lines = [
            f"artifact: {found['artifact'] or 'none was written'}",
            f"task: {found['task']}",
            f"measured at {found['measured_at']} on {numbers.whole(found['queries'])} queries",
            *lines,
        ]
    return lines

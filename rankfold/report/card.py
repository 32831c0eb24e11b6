"""Card: what somebody must know of an artifact before using it, from the report measured with it; JSON and Markdown.

After the model cards of Mitchell et al. (2019).
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from ..errors import InputError
from . import numbers
from .cardtext import card_text
from .content import Point, ReportContent, Section, Tuning, check
from .writing import write_whole

FORMAT = 1
# What is always sliced where it can be; other kinds come from files of groups.
OWN_KINDS = {"popularity", "activity", "cold items"}


def card_of(report: Mapping[str, object]) -> dict[str, Any]:
    """The card of the codec that the first section of a report took, or of its only one; JSON-ready, the numbers are the report's.

    report: a content.ReportContent. Same report, same card. Raises InputError for anything else, and where no codec was taken from several.
    """
    check(report)
    content = cast(ReportContent, report)
    section = content["sections"][0]
    point = _taken(section)
    tuning, whole = section.get("tuning"), 4 * section["rows"] * section["dim"]
    return {
        "format": FORMAT,
        "artifact": section.get("provenance", {}).get("artifact"),
        "name": section["name"],
        "about": section["about"],
        "codec": point["codec"],
        "why": None if section["choice"] is None else section["choice"]["why"],
        "kept": _kept(section, point, whole, tuning),
        "quality": None if point["quality"] is None else {"metric": section["metric"], **point["quality"]},
        "losses": point.get("losses", {}),
        "fidelity": point["fidelity"],
        "buckets": point["buckets"],
        "slices": _slices(section),
        "guards": section.get("guards"),
        "calibration": section.get("calibration"),
        "budget": None if tuning is None else tuning["kept"],
        "warnings": [finding["text"] for finding in section["findings"] if finding["level"] == "warning"],
        "unchecked": unchecked(section, point),
        "intended_use": _intended(section),
        "limits": _limits(section, point),
        "provenance": section.get("provenance"),
        "made_with": content["made_with"],
        "reproduce": content["reproduce"],
    }


def write_card(report: Mapping[str, object], beside: str | os.PathLike) -> tuple[Path, Path]:
    """Write `beside`.card.json and `beside`.card.md, each whole or not there, and return their paths.

    Raises InputError, as `card_of`, and ArtifactError when a file cannot be written.
    """
    card, place = card_of(report), Path(beside)
    data, text = (place.with_name(f"{place.name}.card.{kind}") for kind in ("json", "md"))
    write_whole(data, json.dumps(card, ensure_ascii=False, allow_nan=False, indent=1) + "\n")
    write_whole(text, card_text(card))
    return data, text


def unchecked(section: Section, point: Point) -> list[str]:
    """What the report holds no evidence of, a sentence each."""
    found = []
    if point["quality"] is None:
        found.append("Whether the lists are good: nothing said what is relevant, so only agreement with the exact lists was measured.")
    elif "reason" in point["quality"]:
        found.append(f"How sure the loss is: there is no interval ({point['quality']['reason']}).")
    if not point["buckets"]:
        found.append("Who pays by popularity: losses of popular and of rare items were not told apart.")
    sliced = section.get("sliced")
    if sliced is None or not sliced["slices"]:
        found.append("For whom it loses: nothing was sliced.")
    else:
        unclear = sum(one["verdict"] == "unclear" for one in sliced["slices"])
        if unclear:
            found.append(f"{numbers.whole(unclear)} of {numbers.whole(len(sliced['slices']))} slices: too few users to tell whether they lose.")
        if not {one["kind"] for one in sliced["slices"]} - OWN_KINDS:
            found.append("Groups of users and categories of items: none were given (rankfold evaluate --user-groups --item-groups).")
    worst = None if sliced is None else sliced["worst_users"]
    if worst is None or worst["drop"] is None:
        found.append("The users hurt most: what they lose is not known.")
    if not section.get("guards"):
        found.append("First screens: how many users see other items there (rankfold evaluate tells).")
    if section.get("calibration") is None:
        found.append("Whether scores mean the same as before: their calibration was not measured.")
    if "tuning" not in section or point["codec"] not in section["tuning"]["p99_ms"]:
        found.append("Latency of the slowest searches: only the time of one scan was taken." if point["scan_ms"] is not None else "Speed.")
    return found


def _taken(section: Section) -> Point:
    name = section["choice"]["codec"] if section["choice"] is not None else None
    points = [point for point in section["points"] if name in (None, point["codec"])]
    if len(points) != 1:
        raise InputError(f"report: got {len(points)} codecs and none was taken; expected a choice, or one codec: a card is about one artifact.")
    return points[0]


def _kept(section: Section, point: Point, whole: int, tuning: Tuning | None) -> dict[str, Any]:
    """Sizes. vectors: of codes, scales and codebooks, which stand for the float32 vectors; ids are kept beside them."""
    vectors = sum(point["bytes"].values()) - point["bytes"]["ids"]  # type: ignore[arg-type, misc]
    return {
        "rows": section["rows"],
        "dim": section["dim"],
        "float32_bytes": whole,
        "bytes": point["bytes"],
        "vector_bytes": vectors,
        "discarded_bytes": whole - vectors,
        "disk_bytes": None if tuning is None else tuning["total_bytes"].get(point["codec"]),
        "row_bytes": point["row_bytes"],
        "total_row_bytes": point["total_row_bytes"],
        "smaller": whole / (section["rows"] * point["total_row_bytes"]),
    }


def _slices(section: Section) -> dict[str, Any] | None:
    """The worst slice that has a number, how many there are, those that are shown to lose; the users hurt most and what these users can show."""
    sliced = section.get("sliced")
    if sliced is None:
        return None
    return {
        "metric": sliced["metric"],
        "count": len(sliced["slices"]),
        "worst": next((one for one in sliced["slices"] if one["drop"] is not None), None),
        "losing": [f"{one['kind']}: {one['name']}" for one in sliced["slices"] if one["verdict"] == "loses"],
        "moved": [f"{one['kind']}: {one['group']}, {one['verdict']}" for one in sliced["exposure"] if one["verdict"] != "steady"],
        "worst_users": sliced["worst_users"],
        "power": sliced["power"],
    }


def _intended(section: Section) -> list[str]:
    return [
        "Searching and ranking these rows for queries of the embedding space that they were made in, by the score that the figures were measured with.",
        f"Queries like those that were measured: {re.sub(r'[.;]*$', '', section['about'])}.",
    ]


def _limits(section: Section, point: Point) -> list[str]:
    found = [
        "The float32 vectors cannot be had back from it: decoded rows are near to them, not equal. Keep them where they are needed.",
        "Training on decoded rows, clustering them or reading attributes from them are other tasks: measure them first (rankfold suite).",
        "Vectors that were trained again are another space: compress them anew, and do not mix queries of one with rows of the other.",
        "Rows that are added later are coded by what was fitted to these rows, and were not measured.",
    ]
    if section.get("calibration") is None:
        found.append("Scores are near to the exact ones, not equal: thresholds and probabilities need a calibration of their own (rankfold calibrate).")
    quality = point["quality"]
    if quality is not None and quality.get("shown") is not None:
        lost = numbers.percent(cast(float, quality["shown"]))
        found.append(f"With these queries it is shown that less than {lost} % of {numbers.metric_name(section['metric'])} is lost, not that nothing is.")
    return found

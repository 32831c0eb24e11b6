"""What a report says, as plain JSON: the same value is written as report.json and drawn as HTML, so that their numbers agree.

All numbers are finite; shares are fractions (0.012 is 1.2 %); bytes are whole unless a row's average; times are milliseconds.
`low` and `high` are the ends of a 95 % interval.
"""

from typing import Literal, NotRequired, TypedDict

from ..errors import InputError
from .schema import check_shape


class Estimate(TypedDict):
    """A mean over queries and its interval."""

    mean: float
    low: float
    high: float


class Quality(TypedDict):
    """A metric before and after, and the relative drop with its paired interval: 0.012 means 1.2 % lost, below 0 means gained.

    n: queries. shown: the smallest margin that less is shown to be lost than, None where there is none. reason: why there is no interval; low and high are
    then -1 and 1.
    """

    before: float
    after: float
    drop: float
    low: float
    high: float
    n: NotRequired[int]
    shown: NotRequired[float | None]
    reason: NotRequired[str]


class Fidelity(TypedDict):
    """How much of the exact list is still found: the share of the first k, from 0 to 1."""

    metric: str
    mean: float
    low: float
    high: float


class Bucket(TypedDict):
    """Share of the baseline's quality kept among n relevant items of one popularity class; above 1 means gained."""

    kept: float
    low: float
    high: float
    n: int


class Parts(TypedDict):
    """Bytes of the whole table, by what they are for."""

    codes: int
    ids: int
    scales: int
    codebooks: int


class Point(TypedDict):
    """One codec that was tried.

    codec: its name in this report, unique in the section. family: codecs of one family share a colour, a marker and a line.
    row_bytes: one coded row. total_row_bytes: all of `bytes` divided by the rows.
    quality: None where nobody knows what is relevant. buckets: head, mid and tail by popularity, in this order, or None.
    scan_ms: one query over the whole table. losses: of every metric measured, by name.
    """

    codec: str
    family: str
    row_bytes: float
    total_row_bytes: float
    bytes: Parts
    quality: Quality | None
    fidelity: Fidelity
    buckets: dict[str, Bucket] | None
    scan_ms: float | None
    note: NotRequired[str]
    losses: NotRequired[dict[str, Quality]]


class Choice(TypedDict):
    """The codec that was taken (the name of a point) and why, in one sentence."""

    codec: str
    why: str


class Neighbours(TypedDict):
    """The nearest items of one item by the original vectors and by the chosen codec's, nearest first, as text."""

    item: str
    before: list[str]
    after: list[str]


class Measures(TypedDict):
    """A further table of numbers: a line each, one number (or None) a column; `about` says what they mean."""

    title: str
    about: str
    columns: list[str]
    lines: dict[str, list[float | None]]


class LatentItems(TypedDict):
    """A latent and the items that say what it stands for, as text with the value there: those of the largest, and those at the other end, furthest below 0.

    rows: how many items have it; share: of all; by_bucket: of head, mid and tail, or None. size: mean |value|; positive: share of values above 0.
    """

    latent: int
    rows: int
    share: float
    by_bucket: dict[str, float] | None
    size: float
    positive: float
    highest: list[str]
    lowest: list[str]


class Latents(TypedDict):
    """What a dictionary of latents holds, for a codec whose rows are sums of a few of them; `facts` are said as names and texts."""

    about: str
    facts: dict[str, str]
    lines: list[LatentItems]


class Limit(TypedDict):
    """One limit of a budget: its name (row_bytes, total_bytes, max_loss as a share, p99_ms), what was asked, what was got, and whether it holds.

    holds: "unsure" where the interval of a loss reaches beyond it, or nothing was measured.
    """

    name: str
    asked: float
    got: float | None
    holds: Literal["yes", "no", "unsure"]


class Tried(TypedDict):
    """One codec of a search. share: of the rows in its largest trial, 1 in full, 0 for none. overlap: with the exact lists there, on choosing users.

    total_bytes: of the artifact, by arithmetic unless share is 1. seconds: of one core. fate: why it went no further; "" where it is a point.
    """

    codec: str
    family: str
    row_bytes: int
    total_bytes: int | None
    share: float
    overlap: float | None
    seconds: float
    fate: str


class Tuning(TypedDict):
    """A search within a budget. asked: limit -> what was asked; kept: each of them and whether it holds, on users who chose nothing.

    frontier: names of the points that no other point beats in bytes of the artifact and agreement together. tried: every codec. total_bytes, p99_ms: of points
    by name, all files on disk, and single searches where they were timed. chosen_on, reported_on: queries. seconds: on the clock; core_seconds: of one
    core, choice_core_seconds: of these until the choice was made. forecast: what was predicted before any fit: its facts by name, or None.
    """

    asked: dict[str, float]
    kept: list[Limit]
    frontier: list[str]
    tried: list[Tried]
    total_bytes: dict[str, int]
    p99_ms: dict[str, float]
    chosen_on: int
    reported_on: int
    seconds: float
    core_seconds: float
    choice_core_seconds: float
    forecast: dict[str, float | None] | None


class Provenance(TypedDict):
    """What the figures of the codec taken are about. artifact: its name in the store, None when none was written; task: digest of what was asked;
    measured_at: UTC, such as 2025-06-01T12:00:00+00:00; queries: how many were judged."""

    artifact: str | None
    task: str
    measured_at: str
    queries: int


class Slice(TypedDict):
    """The loss of one group of users, or of the items of one group, of the codec taken; None where there is no number.

    kind: what it is a group by. hits: queries with a hit in the baseline. p: of "nothing is lost"; adjusted: by Holm among all slices. gap: how much more
    is lost than by the rest of the kind (gap, low, high, p); worse: whether that is shown, by Holm. verdict: loses where shown, holds where shown to be small.
    """

    kind: str
    name: str
    before: float | None
    after: float | None
    drop: float | None
    low: float | None
    high: float | None
    n: int
    hits: int
    p: float | None
    adjusted: float | None
    worse: bool
    verdict: Literal["loses", "unclear", "holds"]
    gap: dict[str, float | None]


class Exposure(TypedDict):
    """Places on first screens that the items of one group fill: shares before and after, the relative change, its interval, Holm's p of "unchanged"."""

    kind: str
    group: str
    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    adjusted: float | None
    n: int
    verdict: Literal["gains", "loses", "steady"]


class WorstUsers(TypedDict):
    """Relative drop among the `share` of users hurt most, measured on items that did not choose them; apparent: on those that did. users: judged so."""

    metric: str
    share: float
    drop: float | None
    low: float | None
    high: float | None
    apparent: float | None
    users: int


class Power(TypedDict):
    """What n users can show: the loss detectable with a power of 80 and 90 %, and the users needed for a loss of `loss` with 90 %."""

    n: int
    spread: float | None
    detectable_80: float | None
    detectable_90: float | None
    loss: float
    needed: int | None


class Sliced(TypedDict):
    """For whom the codec taken loses. metric: of slices, worst first. exposure: groups of items shown more or less, the greatest change first."""

    metric: str
    slices: list[Slice]
    exposure: list[Exposure]
    worst_users: WorstUsers | None
    power: Power | None


class CalibrationErrors(TypedDict):
    """ECE of the scores' map before compression and as stored with the artifact; by_chance: what a faultless one would show."""

    before: float
    stored: float
    by_chance: float


class Finding(TypedDict):
    """Something the reader should know: a warning may change the decision, a note does not."""

    level: Literal["warning", "note"]
    text: str


class Section(TypedDict):
    """One data set.

    metric: what `quality` measures, such as "ndcg@10"; where quality is None, the same name as `fidelity.metric`.
    baseline: float32 vectors and what else they are compared with, such as plain popularity: name -> estimate of `metric`.
    choice: None when nothing fits. measures: further tables, such as calibration or lists seen by users. latents: only where the rows taken have them.
    tuning: only where a search within a budget made the choice. provenance, sliced, calibration: evidence for a gate, about the choice or the only point.
    guards: what users would notice on first screens (see evaluate/guards.py), by name.
    """

    name: str
    about: str
    rows: int
    dim: int
    metric: str
    baseline: dict[str, Estimate]
    points: list[Point]
    choice: Choice | None
    neighbours: list[Neighbours]
    findings: list[Finding]
    measures: NotRequired[list[Measures]]
    latents: NotRequired[Latents]
    tuning: NotRequired[Tuning]
    provenance: NotRequired[Provenance]
    sliced: NotRequired[Sliced]
    calibration: NotRequired[CalibrationErrors]
    guards: NotRequired[dict[str, Estimate | None]]


class ReportContent(TypedDict):
    """A whole report. made_with: machine, seed, versions: name -> text or number. reproduce: commands, one a line."""

    title: str
    made_with: dict[str, str | int | float]
    sections: list[Section]
    reproduce: list[str]


def check(report: object) -> None:
    """Raise InputError, with the place, unless `report` is a ReportContent with finite numbers whose parts agree with each other."""
    check_shape(report, ReportContent, "report")
    sections: list[Section] = report["sections"]  # type: ignore[index]
    if not sections:
        raise InputError("report.sections: got none; expected at least one data set.")
    for number, section in enumerate(sections):
        _check_section(section, f"report.sections[{number}]")


def _check_section(section: Section, where: str) -> None:
    if section["rows"] < 1 or section["dim"] < 1:
        raise InputError(f"{where}: got {section['rows']} rows and {section['dim']} dimensions; expected at least one of each.")
    names = [point["codec"] for point in section["points"]]
    if not names or len(set(names)) != len(names):
        raise InputError(f"{where}.points: got codecs {', '.join(names) or 'none'}; expected at least one, each named once.")
    for number, point in enumerate(section["points"]):
        _check_point(point, f"{where}.points[{number}]")
    choice = section["choice"]
    if choice is not None and choice["codec"] not in names:
        raise InputError(f"{where}.choice.codec: got {choice['codec']!r}; expected the name of a point: {', '.join(names)}.")
    if len({point["quality"] is None for point in section["points"]}) != 1:
        raise InputError(f"{where}.points: some have a quality and some have none; expected all or none, or they cannot be compared.")
    for number, measures in enumerate(section.get("measures", [])):
        if any(len(line) != len(measures["columns"]) for line in measures["lines"].values()):
            raise InputError(f"{where}.measures[{number}].lines: expected {len(measures['columns'])} numbers in each line, one a column.")
    for number, latent in enumerate(section["latents"]["lines"] if "latents" in section else []):
        if not all(0 <= share <= 1 for share in (latent["share"], latent["positive"], *(latent["by_bucket"] or {}).values())):
            raise InputError(f"{where}.latents.lines[{number}]: got a share outside 0 to 1.")
    for name, estimate in section["baseline"].items():
        _check_interval(estimate["low"], estimate["high"], f"{where}.baseline[{name!r}]")


def _check_point(point: Point, where: str) -> None:
    if point["row_bytes"] <= 0 or point["total_row_bytes"] <= 0 or min(point["bytes"].values()) < 0:  # type: ignore[type-var,operator]
        raise InputError(f"{where}: got {point['row_bytes']} bytes a row, {point['total_row_bytes']} in all and parts {point['bytes']}; expected more than 0.")
    if point["scan_ms"] is not None and point["scan_ms"] < 0:
        raise InputError(f"{where}.scan_ms: got {point['scan_ms']}; expected at least 0.")
    fidelity = point["fidelity"]
    _check_interval(fidelity["low"], fidelity["high"], f"{where}.fidelity")
    if not 0 <= fidelity["mean"] <= 1:
        raise InputError(f"{where}.fidelity.mean: got {fidelity['mean']}; expected a share from 0 to 1.")
    if point["quality"] is not None:
        _check_interval(point["quality"]["low"], point["quality"]["high"], f"{where}.quality")
    for name, bucket in (point["buckets"] or {}).items():
        _check_interval(bucket["low"], bucket["high"], f"{where}.buckets[{name!r}]")


def _check_interval(low: float, high: float, where: str) -> None:
    if low > high:
        raise InputError(f"{where}: got an interval from {low} to {high}; expected low at most high.")

"""Charts of one number a codec against its bytes a row: quality lost, and fidelity; and of a search against all bytes of the artifact."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import cast

from . import numbers
from .axes import Axis, decade_ticks, even_axis, even_ticks, log_axis, log_ticks, root_axis, root_ticks
from .content import Quality, Section
from .markers import Families
from .markup import Markup, tag

WIDTH, HEIGHT = 460, 330
LEFT, RIGHT, TOP, BOTTOM = 54, 14, 16, 46
NUMBER_WIDTH, NUMBER_HEIGHT = 6.2, 9.0


@dataclass(frozen=True, slots=True)
class Dot:
    """One point of a chart. number: its line in the table of everything tried; value, low, high: percent; said: the whole point in words."""

    number: int
    family: str
    nbytes: float
    value: float
    low: float
    high: float
    said: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """The upward axis of a chart: its ticks and how they are written."""

    axis: Axis
    ticks: list[float]
    unit: str
    label: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The axis across a chart, of bytes: its name, its ticks, and how they are written."""

    label: str
    ticks: Callable[[Axis], list[float]]
    write: Callable[[float], str]


ROWS = Ground("bytes a row, all parts counted (log scale)", log_ticks, numbers.row_bytes)
DISK = Ground("bytes of the artifact on disk (log scale)", decade_ticks, numbers.size)


def quality_chart(section: Section, families: Families, ident: str) -> Markup:
    """Relative loss of the section's metric, least at the top, on a root axis; None of the points may lack a quality."""
    dots = [_quality_dot(section, number) for number, point in enumerate(section["points"], 1) if point["quality"] is not None]
    return _chart(dots, _lost(section, dots), families, ident, f"{numbers.metric_name(section['metric'])} lost against bytes a row")


def fidelity_chart(section: Section, families: Families, ident: str) -> Markup:
    """Share of the exact list that is still found, on an even axis."""
    dots = [_fidelity_dot(section, number) for number in range(1, len(section["points"]) + 1)]
    return _chart(dots, _found(section, dots), families, ident, f"{numbers.metric_name(section['points'][0]['fidelity']['metric'])} against bytes a row")


def frontier_chart(section: Section, families: Families, ident: str) -> Markup:
    """Points of a search by all bytes of their artifacts: relative loss, or fidelity where no loss is known; the frontier is joined by a line.

    The section has a tuning that knows the bytes of at least one point.
    """
    tuning = section["tuning"]
    judged = section["points"][0]["quality"] is not None
    sized = {number: tuning["total_bytes"][point["codec"]] for number, point in enumerate(section["points"], 1) if point["codec"] in tuning["total_bytes"]}
    dots = [(_quality_dot if judged else _fidelity_dot)(section, number, size) for number, size in sized.items()]
    front = [number for number in sized if section["points"][number - 1]["codec"] in tuning["frontier"]]
    name = f"{numbers.metric_name(section['metric'])} lost" if judged else numbers.metric_name(section["points"][0]["fidelity"]["metric"])
    scale = _lost(section, dots) if judged else _found(section, dots)
    return _chart(dots, scale, families, ident, f"{name} against bytes of the artifact", ground=DISK, front=front)


def _lost(section: Section, dots: list[Dot]) -> Scale:
    axis = root_axis([end for dot in dots for end in (dot.low, dot.high, dot.value)], TOP, HEIGHT - BOTTOM)
    return Scale(axis, root_ticks(axis), " %", f"{numbers.metric_name(section['metric'])} lost (wider near 0)")


def _found(section: Section, dots: list[Dot]) -> Scale:
    step = 10 if max(dot.high for dot in dots) - min(dot.low for dot in dots) > 15 else 5
    axis = even_axis([end for dot in dots for end in (dot.low, dot.high, dot.value)], HEIGHT - BOTTOM, TOP, step=step, least=0, most=100)
    return Scale(axis, even_ticks(axis, step), " %", numbers.metric_name(section["points"][0]["fidelity"]["metric"]))


def _quality_dot(section: Section, number: int, on_disk: int | None = None) -> Dot:
    point = section["points"][number - 1]
    quality = cast(Quality, point["quality"])
    said = f"{number}. {point['codec']}: {numbers.percent(quality['drop'])} % lost ({numbers.interval(quality['low'], quality['high'])}), "
    return _dot(section, number, (quality["drop"], quality["low"], quality["high"]), said, on_disk)


def _fidelity_dot(section: Section, number: int, on_disk: int | None = None) -> Dot:
    point = section["points"][number - 1]
    fidelity = point["fidelity"]
    said = f"{number}. {point['codec']}: {numbers.percent(fidelity['mean'])} % still found ({numbers.interval(fidelity['low'], fidelity['high'])}), "
    return _dot(section, number, (fidelity["mean"], fidelity["low"], fidelity["high"]), said, on_disk)


def _dot(section: Section, number: int, ends: tuple[float, float, float], said: str, on_disk: int | None) -> Dot:
    point, choice = section["points"][number - 1], section["choice"]
    said += f"{numbers.row_bytes(point['total_row_bytes'])} bytes a row in all" if on_disk is None else f"{numbers.size(on_disk)} on disk"
    chosen = choice is not None and choice["codec"] == point["codec"]
    value, low, high = (100 * end for end in ends)
    return Dot(number, point["family"], point["total_row_bytes"] if on_disk is None else on_disk, value, low, high, said, chosen)


def _chart(dots: list[Dot], scale: Scale, families: Families, ident: str, title: str, *, ground: Ground = ROWS, front: Collection[int] | None = None) -> Markup:
    across = log_axis([dot.nbytes for dot in dots], LEFT, WIDTH - RIGHT)
    parts: list[Markup | None] = [tag("title", title, id=f"{ident}-t"), tag("desc", _in_words(dots), id=f"{ident}-d"), *_frame(across, scale, ground)]
    lines = (
        [("front", [dot for dot in dots if dot.number in front])]
        if front is not None
        else [(families.colour(family), [dot for dot in dots if dot.family == family]) for family in families.names]
    )
    for look, joined in lines:
        path = "L".join(f"{across.at(dot.nbytes):.1f} {scale.axis.at(dot.value):.1f}" for dot in sorted(joined, key=lambda dot: dot.nbytes))
        if len(joined) > 1:
            parts.append(tag("path", d=f"M{path}", class_=f"line {look}"))
    taken: list[tuple[float, float, float, float]] = []
    for dot in dots:
        x, y = across.at(dot.nbytes), scale.axis.at(dot.value)
        taken.append((x - 6, y - 6, x + 6, y + 6))
    for dot in dots:
        parts.append(_drawn(dot, across, scale.axis, families))
        parts.append(_number(dot, across.at(dot.nbytes), scale.axis.at(dot.value), taken))
    return tag("svg", *parts, view_box=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_labelledby=f"{ident}-t {ident}-d", class_="chart")


def _in_words(dots: list[Dot]) -> str:
    chosen = [dot.said for dot in dots if dot.chosen]
    taken = f" Taken: {chosen[0]}." if chosen else ""
    return f"{len(dots)} codecs; better is higher, smaller is further left.{taken} The table of everything tried holds the same numbers."


def _frame(across: Axis, scale: Scale, ground: Ground) -> list[Markup]:
    parts = []
    for tick in scale.ticks:
        y = scale.axis.at(tick)
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="zero" if tick == 0 else "grid"))
        parts.append(tag("text", f"{tick:g}".replace("-", numbers.MINUS) + scale.unit, x=LEFT - 7, y=f"{y + 4:.1f}", class_="tick end"))
    for tick in ground.ticks(across):
        x = f"{across.at(tick):.1f}"
        parts.append(tag("line", x1=x, x2=x, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM + 5, class_="axis"))
        parts.append(tag("text", ground.write(tick), x=x, y=HEIGHT - BOTTOM + 18, class_="tick middle"))
    parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM, class_="axis"))
    parts.append(tag("text", ground.label, x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 8, class_="label middle"))
    return parts


def _drawn(dot: Dot, across: Axis, up: Axis, families: Families) -> Markup:
    x, y = across.at(dot.nbytes), up.at(dot.value)
    low, high, colour = up.at(dot.low), up.at(dot.high), families.colour(dot.family)
    whisker = tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=f"{low:.1f}", y2=f"{high:.1f}", class_=f"whisker {colour}")
    ring = tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=10, class_="ring") if dot.chosen else None
    return tag("g", tag("title", dot.said), whisker, ring, families.marker(dot.family, x, y))


def _number(dot: Dot, x: float, y: float, taken: list[tuple[float, float, float, float]]) -> Markup | None:
    """The point's number beside it, where there is room; nothing where there is none: the table has it."""
    width, away = NUMBER_WIDTH * len(str(dot.number)), 12 if dot.chosen else 8
    for left, top in ((x + away, y - 4), (x - away - width, y - 4), (x + away - 2, y - 13), (x - away - width + 2, y - 13), (x + away - 2, y + 4)):
        box = (left, top, left + width, top + NUMBER_HEIGHT)
        inside = box[0] > LEFT and box[2] < WIDTH - 2 and box[1] > 0 and box[3] < HEIGHT - BOTTOM
        if inside and not any(box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3] for other in taken):
            taken.append(box)
            return tag("text", dot.number, x=f"{left:.1f}", y=f"{top + NUMBER_HEIGHT - 1:.1f}", class_="number")
    return None

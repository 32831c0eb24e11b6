"""One picture a set: quality against bytes a row, our codecs in colour, the families of peers beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from rankfold.report.axes import Axis, even_axis, even_ticks, log_axis, log_ticks, root_axis, root_ticks
from rankfold.report.markers import outline
from rankfold.report.markup import Markup, tag

from .envelope import Result

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 860, 520, 62, 210, 46, 52
# First words of a method's name -> family; the first that fits.
FAMILIES = (
    "rankfold layered",
    "rankfold trellis",
    "rankfold tiers",
    "rankfold viewed",
    "rankfold",
    "faiss PQ",
    "faiss OPQ",
    "faiss PRQ",
    "faiss RQ",
    "faiss LSQ",
    "faiss EDEN",
    "EDEN",
    "faiss RaBitQ",
)
FAMILIES += ("PCA dims", "leading dims", "turbovec", "scann", "usearch", "sparse autoencoder")
COLOURS = {"rankfold layered": "#b3123f", "rankfold trellis": "#e0641b", "rankfold tiers": "#7d1128", "rankfold viewed": "#f0a33c", "rankfold": "#c99700"}
PEER_COLOURS = (
    "#1f5fa8",
    "#2a8c82",
    "#6a51a3",
    "#3f3f8f",
    "#4d8f2f",
    "#6b7280",
    "#8c6d46",
    "#337a9c",
    "#7a7a7a",
    "#a0a0a0",
    "#59788e",
    "#8a5a83",
    "#46605a",
    "#909a3a",
)
SHAPES = ("circle", "square", "triangle", "diamond", "point", "plus", "hexagon", "cross")
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.tick,.key{fill:#555}.title{font-size:15px;font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}"
)


@dataclass(frozen=True, slots=True)
class Line:
    """The best of one family at each size: points (bytes, value), bytes rising."""

    family: str
    points: tuple[tuple[float, float], ...]


def family_of(one: Result) -> str:
    """The family whose line a result belongs to."""
    return next((name for name in FAMILIES if one.method.startswith(name)), one.method)


def lines(found: Sequence[Result], text: bool) -> list[Line]:
    """The best of every family at each number of bytes, in the order of FAMILIES. Values are per cent: agreement@100, or NDCG@10 lost."""
    best: dict[tuple[str, float], float] = {}
    for one in found:
        value = 100 * (one.quality if text else -one.figure("ndcg@10", "drop"))
        key = (family_of(one), one.row_bytes)
        best[key] = max(value, best.get(key, value))
    families = sorted({family for family, _ in best}, key=lambda name: FAMILIES.index(name) if name in FAMILIES else len(FAMILIES))
    points = {family: sorted((size, value if text else -value) for (mine, size), value in best.items() if mine == family) for family in families}
    return [Line(family, tuple(points[family])) for family in families]


def picture(name: str, found: Sequence[Result], text: bool) -> str:
    """An SVG of one set, complete in itself."""
    drawn = lines(found, text)
    sizes, values = [size for line in drawn for size, _ in line.points], [value for line in drawn for _, value in line.points]
    across = log_axis(sizes, LEFT, WIDTH - RIGHT)
    up = even_axis(values, HEIGHT - BOTTOM, TOP, step=10, least=0, most=100) if text else root_axis([min(value, 60) for value in values], TOP, HEIGHT - BOTTOM)
    label = "agreement@100 with the exact lists" if text else "NDCG@10 lost (wider near 0)"
    parts = [
        tag("title", f"{name}: {label} against bytes a row"),
        tag("style", Markup(STYLE)),
        *_frame(name, label, across, up, even_ticks(up, 10) if text else root_ticks(up)),
    ]
    for place, line in enumerate(drawn):
        parts += _line(line, place, across, up)
    return tag("svg", *parts, xmlns="http://www.w3.org/2000/svg", view_box=f"0 0 {WIDTH} {HEIGHT}", width=WIDTH, height=HEIGHT, role="img") + "\n"


def _frame(name: str, label: str, across: Axis, up: Axis, ticks: list[float]) -> list[Markup]:
    parts = [tag("rect", x=0, y=0, width=WIDTH, height=HEIGHT, fill="#fff"), tag("text", f"{name}: {label}", x=LEFT, y=24, class_="title")]
    for tick in ticks:
        y = f"{up.at(tick):.1f}"
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, stroke="#e3e3e3"))
        parts.append(tag("text", f"{tick:g} %", x=LEFT - 8, y=f"{up.at(tick) + 4:.1f}", class_="tick end"))
    for tick in log_ticks(across):
        x = f"{across.at(tick):.1f}"
        parts.append(tag("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, stroke="#efefef"))
        parts.append(tag("text", f"{tick:g}", x=x, y=HEIGHT - BOTTOM + 18, class_="tick middle"))
    parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM, stroke="#777"))
    parts.append(tag("text", "bytes a row: codes and scales (log scale)", x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 12, class_="middle"))
    return parts


def _line(line: Line, place: int, across: Axis, up: Axis) -> list[Markup]:
    mine = line.family in COLOURS
    colour = COLOURS.get(line.family) or PEER_COLOURS[place % len(PEER_COLOURS)]
    spots = [(across.at(size), up.at(value)) for size, value in line.points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
    parts = [tag("path", d=path, fill="none", stroke=colour, stroke_width=2.6 if mine else 1.2, stroke_opacity=1 if mine else 0.65)] if len(spots) > 1 else []
    shape = SHAPES[place % len(SHAPES)]
    for (x, y), (size, value) in zip(spots, line.points, strict=True):
        said = tag("title", f"{line.family}, {size:g} bytes: {value:.1f} %")
        parts.append(tag("path", said, d=outline(shape, x, y, 4.5 if mine else 3.2), fill=colour))
    y = TOP + 8 + 22 * place
    parts.append(tag("path", d=outline(shape, WIDTH - RIGHT + 24, y, 4.5), fill=colour))
    parts.append(tag("text", line.family, x=WIDTH - RIGHT + 38, y=y + 4, class_="key", font_weight=600 if mine else 400))
    return parts

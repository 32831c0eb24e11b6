"""Charts with one line a codec: quality kept by popularity, and bytes by part."""

from . import numbers
from .axes import Axis, even_axis, even_ticks
from .content import Bucket, Point
from .markers import outline
from .markup import Markup, tag

WIDTH = 460
LINE = 48
TOP, BOTTOM = 8, 40
LEFT, RIGHT = 14, 18
BUCKET_SHAPES = {"head": "square", "mid": "circle", "tail": "triangle"}
PARTS = ("codes", "ids", "scales", "codebooks")
MOST_LINES = 10
MOST_LETTERS = 44


def notable(points: list[Point], chosen: str | None) -> list[int]:
    """Row numbers of the points that no other beats in both bytes and outcome, and of the chosen one; by bytes, at most ten."""
    order = sorted(range(len(points)), key=lambda row: (points[row]["total_row_bytes"], -_outcome(points[row])))
    best, front = float("-inf"), []
    for row in order:
        if _outcome(points[row]) > best:
            best = _outcome(points[row])
            front.append(row)
    keep = [row for row in order if points[row]["codec"] == chosen]
    others = [row for row in front if row not in keep]
    # Too many: leave out every other one between the ends, so that the range of sizes stays.
    while len(others) + len(keep) > MOST_LINES:
        others = others[:-1:2] + others[-1:] if len(others) > 3 else others[: MOST_LINES - len(keep)]
    return [row for row in order if row in keep or row in others]


def bucket_chart(lines: list[tuple[int, Point]], chosen: str | None, ident: str) -> Markup:
    """Share of the baseline's quality kept for head, mid and tail items, with intervals; every point must have buckets."""
    ends = [100 * value for _, point in lines for bucket in (point["buckets"] or {}).values() for value in (bucket["kept"], bucket["low"], bucket["high"])]
    step = 5 if max(ends) - min(ends) <= 40 else 10 if max(ends) - min(ends) <= 100 else 50
    across = even_axis([*ends, 100], LEFT, WIDTH - RIGHT, step=step, least=min(0.0, min(ends)), most=float("inf"))
    height = TOP + LINE * len(lines) + BOTTOM
    parts = _titles(ident, "Quality kept by popularity of the item", "One line a codec, with head, mid and tail.")
    parts += _ticks(across, even_ticks(across, step, 44), height, "quality kept, % of the float32 vectors'", strong=100)
    for place, (number, point) in enumerate(lines):
        top = TOP + LINE * place
        parts += [_rule(top), _name(number, point, chosen, top)]
        for offset, (name, bucket) in enumerate((point["buckets"] or {}).items()):
            parts.append(_bucket(name, bucket, point["codec"], across, top + 25 + 7 * offset))
    return tag("svg", *parts, view_box=f"0 0 {WIDTH} {height}", role="img", aria_labelledby=f"{ident}-t {ident}-d", class_="chart")


def bytes_chart(lines: list[tuple[int, Point]], rows: int, chosen: str | None, ident: str) -> Markup:
    """Bytes a row by part, one stacked bar a codec."""
    longest = max(sum(point["bytes"][part] for part in PARTS) / rows for _, point in lines)  # type: ignore[literal-required]
    step = _round_step(longest)
    across = even_axis([0, longest], LEFT, WIDTH - RIGHT, step=step, least=0, most=float("inf"))
    height = TOP + LINE * len(lines) + BOTTOM
    parts = _titles(ident, "Bytes a row by part", "One bar a codec.")
    parts += _ticks(across, even_ticks(across, step, 34), height, "bytes a row", strong=0)
    for place, (number, point) in enumerate(lines):
        top, at = TOP + LINE * place, 0.0
        parts += [_rule(top), _name(number, point, chosen, top)]
        for part in PARTS:
            each = point["bytes"][part] / rows  # type: ignore[literal-required]
            left, right = across.at(at), across.at(at + each)
            if each:
                said = tag("title", f"{point['codec']}, {part}: {numbers.row_bytes(each)} bytes a row")
                parts.append(tag("rect", said, x=f"{left:.1f}", y=top + 24, width=f"{right - left:.1f}", height=13, class_=f"part p-{part}"))
            at += each
    return tag("svg", *parts, view_box=f"0 0 {WIDTH} {height}", role="img", aria_labelledby=f"{ident}-t {ident}-d", class_="chart")


def bucket_key(name: str) -> Markup:
    """The marker of a bucket, for the legend."""
    shape = tag("path", d=outline(BUCKET_SHAPES.get(name, "diamond"), 7, 7, 4.5), class_=f"mark b-{_bucket_class(name)}")
    return tag("svg", shape, class_="key", view_box="0 0 14 14", aria_hidden="true", focusable="false")


def part_key(part: str) -> Markup:
    """The swatch of a part, for the legend."""
    swatch = tag("rect", x=1, y=2, width=12, height=10, class_=f"part p-{part}")
    return tag("svg", swatch, class_="key", view_box="0 0 14 14", aria_hidden="true", focusable="false")


def _titles(ident: str, title: str, said: str) -> list[Markup]:
    return [tag("title", title, id=f"{ident}-t"), tag("desc", f"{said} The table beside it holds the same numbers.", id=f"{ident}-d")]


def _outcome(point: Point) -> float:
    return point["fidelity"]["mean"] if point["quality"] is None else -point["quality"]["drop"]


def _bucket_class(name: str) -> str:
    return name if name in BUCKET_SHAPES else "other"


def _rule(top: float) -> Markup:
    return tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=top, y2=top, class_="grid")


def _name(number: int, point: Point, chosen: str | None, top: float) -> Markup:
    codec = point["codec"] if len(point["codec"]) <= MOST_LETTERS else point["codec"][: MOST_LETTERS - 1] + "\u2026"
    text = f"{number}. {codec}" + (" (taken)" if point["codec"] == chosen else "")
    return tag("text", text, x=LEFT + 4, y=top + 16, class_="label name" + (" strong" if point["codec"] == chosen else ""))


def _bucket(name: str, bucket: Bucket, codec: str, across: Axis, y: float) -> Markup:
    colour = f"b-{_bucket_class(name)}"
    said = f"{codec}, {name}: {numbers.percent(bucket['kept'])} % kept ({numbers.interval(bucket['low'], bucket['high'])}), {bucket['n']} relevant items"
    low, middle, high = (across.at(100 * value) for value in (bucket["low"], bucket["kept"], bucket["high"]))
    whisker = tag("line", x1=f"{low:.1f}", x2=f"{high:.1f}", y1=y, y2=y, class_=f"whisker {colour}")
    shape = outline(BUCKET_SHAPES.get(name, "diamond"), middle, y, 3.6)
    return tag("g", tag("title", said), whisker, tag("path", d=shape, class_=f"mark {colour}"))


def _ticks(across: Axis, ticks: list[float], height: float, label: str, *, strong: float) -> list[Markup]:
    parts = []
    for tick in ticks:
        x = f"{across.at(tick):.1f}"
        parts.append(tag("line", x1=x, x2=x, y1=TOP, y2=height - BOTTOM + 4, class_="zero" if tick == strong else "grid"))
        parts.append(tag("text", f"{tick:g}".replace("-", numbers.MINUS), x=x, y=height - BOTTOM + 17, class_="tick middle"))
    parts.append(tag("text", label, x=WIDTH / 2, y=height - 6, class_="label middle"))
    return parts


def _round_step(longest: float) -> float:
    for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if longest / step <= 8:
            return step
    return 10_000.0

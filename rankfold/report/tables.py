"""The tables of a report: captions, scoped headers, numbers to the right."""

from collections.abc import Callable, Sequence

from . import numbers
from .bars import PARTS
from .content import LatentItems, Measures, Neighbours, Point, Section
from .markers import Families
from .markup import Markup, join, tag

DASH = "\u2013"
BUCKETS = ("head", "mid", "tail")


def boxed(caption: str, head: Sequence[Markup], body: Sequence[Markup], *, class_: str = "") -> Markup:
    """A table that scrolls inside its own box when it is too wide; the box can be reached by keyboard."""
    table = tag("table", tag("caption", tag("span", caption)), tag("thead", *head), tag("tbody", *body), class_=class_ or None)
    return tag("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def header(text: object, *, number: bool = False, columns: int | None = None, rows: int | None = None) -> Markup:
    """A column's heading, or one over several columns."""
    scope = "colgroup" if columns else "col"
    return tag("th", text, scope=scope, colspan=columns, rowspan=rows, class_="group" if columns else "n" if number else None)


def row(first: object, *cells: object, class_: str | None = None) -> Markup:
    """A line of a table: its heading, then its cells, numbers unless they are elements already made by `words`."""
    made = [cell if isinstance(cell, Markup) and cell.startswith("<td") else tag("td", cell, class_="n") for cell in cells]
    return tag("tr", tag("th", first, scope="row"), *made, class_=class_)


def between(low: float, high: float) -> Markup:
    """A cell with the two ends of an interval of shares, in percent."""
    return tag("td", numbers.interval(low, high), class_="n ci")


def ends(low: float | None, high: float | None) -> Markup:
    """As `between`; a dash where one end is not known."""
    return words(DASH, class_="n ci") if low is None or high is None else between(low, high)


def or_dash(value: float | None, written: Callable[[float], str]) -> str:
    """The number as `written` writes it; a dash where there is none."""
    return DASH if value is None else written(value)


def words(*text: object, class_: str | None = None) -> Markup:
    """A cell with text."""
    return tag("td", *text, class_=class_)


def everything_tried(section: Section, families: Families) -> Markup:
    """One line a codec: size, quality, fidelity, buckets, speed. Quality and fidelity stand in column groups of their own."""
    points = section["points"]
    quality = points[0]["quality"] is not None
    buckets = any(point["buckets"] for point in points)
    timed = any(point["scan_ms"] is not None for point in points)
    noted = any(point.get("note") for point in points)
    name = numbers.metric_name(section["metric"])
    groups, columns = [header("Codec", rows=2), header("Size", columns=3)], ["a row", "all parts", "smaller"]
    if quality:
        groups.append(header("Quality", columns=3))
        columns += [name, "lost, %", "95 % interval"]
    if buckets:
        groups.append(header("Quality kept by popularity, %", columns=3))
        columns += list(BUCKETS)
    groups.append(header("Fidelity", columns=2))
    columns += [numbers.metric_name(points[0]["fidelity"]["metric"]) + ", %", "95 % interval"]
    if timed:
        groups.append(header("Speed", columns=1))
        columns.append("scan, ms")
    if noted:
        groups.append(header("Note", rows=2))
    body = [_tried(section, families, line, quality, buckets, timed, noted) for line in range(len(points))]
    caption = f"Everything tried on {section['name']}. Bytes are bytes a row; scan is one query over all {numbers.whole(section['rows'])} rows."
    return boxed(caption, [tag("tr", *groups), tag("tr", *(header(column, number=True) for column in columns))], body, class_="tried")


def _tried(section: Section, families: Families, line: int, quality: bool, buckets: bool, timed: bool, noted: bool) -> Markup:
    point = section["points"][line]
    chosen = section["choice"] is not None and section["choice"]["codec"] == point["codec"]
    cells: list[object] = [
        numbers.row_bytes(point["row_bytes"]),
        numbers.row_bytes(point["total_row_bytes"]),
        numbers.times(4 * section["dim"] / point["total_row_bytes"]),
    ]
    found, fidelity = point["quality"], point["fidelity"]
    if quality and found is not None:
        cells += [numbers.metric(found["after"]), numbers.percent(found["drop"]), between(found["low"], found["high"])]
    if buckets:
        kept = point["buckets"] or {}
        cells += [numbers.percent(kept[name]["kept"]) if name in kept else DASH for name in BUCKETS]
    cells += [numbers.percent(fidelity["mean"]), between(fidelity["low"], fidelity["high"])]
    if timed:
        cells.append(DASH if point["scan_ms"] is None else numbers.milliseconds(point["scan_ms"]))
    if noted:
        cells.append(words(point.get("note", ""), class_="note"))
    name = join([families.key(point["family"]), f"{line + 1}. {point['codec']}", tag("strong", " taken", class_="taken") if chosen else None])
    return row(name, *cells, class_="chosen" if chosen else None)


def bucket_table(lines: list[tuple[int, Point]], caption: str) -> Markup:
    """The twin of the bucket chart: kept, interval and the number of relevant items of every bucket."""
    names = [name for name in BUCKETS if any(name in (point["buckets"] or {}) for _, point in lines)]
    counts = {name: max((point["buckets"] or {})[name]["n"] for _, point in lines if name in (point["buckets"] or {})) for name in names}
    head = [tag("tr", header("Codec", rows=2), *(header(f"{name} (n = {numbers.whole(counts[name])})", columns=2) for name in names))]
    head.append(tag("tr", *(header(text, number=True) for _ in names for text in ("kept, %", "95 % interval"))))
    body = []
    for number, point in lines:
        cells: list[object] = []
        for name in names:
            bucket = (point["buckets"] or {}).get(name)
            cells += [numbers.percent(bucket["kept"]), between(bucket["low"], bucket["high"])] if bucket else [DASH, DASH]
        body.append(row(f"{number}. {point['codec']}", *cells))
    return boxed(caption, head, body)


def bytes_table(lines: list[tuple[int, Point]], rows: int, caption: str) -> Markup:
    """The twin of the bytes chart: bytes a row of every part, and the size of the whole."""
    head = tag("tr", header("Codec"), *(header(part, number=True) for part in PARTS), header("in all", number=True), header("whole table", number=True))
    body = []
    for number, point in lines:
        parts = [point["bytes"][part] for part in PARTS]  # type: ignore[literal-required]
        each = [numbers.row_bytes(part / rows) for part in [*parts, sum(parts)]]
        body.append(row(f"{number}. {point['codec']}", *each, numbers.size(sum(parts))))
    return boxed(caption, [head], body)


def baseline_table(section: Section) -> Markup:
    """What the codecs are measured against."""
    head = tag("tr", header("Compared with"), header(numbers.metric_name(section["metric"]), number=True), header("95 % interval", number=True))
    body = []
    for name, one in section["baseline"].items():
        body.append(row(name, numbers.metric(one["mean"]), f"{numbers.metric(one['low'])} to {numbers.metric(one['high'])}"))
    return boxed("Baselines, uncompressed", [head], body)


def measure_table(measures: Measures) -> Markup:
    """A further table of numbers, with what they mean as its caption."""
    head = tag("tr", header(measures["title"]), *(header(column, number=True) for column in measures["columns"]))
    body = [row(name, *(DASH if value is None else numbers.measure(value) for value in line)) for name, line in measures["lines"].items()]
    return boxed(measures["about"], [head], body)


def latent_table(lines: Sequence[LatentItems]) -> Markup:
    """One line a latent: how often and how strongly items have it, and the items at both of its ends."""
    buckets = [name for name in BUCKETS if any(name in (line["by_bucket"] or {}) for line in lines)]
    columns = ("items, %", *(f"{name}, %" for name in buckets), "mean size", "above 0, %")
    head = tag("tr", header("Latent"), *(header(text, number=True) for text in columns), header("strongest"), header("at the other end"))
    body = []
    for line in lines:
        shares = line["by_bucket"] or {}
        often = [numbers.percent(line["share"]), *(numbers.percent(shares[name]) if name in shares else DASH for name in buckets)]
        ends = (words(*(tag("div", text) for text in line[end]) if line[end] else DASH, class_="note") for end in ("highest", "lowest"))
        body.append(row(line["latent"], *often, numbers.measure(line["size"]), numbers.percent(line["positive"]), *ends))
    return boxed("Latents that make up most of the items, and the items where they are strongest", [head], body)


def neighbour_table(shown: Neighbours) -> Markup:
    """Two lists side by side; what left, what came and what moved is said in words and signs, not by colour alone."""
    before, after = _counted(shown["before"]), _counted(shown["after"])
    body = []
    for place in range(max(len(before), len(after))):
        left, right = words(DASH), words(DASH)
        if place < len(before):
            gone = before[place] not in after
            left = words(before[place][0], tag("span", " gone", class_="tag gone") if gone else None, class_="was" if gone else None)
        if place < len(after):
            right = words(after[place][0], _movement(before, after[place], place), class_="is-new" if after[place] not in before else None)
        body.append(row(place + 1, left, right))
    head = tag("tr", header("#"), header("before, float32"), header("after"))
    return boxed(shown["item"], [head], body, class_="neighbours")


def _counted(labels: list[str]) -> list[tuple[str, int]]:
    """Each label with how often it came before, so that two works of one title stay two."""
    return [(label, labels[:place].count(label)) for place, label in enumerate(labels)]


def _movement(before: list[tuple[str, int]], entry: tuple[str, int], place: int) -> Markup | None:
    if entry not in before:
        return tag("span", " new", class_="tag new")
    moved = before.index(entry) - place
    if not moved:
        return None
    sign, word = ("\u2191", "up") if moved > 0 else ("\u2193", "down")
    return tag("span", f" {sign}{abs(moved)}", class_="tag moved", title=f"{word} {abs(moved)}")

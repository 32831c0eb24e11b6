"""The whole report as one HTML page: no scripts, nothing fetched, at most 1 MB."""

from collections.abc import Mapping
from typing import cast

from ..errors import InputError
from . import numbers
from .bars import PARTS, bucket_chart, bucket_key, bytes_chart, notable, part_key
from .content import Point, ReportContent, Section, check
from .evidencetables import calibration, first_screens, other_metrics, provenance
from .markers import Families
from .markup import Markup, join, tag
from .scatter import fidelity_chart, quality_chart
from .searchtables import how_chosen
from .slicetables import for_whom
from .style import CSS
from .tables import (
    BUCKETS,
    DASH,
    baseline_table,
    boxed,
    bucket_table,
    bytes_table,
    everything_tried,
    header,
    latent_table,
    measure_table,
    neighbour_table,
    row,
    words,
)

MAX_BYTES = 1_000_000
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def render(report: Mapping[str, object]) -> str:
    """The report as one HTML document.

    report: a content.ReportContent (plain JSON values). Same report, same text.
    Raises InputError for anything else, for numbers that are not finite, and when the page would be larger than 1 MB.
    """
    check(report)
    content = cast(ReportContent, report)
    body = [_top(content), tag("main", *(_section(section, f"s{number}") for number, section in enumerate(content["sections"]))), _foot(content)]
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("title", content["title"]),
        tag("style", Markup(CSS)),
    ]
    page = "<!DOCTYPE html>\n" + tag("html", tag("head", *head), tag("body", *body), lang="en") + "\n"
    nbytes = len(page.encode())
    if nbytes > MAX_BYTES:
        raise InputError(f"report: the page would have {nbytes} bytes; expected at most {MAX_BYTES}. Leave out points, neighbours or long texts.")
    return page


def _top(content: ReportContent) -> Markup:
    """Title and the decision for every data set at a glance."""
    lines = [_glance(section) for section in content["sections"]]
    columns = ("bytes a row, before", "after, all parts", "smaller", "outcome")
    head = tag("tr", header("Data"), header("Codec taken"), *(header(text, number=True) for text in columns))
    return tag("header", tag("h1", content["title"]), boxed("The decisions at a glance", [head], lines), class_="top")


def _glance(section: Section) -> Markup:
    point = _taken(section)
    before = numbers.whole(4 * section["dim"])
    if point is None:
        return row(section["name"], words("none fits"), before, DASH, DASH, DASH)
    smaller = numbers.times(4 * section["dim"] / point["total_row_bytes"])
    return row(section["name"], words(point["codec"]), before, numbers.row_bytes(point["total_row_bytes"]), smaller, _outcome(section, point))


def _outcome(section: Section, point: Point) -> str:
    quality, fidelity = point["quality"], point["fidelity"]
    if quality is not None:
        return f"{numbers.metric_name(section['metric'])} {_change(quality['drop'])}"
    return f"{numbers.metric_name(fidelity['metric'])} {numbers.percent(fidelity['mean'])} %"


def _change(drop: float) -> str:
    return f"{numbers.percent(drop)} % lost" if drop >= 0 else f"{numbers.percent(-drop)} % gained"


def _taken(section: Section) -> Point | None:
    choice = section["choice"]
    return None if choice is None else next(point for point in section["points"] if point["codec"] == choice["codec"])


def _judged(section: Section) -> Point | None:
    """The codec that evidence is about: the one taken, or the only one."""
    return _taken(section) or (section["points"][0] if len(section["points"]) == 1 else None)


def _section(section: Section, ident: str) -> Markup:
    families = Families([point["family"] for point in section["points"]])
    rows, dim = section["rows"], section["dim"]
    size = f"{numbers.whole(rows)} rows, {numbers.whole(dim)} dimensions, {numbers.size(4 * rows * dim)} as float32."
    parts = [tag("h2", section["name"], id=ident), tag("p", section["about"], " ", size, class_="about"), _decision(section), _findings(section)]
    parts += [tag("h3", "What is lost at what size"), *_scatter(section, families, ident), everything_tried(section, families)]
    if section["baseline"]:
        parts.append(baseline_table(section))
    parts += [*how_chosen(section, families, f"{ident}-c"), *_closer(section, ident), *for_whom(section)]
    parts += [*other_metrics(section, _judged(section)), *first_screens(section), *calibration(section), *_measures(section), *_latents(section)]
    parts += [*_neighbours(section), *provenance(section)]
    return tag("section", *parts, class_="set", aria_labelledby=ident)


def _decision(section: Section) -> Markup:
    point, choice = _taken(section), section["choice"]
    if point is None or choice is None:
        return tag("div", tag("p", tag("strong", "No codec was taken."), " None of those tried fits what was asked for."), class_="decision")
    before, after = 4 * section["dim"], point["total_row_bytes"]
    first = f": {numbers.row_bytes(after)} bytes a row with every part counted, instead of {numbers.whole(before)}: {numbers.times(before / after)} smaller."
    sentences = [tag("p", "Take ", tag("strong", point["codec"]), first), tag("p", _cost(section, point)), tag("p", "Why: ", choice["why"], class_="why")]
    return tag("div", *sentences, class_="decision")


def _cost(section: Section, point: Point) -> str:
    quality, fidelity = point["quality"], point["fidelity"]
    if quality is None:
        name = numbers.metric_name(fidelity["metric"])
        return f"{name} with the float32 list is {numbers.percent(fidelity['mean'])} % (95 % interval {numbers.interval(fidelity['low'], fidelity['high'])} %)."
    name = numbers.metric_name(section["metric"])
    verb = "falls" if quality["drop"] >= 0 else "rises"
    ends = f"95 % interval of the loss {numbers.interval(quality['low'], quality['high'])} %"
    return f"{name} {verb} from {numbers.metric(quality['before'])} to {numbers.metric(quality['after'])}: {_change(quality['drop'])} ({ends})."


def _findings(section: Section) -> Markup | None:
    if not section["findings"]:
        return None
    order = sorted(section["findings"], key=lambda finding: finding["level"] != "warning")
    lines = [tag("li", tag("strong", finding["level"].capitalize()), finding["text"], class_=finding["level"]) for finding in order]
    return tag("ul", *lines, class_="findings", aria_label="Warnings and notes")


def _scatter(section: Section, families: Families, ident: str) -> list[Markup]:
    legend = _legend("Families of codecs", [(families.key(family), family) for family in families.names])
    figures = []
    if section["points"][0]["quality"] is not None:
        said = "Does the shorter code still rank what users wanted? 0 % is the float32 vectors; lines are 95 % intervals."
        figures.append(_figure(f"Quality: {numbers.metric_name(section['metric'])} lost", None, quality_chart(section, families, f"{ident}-q"), said))
    said = "How much of the float32 list comes back. It says how close the copy is, not how good the list is."
    name = numbers.metric_name(section["points"][0]["fidelity"]["metric"])
    figures.append(_figure(f"Fidelity: {name}", None, fidelity_chart(section, families, f"{ident}-f"), said))
    hint = "Higher is better, further left is smaller; numbers are the lines of the table below. The ring marks the codec taken."
    return [tag("p", hint, class_="small"), legend, tag("div", *figures, class_="charts")]


def _legend(label: str, entries: list[tuple[Markup, str]]) -> Markup:
    return tag("ul", *(tag("li", key, name) for key, name in entries), class_="legend", aria_label=label)


def _figure(title: str, legend: Markup | None, drawing: Markup, said: str) -> Markup:
    return tag("figure", tag("h4", title), legend, drawing, tag("figcaption", said))


def _closer(section: Section, ident: str) -> list[Markup]:
    """Charts of popularity classes and of bytes by part, each with its table."""
    lines, chosen = _shown(section), _name_taken(section)
    figures, tables = [], []
    sorted_out = [(number, point) for number, point in lines if point["buckets"]]
    if sorted_out:
        legend = _legend("Popularity classes", [(bucket_key(name), name) for name in BUCKETS])
        said = "Relevant items by how often they occur in training. A mean can hide that the tail pays for it."
        figures.append(_figure("Who pays: quality kept by popularity", legend, bucket_chart(sorted_out, chosen, f"{ident}-b"), said))
        tables.append(bucket_table(sorted_out, f"Quality kept by popularity on {section['name']}"))
    legend = _legend("Parts of a table", [(part_key(part), part) for part in PARTS])
    said = "Codebooks are shared by all rows: on a small table they weigh much a row, on a large one little."
    figures.append(_figure("Where the bytes go", legend, bytes_chart(lines, section["rows"], chosen, f"{ident}-p"), said))
    tables.append(bytes_table(lines, section["rows"], f"Bytes a row by part on {section['name']}"))
    hint = "Only codecs that no other beats in both size and outcome, and the one taken; smallest first."
    return [tag("h3", "A closer look at the best"), tag("p", hint, class_="small"), tag("div", *figures, class_="charts"), *tables]


def _shown(section: Section) -> list[tuple[int, Point]]:
    return [(line + 1, section["points"][line]) for line in notable(section["points"], _name_taken(section))]


def _name_taken(section: Section) -> str | None:
    return None if section["choice"] is None else section["choice"]["codec"]


def _measures(section: Section) -> list[Markup]:
    return [part for measures in section.get("measures", []) for part in (tag("h3", measures["title"]), measure_table(measures))]


def _latents(section: Section) -> list[Markup]:
    if "latents" not in section:
        return []
    found = section["latents"]
    facts = tag("dl", *(join([tag("dt", name), tag("dd", text)]) for name, text in found["facts"].items()))
    return [tag("h3", "What the latents stand for"), tag("p", found["about"], class_="small"), facts, latent_table(found["lines"])]


def _neighbours(section: Section) -> list[Markup]:
    if not section["neighbours"]:
        return []
    hint = f"Nearest items by the float32 vectors and by {_name_taken(section) or 'the codec'}: new came in, gone dropped out, arrows moved so many places."
    return [tag("h3", "Neighbours before and after"), tag("p", hint, class_="small"), tag("div", *map(neighbour_table, section["neighbours"]), class_="lists")]


def _foot(content: ReportContent) -> Markup:
    parts: list[object] = [tag("h2", "How this was made")]
    if content["made_with"]:
        parts.append(tag("dl", *(join([tag("dt", name), tag("dd", value)]) for name, value in content["made_with"].items())))
    if content["reproduce"]:
        parts += [tag("h3", "Do it again"), tag("pre", tag("code", "\n".join(content["reproduce"])), tabindex="0")]
    said = "Intervals are 95 %, over queries, paired where two codecs are compared. The same numbers are in the JSON file beside this page."
    parts.append(tag("p", said, class_="small"))
    return tag("footer", tag("div", *parts))

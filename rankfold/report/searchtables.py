"""The decision of a search within a budget: limits, the frontier, what was expected before any fit, and what became of every codec (see content.Tuning)."""

from collections.abc import Mapping

from . import numbers
from .content import Limit, Section, Tried, Tuning
from .markers import Families
from .markup import Markup, join, tag
from .scatter import frontier_chart
from .tables import DASH, boxed, ends, header, or_dash, row, words

MOST_TRIED = 300
LIMITS = {"row_bytes": "bytes a row", "total_bytes": "bytes of the artifact", "max_loss": "loss, by its upper end", "p99_ms": "99 of 100 searches, ms"}
HOLDS = {"yes": "holds", "no": "does not hold", "unsure": "cannot be told"}
# A forecast says these of itself; what else it holds are facts about the rows.
FORECAST = ("row_bytes", "expected", "measured", "usual_error")


def how_chosen(section: Section, families: Families, ident: str) -> list[Markup]:
    """Everything of `tuning`, or nothing where no search made the choice. ident: of the chart, unique on the page."""
    if "tuning" not in section:
        return []
    tuning = section["tuning"]
    parts: list[Markup | None] = [tag("h3", "How it was chosen"), tag("p", _effort(tuning)), limit_table(tuning["kept"]) if tuning["kept"] else None]
    if any(point["codec"] in tuning["total_bytes"] for point in section["points"]):
        said = "The dashed line joins the frontier: nothing that was measured is smaller and nearer to the exact lists. Whiskers are 95 % intervals."
        figure = tag("figure", tag("h4", "Bytes against loss"), frontier_chart(section, families, ident), tag("figcaption", said))
        parts += [tag("div", figure, class_="charts"), frontier_table(section)]
    if tuning["forecast"]:
        parts += forecast_parts(tuning["forecast"])
    if tuning["tried"]:
        parts.append(tried_table(tuning["tried"], section["name"]))
    return [part for part in parts if part is not None]


def limit_table(kept: list[Limit]) -> Markup:
    """Each limit that was asked, what was got, and whether it holds."""
    head = tag("tr", header("Limit"), header("asked", number=True), header("got", number=True), header("on users who chose nothing"))
    body = [row(LIMITS.get(one["name"], one["name"]), amount(one, one["asked"]), amount(one, one["got"]), words(HOLDS[one["holds"]])) for one in kept]
    return boxed("The budget, and whether it was kept", [head], body)


def frontier_table(section: Section) -> Markup:
    """The twin of the frontier chart: points by all bytes of their artifacts, the smallest first."""
    tuning = section["tuning"]
    sized = sorted((point for point in section["points"] if point["codec"] in tuning["total_bytes"]), key=lambda point: tuning["total_bytes"][point["codec"]])
    judged = section["points"][0]["quality"] is not None
    columns = ["on disk", *(["lost, %", "95 % interval"] if judged else []), numbers.metric_name(section["points"][0]["fidelity"]["metric"]) + ", %"]
    columns += ["p99, ms"] if tuning["p99_ms"] else []
    body = []
    for point in sized:
        chosen = section["choice"] is not None and section["choice"]["codec"] == point["codec"]
        cells: list[object] = [numbers.size(tuning["total_bytes"][point["codec"]])]
        if point["quality"] is not None:
            cells += [numbers.percent(point["quality"]["drop"]), ends(point["quality"]["low"], point["quality"]["high"])]
        cells.append(numbers.percent(point["fidelity"]["mean"]))
        cells += [or_dash(tuning["p99_ms"].get(point["codec"]), numbers.milliseconds)] if tuning["p99_ms"] else []
        name = join([point["codec"], tag("strong", " taken", class_="taken") if chosen else None])
        body.append(row(name, *cells, words("yes" if point["codec"] in tuning["frontier"] else "no"), class_="chosen" if chosen else None))
    head = tag("tr", header("Codec"), *(header(text, number=True) for text in columns), header("on the frontier"))
    return boxed("Points of the search by bytes of the whole artifact on disk, measured on users who chose nothing", [head], body)


def forecast_parts(forecast: Mapping[str, float | None]) -> list[Markup]:
    """What was predicted from the rows alone, how it held, and the facts that it was made of."""
    parts = []
    expected, measured, size = (forecast.get(name) for name in ("expected", "measured", "row_bytes"))
    if expected is not None:
        at = "" if size is None else f" at {numbers.row_bytes(size)} bytes a row"
        said = f"Before any fit, {numbers.percent(expected)} % of the exact lists were expected to be kept{at}"
        if measured is not None:
            apart = 100 * (measured - expected)
            said += f"; measured were {numbers.percent(measured)} %, {abs(apart):.1f} points {'more' if apart >= 0 else 'less'}"
        usual = forecast.get("usual_error")
        said += ". How far off such forecasts usually are is not known." if usual is None else f". Such forecasts are usually off by {100 * usual:.1f} points."
        parts.append(tag("p", said))
    facts = [(name.replace("_", " "), value) for name, value in forecast.items() if name not in FORECAST and value is not None]
    if facts:
        parts.append(tag("dl", *(join([tag("dt", name), tag("dd", numbers.measure(value))]) for name, value in facts)))
    return parts


def tried_table(tried: list[Tried], name: str) -> Markup:
    """Every codec of the search, those that came furthest first, and why each was left."""
    ordered = sorted(tried, key=lambda one: (-one["share"], -(one["overlap"] or 0)))
    columns = ("a row", "artifact", "rows tried on, %", "lists found there, %", "seconds of one core")
    head = tag("tr", header("Codec"), *(header(text, number=True) for text in columns), header("why it was left"))
    body = []
    for one in ordered[:MOST_TRIED]:
        cells = [numbers.row_bytes(one["row_bytes"]), or_dash(one["total_bytes"], numbers.size), numbers.percent(one["share"]) if one["share"] else DASH]
        cells += [or_dash(one["overlap"], numbers.percent), numbers.milliseconds(one["seconds"]) if one["seconds"] else DASH]
        body.append(row(one["codec"], *cells, words(one["fate"] or "it was not: measured above", class_="note")))
    more = f" {numbers.whole(len(tried) - MOST_TRIED)} more are in the JSON file." if len(tried) > MOST_TRIED else ""
    return boxed(
        f"Codecs of the search on {name}, those that came furthest first. Shares of lists are of users who choose.{more}", [head], body, class_="tried"
    )


def _effort(tuning: Tuning) -> str:
    tried, full = (numbers.whole(count) for count in (len(tuning["tried"]), sum(one["share"] == 1 for one in tuning["tried"])))
    taken, worked = numbers.milliseconds(tuning["seconds"]), numbers.milliseconds(tuning["core_seconds"])
    return (
        f"{tried} codecs were looked at, {full} of them tried in full, in {taken} seconds ({worked} seconds of one core in trials). "
        f"{numbers.whole(tuning['chosen_on'])} queries chose; every figure but those of trials is of {numbers.whole(tuning['reported_on'])} others."
    )


def amount(one: Limit, value: float | None) -> str:
    """A number of a limit in its unit; a dash for None."""
    if value is None:
        return DASH
    if one["name"] == "max_loss":
        return f"{numbers.percent(value)} %"
    return numbers.milliseconds(value) if one["name"] == "p99_ms" else numbers.whole(value)

"""What else is known of the codec taken: other metrics, first screens, calibration; and what the figures are about (see content.Section)."""

from . import numbers
from .content import Estimate, Point, Section
from .lists import GUARDS, NOTICED
from .markup import Markup, join, tag
from .tables import DASH, between, boxed, ends, header, or_dash, row, words

P95 = "loss of overlap that 5 % of users exceed"
NO_INTERVAL = -1.0, 1.0


def other_metrics(section: Section, point: Point | None) -> list[Markup]:
    """All metrics of the codec taken before and after; nothing where no more than the section's own was measured."""
    losses = {} if point is None else point.get("losses", {})
    if point is None or not set(losses) - {section["metric"]}:
        return []
    columns = ("before", "after", "lost, %", "95 % interval", "shown below, %", "n")
    head = tag("tr", header("Metric"), *(header(text, number=True) for text in columns))
    body = []
    for name, one in losses.items():
        whole = "reason" in one and (one["low"], one["high"]) == NO_INTERVAL
        cells = [numbers.metric(one["before"]), numbers.metric(one["after"]), numbers.percent(one["drop"])]
        cells += [words(DASH, class_="n ci") if whole else between(one["low"], one["high"]), or_dash(one.get("shown"), numbers.percent)]
        body.append(row(numbers.metric_name(name), *cells, or_dash(one.get("n"), numbers.whole)))
    said = f"All metrics of {point['codec']}, paired over queries. Shown below: the smallest margin that less is shown to be lost than."
    return [tag("h3", "Other metrics"), boxed(said, [head], body)]


def first_screens(section: Section) -> list[Markup]:
    """What users would notice, from `guards`; nothing without, or where a further table has it with its counts already."""
    found = section.get("guards")
    if not found or any(measures["title"] == NOTICED for measures in section.get("measures", [])):
        return []
    head = tag("tr", header("First screens"), header("share, %", number=True), header("95 % interval", number=True))
    names = GUARDS | {"p95": P95}
    body = [row(names.get(name, name), *_estimate(one)) for name, one in found.items()]
    return [tag("h3", "First screens"), boxed("Shares of users or places, against the exact lists", [head], body)]


def calibration(section: Section) -> list[Markup]:
    """How far predicted rates are from true ones before and as stored; nothing without."""
    found = section.get("calibration")
    if found is None:
        return []
    head = tag("tr", header("Scores"), header("calibration error, %", number=True))
    lines = {"before compression": found["before"], "as stored with the artifact": found["stored"], "a faultless map, by chance": found["by_chance"]}
    body = [row(name, numbers.percent(value)) for name, value in lines.items()]
    said = "Expected calibration error: the mean distance of predicted and true rates over bins of equal mass."
    return [tag("h3", "Calibration"), boxed(said, [head], body)]


def provenance(section: Section) -> list[Markup]:
    """Which artifact the figures are about, of which task, when, and on how many queries; nothing without."""
    if "provenance" not in section:
        return []
    found = section["provenance"]
    facts = {
        "artifact": found["artifact"] or "none was written",
        "task": found["task"],
        "measured at": found["measured_at"],
        "queries judged": numbers.whole(found["queries"]),
    }
    pairs = tag("dl", *(join([tag("dt", name), tag("dd", text)]) for name, text in facts.items()))
    said = "The artifact is named by the digest of its bytes, the task by the digest of all queries and of what they should find."
    return [tag("h3", "What these figures are about"), tag("p", said, class_="small"), pairs]


def _estimate(one: Estimate | None) -> tuple[str, Markup]:
    return (DASH, ends(None, None)) if one is None else (numbers.percent(one["mean"]), between(one["low"], one["high"]))

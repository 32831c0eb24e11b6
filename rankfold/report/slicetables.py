"""For whom a table loses: slices, the worst first, exposure of items, the users hurt most, and what these users can show (see content.Sliced)."""

from . import numbers
from .content import Exposure, Power, Section, Slice, WorstUsers
from .markup import Markup, tag
from .tables import boxed, ends, header, or_dash, row, words

MOST_SLICES, MOST_GROUPS = 80, 60
VERDICTS = (
    "loses: a loss is shown, with one error rate of 5 % for all slices (Holm); holds: a loss below 5 % is shown; unclear: too few users to tell. "
    "More than the rest: the drop of the slice less that of all others of its kind; worse: this is shown too."
)


def for_whom(section: Section) -> list[Markup]:
    """Everything of `sliced`, or nothing where a section has none of it."""
    if "sliced" not in section:
        return []
    found, name = section["sliced"], section["name"]
    parts = [tag("h3", "For whom it loses")]
    if found["slices"]:
        parts += [tag("p", VERDICTS, class_="small"), slice_table(found["slices"], found["metric"], name)]
    if found["exposure"]:
        parts.append(exposure_table(found["exposure"], name))
    sentences = [*worst_sentences(found["worst_users"]), *power_sentences(found["power"])]
    return [*parts, *(tag("p", text) for text in sentences)] if len(parts) + len(sentences) > 1 else []


def slice_table(slices: list[Slice], metric: str, name: str) -> Markup:
    """One line a slice, in the order given, which is the worst first; the first MOST_SLICES, and in the caption how many more there are."""
    columns = ("lost, %", "95 % interval", "more than the rest, %", "95 % interval", "n")
    head = tag("tr", header("Slice"), *(header(text, number=True) for text in columns), header("verdict"))
    body = []
    for one in slices[:MOST_SLICES]:
        gap = one["gap"]
        verdict = one["verdict"] + (", worse" if one["worse"] else "")
        cells = [or_dash(one["drop"], numbers.percent), ends(one["low"], one["high"]), or_dash(gap.get("gap"), numbers.percent)]
        cells += [ends(gap.get("low"), gap.get("high")), numbers.whole(one["n"]), words(tag("strong", verdict) if one["verdict"] == "loses" else verdict)]
        body.append(row(f"{one['kind']}: {one['name']}", *cells))
    said = f"{numbers.metric_name(metric)} lost by slices of {name}, the worst first; n: queries."
    return boxed(said + _left_out(len(slices), MOST_SLICES), [head], body)


def exposure_table(groups: list[Exposure], name: str) -> Markup:
    """One line a group of items: its share of first screens before and after."""
    columns = ("before, %", "after, %", "change, %", "95 % interval", "n")
    head = tag("tr", header("Group of items"), *(header(text, number=True) for text in columns), header("verdict"))
    body = []
    for one in groups[:MOST_GROUPS]:
        cells = [or_dash(one[part], numbers.percent) for part in ("before", "after", "change")]  # type: ignore[literal-required]
        verdict = words(one["verdict"] if one["verdict"] == "steady" else tag("strong", one["verdict"]))
        body.append(row(f"{one['kind']}: {one['group']}", *cells, ends(one["low"], one["high"]), numbers.whole(one["n"]), verdict))
    said = f"Exposure on {name}: the share of places on first screens that items of a group fill. Change is relative; steady: none is shown."
    return boxed(said + _left_out(len(groups), MOST_GROUPS), [head], body)


def worst_sentences(found: WorstUsers | None) -> list[str]:
    """What the users hurt most lose, in one sentence; none where it is not known."""
    if found is None or found["drop"] is None:
        return []
    between = "too few users for an interval"
    if found["low"] is not None and found["high"] is not None:
        between = f"95 % interval {numbers.interval(found['low'], found['high'])} %"
    apparent = "" if found["apparent"] is None else f"; on the items that chose them it looks like {numbers.percent(found['apparent'])} %"
    return [
        f"The {100 * found['share']:g} % of users hurt most lose {numbers.percent(found['drop'])} % of {numbers.metric_name(found['metric'])} "
        f"({between}) on items that did not choose them{apparent}. Judged so: {numbers.whole(found['users'])} users."
    ]


def power_sentences(found: Power | None) -> list[str]:
    """What loss would have been seen with so many users; none where it is not known."""
    if found is None or found["detectable_80"] is None or found["detectable_90"] is None:
        return []
    users = "one user" if found["n"] == 1 else f"{numbers.whole(found['n'])} users"
    needed = "" if found["needed"] is None else f" To see a loss of {numbers.percent(found['loss'])} % with 90 % takes {numbers.whole(found['needed'])} users."
    return [
        f"With these {users} a loss of {numbers.percent(found['detectable_80'])} % would be seen with a chance of 80 %, "
        f"one of {numbers.percent(found['detectable_90'])} % with 90 %.{needed}"
    ]


def _left_out(count: int, most: int) -> str:
    return f" {numbers.whole(count - most)} more come after these; the JSON file has them all." if count > most else ""

"""`rankfold inspect`: what vectors look like before anything is compressed."""

from ...tune.inspection import inspect as find_facts
from .. import render
from ..inputs import read_events, read_items, read_users
from ..options import AsJson, Events, IdColumn, IdFile, Items, Seed, Space, Unknown, Users, VectorColumn
from ..output import Output
from ..progress import shown

SHOWN = 3


def inspect(
    items: Items,
    users: Users = None,
    interactions: Events = None,
    unknown: Unknown = "error",
    ids: IdFile = None,
    id_column: IdColumn = None,
    vector_column: VectorColumn = None,
    space: Space = None,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Show what vectors look like before compressing, with advice.

    Shape, row lengths, spectrum, coding gain, duplicates; with --interactions popularity against length; with --users how unevenly exact lists use the rows.
    Which dimensions, blocks and principal directions the lists rest on: what the exact top 10 loses when one is dropped.
    """
    output = Output(as_json)
    vectors = read_items(items, ids=ids, id_column=id_column, vector_column=vector_column, space=space, zero_rows="keep")
    people = read_users(users, vectors)
    events = read_events(interactions, people, vectors, unknown=unknown)
    with shown() as progress:
        facts = find_facts(
            vectors,
            users=None if people is None else people.read(),
            popularity=None if events is None else events.popularity(vectors.count),
            seed=seed,
            progress=progress,
        )
    for line in fact_lines(facts):
        output.line(line)
    output.finish({"file": str(items), **facts})


def fact_lines(facts: dict) -> list[str]:
    """The facts as text, advice last."""
    norms, spectrum, duplicates = facts["norms"], facts["spectrum"], facts["duplicates"]
    energy = ", ".join(f"{render.percent(share, 0)} in {count}" for count, share in spectrum["energy_in"].items())
    said = [
        ("shape", f"{render.count(facts['rows'])} rows x {facts['dim']} dimensions, {render.size(facts['float32_bytes'])} as float32"),
        ("space", facts["space"] or "not stated"),
        ("row lengths", f"{render.number(norms['min'])} to {render.number(norms['max'])}, median {render.number(norms['median'])}, "
         f"varying by {render.percent(norms['variation'])}"),
        ("zero rows", render.count(facts["zero_rows"])),
        ("duplicates", f"{render.count(duplicates['exact_rows'])} rows repeat another; {render.percent(duplicates['near_share_in_sample'])} nearly"),
        ("spectrum", f"effective rank {render.number(spectrum['effective_rank'])}; energy {energy or 'in all'}"),
        ("coding gain", f"{render.number(spectrum['coding_gain_bits'])} bits a dimension"),
    ]  # fmt: skip
    if facts["compressibility"]:
        said.append(("compressible", forecast_line(facts["compressibility"])))
    for key, name in (("popularity", "events"), ("exposure", "exact lists")):
        if facts[key]:
            said.append((name, share_line(facts[key])))
    return [*render.pairs(said), "", *sensitivity_lines(facts["sensitivity"]), *(f"  - {sentence}" for sentence in facts["advice"])]


def sensitivity_lines(found: dict | None) -> list[str]:
    """The parts that the lists rest on most and least, as a table; all of them are in the JSON."""
    if found is None:
        return []
    rows = []
    for kind in ("dimensions", "blocks", "directions"):
        order = found[kind]["order"]
        ends = [("most", part) for part in order[:SHOWN]] + [("least", part) for part in order[max(SHOWN, len(order) - SHOWN) :]]
        for which, part in ends:
            cells = [render.percent(found[kind][name][part]) for name in ("loss", "share", "variance")]
            rows.append([kind if which == "most" and part == order[0] else "", which, _part_name(kind, part, found["block"]), *cells])
    said = f"   drop one: what overlap@10 with the exact lists of {found['queries']:,} {found['of']} loses without it; blocks of {found['block']} dimensions"
    return [*render.columns(["parts", "", "number", "drop one", "share", "variance"], rows, left=2), said, ""]


def _part_name(kind: str, part: int, block: int) -> str:
    return f"{part * block}.." if kind == "blocks" and block > 1 else str(part)


def forecast_line(found: dict) -> str:
    """What lists are expected to keep, before any fit."""
    kept = ", ".join(f"{render.percent(1 - loss, 0)} at {size} bytes a row" for size, loss in found["loss"].items())
    error = "" if found["usual_error"] is None else f"; usual error {render.percent(found['usual_error'], 0)}"
    return f"expected of the exact top 10: {kept}{error}; hubness {found['hubness']:.1f}"


def share_line(shares: dict) -> str:
    """How unevenly events or places fall on rows."""
    top = ", ".join(f"{render.percent(share, 0)} on the {name.replace('_', ' ').replace('%', ' %')}" for name, share in shares["share"].items())
    return f"{top}; {render.count(shares['rows_with_none'])} rows have none; correlation with row length {shares['norm_correlation']:.2f}"

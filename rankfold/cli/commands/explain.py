"""`rankfold explain`: what the latents of an artifact stand for, what items are made of, why two are near."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from ...explain import read_dictionary, read_item, read_latent_items, read_pair, read_table, read_titles
from ...interactions import read_popularity
from ...store import load
from .. import explaining
from ..options import Artifact, AsJson, Events, TitleColumn, Titles, Unknown
from ..output import Output, write_json

MOST_SHOWN = 8


def explain(
    artifact: Artifact,
    item: Annotated[list[str] | None, typer.Option("--item", metavar="ID", help="An item: what it is made of. May be given several times.")] = None,
    pair: Annotated[tuple[str, str] | None, typer.Option("--pair", metavar="ID ID", help="Two items: why they are near, or far.")] = None,
    latent: Annotated[list[int] | None, typer.Option("--latent", metavar="N", help="A latent: its items. May be given several times.")] = None,
    titles: Titles = None,
    title_column: TitleColumn = "title",
    id_column: Annotated[str | None, typer.Option("--id-column", metavar="NAME", help="Column of --titles that holds the ids.")] = None,
    items: Annotated[int, typer.Option("--items", "-k", metavar="N", help="How many items to show for a latent, at each end.", min=1, max=1000)] = 3,
    interactions: Events = None,
    unknown: Unknown = "error",
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.json", help="Write everything that was found as JSON too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the latents of an artifact stand for, and why items are near.

    For artifacts whose rows are sums of a few learned directions, such as those of the codec sparse. Without --item, --pair and --latent: the whole
    dictionary, and the latents that make up most of the items. With --interactions: how often latents are used among popular, middling and rare items too.
    """
    output = Output(as_json)
    table = load(artifact)
    reading = read_table(table, None if titles is None else read_titles(titles, table, title_column=title_column, id_column=id_column))
    popularity = None if interactions is None else read_popularity(interactions, item_ids=reading.ids, unknown=unknown)
    rows = [reading.row_of(one) for one in item or []]
    both = None if pair is None else (reading.row_of(pair[0]), reading.row_of(pair[1]))
    overview = read_dictionary(reading, most=MOST_SHOWN) if not (rows or both or latent) else None
    asked = [one.latent for one in overview.heaviest] if overview is not None else list(dict.fromkeys(latent or []))
    latents = read_latent_items(reading, asked, items=items, popularity=popularity)
    made = [read_item(reading, row, items=items) for row in dict.fromkeys(rows)]
    why = None if both is None else read_pair(reading, *both, items=items)
    for line in explaining.intro_lines(reading):
        output.line(line)
    if overview is not None:
        _show(output, [explaining.dictionary_lines(overview), [f"The {len(latents)} latents that make up most of the items:"]])
    _show(output, [explaining.item_lines(one) for one in made])
    _show(output, [] if why is None else [explaining.pair_lines(why)])
    _show(output, [explaining.latent_lines(one) for one in latents])
    document: dict[str, Any] = {
        "artifact": str(artifact),
        "rows": reading.count,
        "dictionary": None if overview is None else asdict(overview),
        "items": [asdict(one) for one in made],
        "pair": None if why is None else asdict(why),
        "latents": [asdict(one) for one in latents],
    }
    if out is not None:
        write_json(out, document)
        output.line()
        output.line(f"wrote {out}")
    output.finish(document)


def _show(output: Output, parts: list[list[str]]) -> None:
    for lines in parts:
        output.line()
        for line in lines:
            output.line(line)

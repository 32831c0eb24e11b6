"""What the latents of a table stand for, as the words and numbers of a report."""

from collections.abc import Sequence

import numpy as np

from ..explain import Dictionary, Item, Reading, Strong, has_latents, read_dictionary, read_latent_items, read_table
from ..explain.titles import clean
from ..table import Table
from .content import LatentItems, Latents

MOST_LATENTS, MOST_ITEMS, MOST_NAMED, MOST_LETTERS = 12, 4, 3, 80


def latent_content(table: Table, titles: Sequence[str] | None = None, popularity: np.ndarray | None = None) -> Latents | None:
    """The latents that make up most of the rows, with the items that say what they stand for; None for a table whose rows have no latents.

    titles: a text for each row, "" where none is known. popularity: (n,) events of each row of a table without removed rows, for the shares by bucket.
    """
    if not has_latents(table):
        return None
    reading = read_table(table, titles)
    whole = read_dictionary(reading, most=MOST_LATENTS)
    lines: list[LatentItems] = []
    for one in read_latent_items(reading, [used.latent for used in whole.heaviest], items=MOST_ITEMS, popularity=popularity):
        line = LatentItems(
            latent=one.latent,
            rows=one.rows,
            share=one.share,
            by_bucket=one.by_bucket,
            size=one.mean_size,
            positive=one.positive,
            highest=_named(one.highest),
            lowest=_named(one.lowest),
        )
        lines.append(line)
    return Latents(about=about(reading), facts=dictionary_facts(whole), lines=lines)


def about(reading: Reading) -> str:
    """What a latent is, for somebody who has never heard of one."""
    held = reading.latents.index.shape[1]
    return (
        f"Each of these {reading.count:,} items is stored as a sum of at most {held} of {reading.size:,} learned directions, called latents. A latent has a "
        "number and no name: read what it stands for off the items in which it is strongest. Its value in an item has a sign: above and below 0 are the two "
        "ends of one direction, and items at different ends are each other's opposites in it."
    )


def dictionary_facts(found: Dictionary) -> dict[str, str]:
    """How the latents are used as a whole: names and texts."""
    dead = len(found.dead)
    facts = {
        "latents": f"{found.latents:,}, of which {found.latents - dead:,} are used; an item has {found.nonzeros:.1f} in the mean",
        "dead": f"{dead:,} ({dead / found.latents:.1%}) are in no item: they take room in the dictionary and say nothing",
        "evenness": f"{found.entropy_bits:.2f} of {found.uniform_bits:.2f} bits, as if {2**found.entropy_bits:,.0f} latents were used equally often",
        "most used": ", ".join(f"{one.latent} (in {one.share:.1%} of the items)" for one in found.most_used[:MOST_NAMED]) or "none",
        "twins": f"pairs of latents of almost the same direction (cosine beyond .95 or -.95): {found.twin_pairs:,}",
    }
    closest = ", ".join(f"{one.first} and {one.second} ({one.cosine:+.3f})" for one in found.twins[:MOST_NAMED])
    return facts | ({"closest twins": closest} if closest else {})


def _named(ends: Sequence[Strong]) -> list[str]:
    return [f"{_name(one.item)} ({one.value:+.3g})" for one in ends]


def _name(item: Item) -> str:
    text = item.title or clean(str(item.id))
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 3] + "..."

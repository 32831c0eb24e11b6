"""What latents stand for, as lines of text for somebody who has never heard of them. Takes the values of explain/."""

import math
import textwrap
from collections.abc import Sequence

from ..explain import Dictionary, Item, ItemReading, LatentReading, PairReading, Reading, Strong
from ..explain.titles import clean
from ..report.latents import about, dictionary_facts
from . import render

WIDTH, NAME_WIDTH, BESIDE_WIDTH = 140, 70, 36
MOST_LATENTS, MOST_CROSSED = 10, 3


def intro_lines(reading: Reading) -> list[str]:
    """What a latent is."""
    return textwrap.wrap(about(reading), WIDTH)


def dictionary_lines(found: Dictionary) -> list[str]:
    """How the latents are used as a whole."""
    return render.pairs(list(dictionary_facts(found).items()))


def latent_lines(found: LatentReading) -> list[str]:
    """A latent: how often, how large, and its items at both ends."""
    buckets = ", ".join(f"{name} {render.percent(share)}" for name, share in (found.by_bucket or {}).items())
    often = f"in {found.rows:,} items, {render.percent(found.share)} of all" + (f" ({buckets})" if buckets else "")
    if not found.rows:
        return [f"latent {found.latent}: dead, no item has it"]
    lines = [f"latent {found.latent}: {often}; mean size {render.number(found.mean_size)}; + in {render.percent(found.positive)} of them"]
    ends = (*found.highest, *found.lowest)
    values = _signed([one.value for one in ends])
    return lines + [f"    {value}  {named(one.item)}" for value, one in zip(values, ends, strict=True)]


def item_lines(found: ItemReading) -> list[str]:
    """An item: its latents, what each makes up of it, and who else has them."""
    lines = [named(found.item), f"  made of {len(found.latents)} latents; length {render.number(found.length)}"]
    if not found.latents:
        return [*lines, "  a row of zeros: it scores 0 with every item"]
    shown = found.latents[:MOST_LATENTS]
    values = _signed([one.value for one in shown])
    rows = [[str(one.latent), value, render.percent(one.part), render.percent(one.share)] for one, value in zip(shown, values, strict=True)]
    lines += _beside(["latent", "value", "of the item", "in items"], rows, "other items where it is strongest", [one.like for one in shown])
    smaller = found.latents[MOST_LATENTS:]
    if smaller:
        lines.append(f"  and {len(smaller)} smaller ones, together {render.percent(sum(one.part for one in smaller))} of the item")
    return lines


def pair_lines(found: PairReading) -> list[str]:
    """Why two items are near or far: what they share, and what else."""
    parts_of_all = [one.part for one in found.shared] + [one.part for one in found.crossed]
    score, shared, different, *rest = _signed([found.score, found.shared_part, found.crossed_part, *parts_of_all])
    lines = [f"1. {named(found.first)}", f"2. {named(found.second)}", f"  score {score}, cosine {found.cosine:+.3f}"]
    count = len(found.shared)
    parts = [
        [f"{count} {'latent' if count == 1 else 'latents'} that both have", shared, _share(found.shared_part, found.score)],
        ["different latents, of directions that are not at right angles", different, _share(found.crossed_part, found.score)],
    ]
    lines += render.columns(["it comes from", "part", "of the score"], parts)
    shown = found.shared[:MOST_LATENTS]
    if shown:
        values = _signed([value for one in shown for value in (one.first_value, one.second_value)])
        rows = [[str(one.latent), *values[2 * at : 2 * at + 2], rest[at], _share(one.part, found.score)] for at, one in enumerate(shown)]
        header = ["shared latent", "in 1", "in 2", "part", "of the score"]
        lines += ["", *_beside(header, rows, "other items where it is strongest", [one.like for one in shown])]
    if len(found.shared) > len(shown):
        lines.append(f"  and {len(found.shared) - len(shown)} shared ones that matter less")
    crossed = ", ".join(f"{one.first_latent} in 1 with {one.second_latent} in 2 ({part})" for one, part in zip(found.crossed[:MOST_CROSSED], rest[count:]))
    return lines + ([f"  largest of the different ones: {crossed}"] if crossed else [])


def named(item: Item, width: int = NAME_WIDTH) -> str:
    """An item in one line: its title, cut to `width` letters, and its id, or its id alone."""
    text, shown = _cut(item.title, width), _cut(clean(str(item.id)), width)
    return f"{text} [{shown}]" if text else shown


def _beside(header: Sequence[str], rows: Sequence[Sequence[str]], title: str, items: Sequence[Sequence[Strong]]) -> list[str]:
    """A table of numbers with the names of items behind each line."""
    lines = render.columns(header, rows)
    texts = [title, "-" * len(title), *("; ".join(named(one.item, BESIDE_WIDTH) for one in line) or render.NOTHING for line in items)]
    width = max(map(len, lines))
    return [f"{line.ljust(width)}  {text}" for line, text in zip(lines, texts, strict=True)]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def _signed(values: Sequence[float]) -> list[str]:
    """Numbers with their signs, all with the same places after the point: three digits for the largest."""
    most = max(map(abs, values), default=0.0)
    places = max(0, min(12, 2 - math.floor(math.log10(most)))) if most > 0 else 1
    return [f"{round(value, places) + 0.0:+,.{places}f}" for value in values]


def _share(part: float, score: float) -> str:
    """A part of a score, where shares of it mean anything: of a score that is not above 0 they do not."""
    return render.percent(part / score) if score > 0 else render.NOTHING

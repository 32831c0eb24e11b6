"""The frontier as text: who is in front at every size, what is below the envelope, and every method at the bar sizes."""

from collections.abc import Sequence

import numpy as np

from .envelope import OURS, Result, Verdict, allowed
from .sets import BOOKS_LIMIT, FACTORS, TEXTS, bars_of, sizes_of

NOTHING = "-"
PROTOCOL = f"""Every method is fitted on one random half of the rows, the same for all methods (by seed), and measured over all rows.
Bytes a row are codes and scales; "all bytes" adds codebooks, matrices and tables shared out over the set's rows (those of peers counted as float16 whatever
they keep; a rotation given by its seed is free), "at 10M" over ten million rows. Ids are in neither: the row number is the id; an id of 64 bits adds 8 bytes a
row to every method alike. Three seeds (1, 2, 3) at the bar sizes (text {"/".join(map(str, bars_of("text132k")))}, factors
{"/".join(map(str, bars_of("anime")))} bytes), for peers that came within reach of the best one with the first seed.
Elsewhere one seed, without the peers that were far behind at every bar size.
Text: cosine, 1,000 rows ask for their nearest rows, decoded rows made one long for every method alike. Factors: user to item, train and valid items masked;
half of the users are judged, exposure weights come from the other half and use no labels (no peer takes weights); sets named elsa have rows of length one.
Tiers hold rows of up to four sizes, bytes a row are their mean, with two bits a row for the number of the tier.
On factors of uneven length each peer is tried on raw rows and on directions with a byte for the length, and the better one counts.
Sets of about 5,000 items compare only methods whose codebooks take at most {BOOKS_LIMIT:.0f} bytes a row. Intervals are 95 %, paired over queries.
Results of ours marked "earlier" were measured on earlier code.
Seconds are processor seconds of one thread on the machine of the run that made the entry: only those of one run may be compared."""


def page(found: Sequence[Result], judged: Sequence[Verdict], names: Sequence[str]) -> str:
    """The whole page, Markdown."""
    parts = ["# The frontier: quality at equal bytes", PROTOCOL, below(judged)]
    for name in names:
        mine = [one for one in judged if one.set == name]
        parts += [f"## {name}", envelope(mine, name in TEXTS)]
        others = sorted({one.nbytes for one in found if one.set == name} - set(sizes_of(name)))
        parts += [f"### {name}, {size} bytes\n\n{listing(found, name, size)}" for size in (*bars_of(name), *others)]
        if name in FACTORS:
            parts += [f"### {name}: precision by exposure decile\n\n{deciles(found, [one for one in mine if one.nbytes in bars_of(name)])}"]
    return "\n\n".join(parts) + "\n"


def below(judged: Sequence[Verdict]) -> str:
    """The points where a peer is in front, plainly."""
    behind = [one for one in judged if one.below and one.peer is not None]
    lines = [f"- {one.set}, {one.nbytes} bytes: {one.peer.name}{_behind(one)}" for one in behind]
    return "## Below the envelope\n\n" + ("\n".join(lines) or "Nothing: no peer is in front at equal or fewer bytes.")


def _behind(one: Verdict) -> str:
    if one.difference is None:
        return " (ours not measured)"
    return f" is in front by {abs(100 * one.difference.mean):.1f} points [{-100 * one.difference.high:.1f}, {-100 * one.difference.low:.1f}]"


def envelope(judged: Sequence[Verdict], text: bool) -> str:
    """One line a size: our best, the best peer, the difference and the bar."""
    figure = "agreement@100" if text else "NDCG@10 lost"
    head = (
        "bytes",
        "ours",
        figure,
        "all bytes",
        "best peer",
        figure,
        "all bytes",
        "difference, points [95 %]" if text else "difference, % of NDCG [95 %]",
        "bar",
    )
    return grid(head, [_line(one, text) for one in judged])


def _line(one: Verdict, text: bool) -> tuple[str, ...]:
    gap = NOTHING if one.difference is None else f"{100 * one.difference.mean:+.1f} [{100 * one.difference.low:+.1f}, {100 * one.difference.high:+.1f}]"
    bar = "" if one.bar is None else "reached" if not one.bar else "missed: " + "; ".join(one.bar)
    return (str(one.nbytes), *_cells(one.ours, text), *_cells(one.peer, text), gap, bar)


def _cells(one: Result | None, text: bool) -> tuple[str, str, str]:
    if one is None:
        return NOTHING, NOTHING, NOTHING
    return f"{one.name} ({one.row_bytes:.4g} B)", f"{one.quality:.3f}" if text else percent(one.figure("ndcg@10", "drop")), f"{one.total_bytes:.1f}"


def listing(found: Sequence[Result], name: str, size: int) -> str:
    """Every result of a set at one size asked for, best first. Those outside the limit on codebooks are marked."""
    mine = sorted((one for one in found if one.set == name and one.nbytes == size), key=lambda one: -one.quality)
    inside = {id(one) for one in allowed(mine, name, np.inf, name in FACTORS and name != "amazon_book")}
    text = name in TEXTS
    kept = ("agreement@10", "agreement@100") if text else ("NDCG@10 lost", "recall@10 lost", "overlap@10", "overlap@100", "head / mid / tail recall lost")
    head = ("method", "bytes", "all bytes", "at 10M", *kept, "fit s", "encode s", "scan ms", "seeds")
    return grid(head, [_method(one, text, id(one) in inside) for one in mine])


def _method(one: Result, text: bool, inside: bool) -> tuple[str, ...]:
    if text:
        kept = tuple(f"{one.figure(name, 'mean'):.3f}" for name in ("agreement@10", "agreement@100"))
    else:
        buckets = " / ".join(percent(one.figure("buckets", name, "recall@10", "drop")) for name in ("head", "mid", "tail"))
        losses = tuple(f"{percent(one.figure(name, 'drop'))} [{percent(one.figure(name, 'low'))}, {percent(one.figure(name, 'high'))}]" for name in METRICS)
        kept = (*losses, *(f"{one.figure(name, 'mean'):.3f}" for name in ("overlap@10", "overlap@100")), buckets)
    taken = tuple(_mean(one, name) for name in ("fit_s", "encode_s", "scan_ms"))
    name = f"**{one.name}**" if one.who == OURS else one.name
    sizes = (f"{one.row_bytes:.4g}", f"{one.total_bytes:.1f}{'' if inside else ' (over the limit)'}", f"{one.total_bytes_large:.1f}")
    return (name, *sizes, *kept, *taken, str(len(one.entries)))


def deciles(found: Sequence[Result], judged: Sequence[Verdict]) -> str:
    """Mean cosine of rows and their decoded form over tenths of the items, the least exposed first: our best code, the same without weights, the best peer."""
    lines = []
    for one in judged:
        plain = [other for other in found if one.ours and other.form == "plain" and _same(other, one.ours)]
        for result in (one.ours, *plain, one.peer):
            by_tenth = None if result is None else result.entries[0]["figures"].get("cosine_by_exposure")
            if by_tenth:
                lines.append(
                    (str(one.nbytes), result.name if result.form != "plain" else f"{result.name}, no weights", *(f"{value:.3f}" for value in by_tenth))
                )
    return grid(("bytes", "code", *(f"{10 * tenth} %" for tenth in range(1, 11))), lines)


def _same(one: Result, other: Result) -> bool:
    return (one.set, one.method, one.nbytes) == (other.set, other.method, other.nbytes) and one is not other


METRICS = ("ndcg@10", "recall@10")


def _mean(one: Result, name: str) -> str:
    values = [entry[name] for entry in one.entries if entry.get(name) is not None]
    return f"{np.mean(values):.3g}" if values else NOTHING


def percent(share: float) -> str:
    """0.0123 -> +1.2 %."""
    return NOTHING if np.isnan(share) else f"{100 * share:+.1f} %"


def grid(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows)

"""Numbers and tables as people read them: MB, %, intervals, three digits that mean something."""

import math
from collections.abc import Sequence

NOTHING = "-"


def count(value: float | None) -> str:
    """Whole numbers with thousands apart: 1,234,567."""
    return NOTHING if value is None else f"{round(value):,}"


def number(value: float | None, digits: int = 3) -> str:
    """`digits` significant digits without an exponent; "-" for nothing."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    # The place of the first digit after rounding, so that 0.9999 shows as 1.00 and not as 1.000.
    first = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    places = max(0, digits - 1 - first)
    return f"{value:,.{min(places, 6)}f}"


def size(byte_count: float | None) -> str:
    """Bytes in B, kB, MB, GB or TB (steps of 1,000), three digits."""
    if byte_count is None:
        return NOTHING
    value = float(byte_count)
    if value < 1000:
        return f"{value:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            return f"{number(value)} {unit}"
    return NOTHING


def row_size(byte_count: float | None) -> str:
    """Bytes a row: whole when they are, else one digit."""
    if byte_count is None:
        return NOTHING
    return f"{byte_count:.0f} B" if float(byte_count).is_integer() else f"{byte_count:.1f} B"


def percent(share: float | None, places: int = 1) -> str:
    """A share as a percentage; never "-0.0 %"."""
    if share is None or not math.isfinite(share):
        return NOTHING
    return f"{round(100 * share, places) + 0.0:.{places}f} %"


def quality(value: float | None) -> str:
    """A ranking metric between 0 and 1: four places, as papers print it."""
    return NOTHING if value is None or not math.isfinite(value) else f"{value:.4f}"


def interval(drop: float | None, low: float | None, high: float | None) -> str:
    """A relative loss with its interval: "0.4 % (0.1 to 0.7)"; a gain is below zero."""
    if drop is None or not math.isfinite(drop):
        return NOTHING
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return f"{percent(drop)} (no interval)"
    return f"{percent(drop)} ({percent(low).removesuffix(' %')} to {percent(high).removesuffix(' %')})"


def ratio(before: float, after: float) -> str:
    """How many times smaller: "15.8x"."""
    return NOTHING if not after else f"{number(before / after)}x"


def seconds(value: float | None) -> str:
    """A span of time: ms below a second, s below two minutes, else minutes."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value < 1:
        return milliseconds(1000 * value)
    if value < 120:
        return f"{number(value)} s"
    return f"{int(value // 60)} min {int(value % 60)} s"


def milliseconds(value: float | None) -> str:
    """A short span of time, three digits."""
    return NOTHING if value is None or not math.isfinite(value) else f"{number(value)} ms"


def rate(value: float | None, what: str) -> str:
    """Things a second: "12.3 M rows/s"."""
    if value is None or not math.isfinite(value):
        return NOTHING
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{number(value / limit)} {unit} {what}/s"
    return f"{number(value)} {what}/s"


def columns(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1, indent: str = "  ") -> list[str]:
    """Lines of an aligned plain table: the first `left` columns to the left, the others to the right. The same on a terminal and in a file."""
    widths = [max(len(str(line[place])) for line in [header, *rows]) for place in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        parts = [str(cell).ljust(width) if place < left else str(cell).rjust(width) for place, (cell, width) in enumerate(zip(cells, widths, strict=True))]
        return (indent + "  ".join(parts)).rstrip()

    return [line(header), indent + "  ".join("-" * width for width in widths), *(line(row) for row in rows)]


def pairs(facts: Sequence[tuple[str, str]], *, indent: str = "  ") -> list[str]:
    """Lines of names and values, the values under each other."""
    width = max((len(name) for name, _ in facts), default=0)
    return [f"{indent}{name.ljust(width)}  {value}" for name, value in facts]

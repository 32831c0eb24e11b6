"""Times of events as people read them: dates where a number looks like one, and numbers for the dates that people type."""

from datetime import UTC, datetime

from ..errors import InputError

# Seconds, thousandths and millionths since 1970 of the years 2001 to 2286: (smallest number, units a second).
UNITS = ((1e15, 1e6), (1e12, 1e3), (1e9, 1.0))


def moment(value: float) -> str:
    """ "2024-03-01" or "2024-03-01 12:30" for a number that looks like time since 1970, else the number itself."""
    scale = _scale(value)
    if scale is None:
        return f"{value:,.6g}" if isinstance(value, float) and not value.is_integer() else f"{int(value)}"
    found = datetime.fromtimestamp(value / scale, UTC)
    return found.strftime("%Y-%m-%d" if (found.hour, found.minute) == (0, 0) else "%Y-%m-%d %H:%M")


def parse_moment(text: str, like: float, name: str) -> float:
    """A number in the unit of `like` from a number, or from an ISO date where `like` looks like time since 1970. Raises InputError with `name`."""
    try:
        return float(text)
    except ValueError:
        pass
    scale = _scale(like)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name}: got {text!r}; expected a number in the unit of the events, or an ISO date such as 2024-03-01.") from None
    if scale is None:
        raise InputError(f"{name}: got the date {text!r}, but the events have times such as {moment(like)}; expected a number in that unit.")
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * scale


def _scale(value: float) -> float | None:
    return next((scale for least, scale in UNITS if least <= value < 10 * least), None)

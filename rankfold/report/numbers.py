"""Numbers as people read them."""

MINUS = "\u2212"
NARROW_SPACE = "\u202f"
_UNITS = ("B", "kB", "MB", "GB", "TB")


def whole(value: float) -> str:
    """12,345"""
    return _signed(f"{value:,.0f}")


def row_bytes(value: float) -> str:
    """17, or 41.2 when it is an average."""
    return whole(value) if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def size(nbytes: float) -> str:
    """1.3 MB, in powers of 1000."""
    power = 0
    while nbytes >= 999.5 and power < len(_UNITS) - 1:
        nbytes, power = nbytes / 1000, power + 1
    digits = 0 if power == 0 or nbytes >= 99.95 else 1
    return f"{nbytes:.{digits}f}{NARROW_SPACE}{_UNITS[power]}"


def metric(value: float) -> str:
    """0.4427"""
    return _signed(f"{value:.4f}")


def measure(value: float) -> str:
    """Whole numbers as such; five digits after the point below 0.01, else four."""
    return whole(value) if float(value).is_integer() else _signed(f"{value:.5f}") if abs(value) < 0.01 else _signed(f"{value:,.4f}")


def percent(share: float) -> str:
    """0.012 as 1.2; two digits after the point below one percent."""
    value = share * 100
    digits = 1 if abs(value) >= 0.995 or abs(value) < 0.005 else 2
    return _signed(f"{value:.{digits}f}")


def interval(low: float, high: float) -> str:
    """Both ends as percent: 0.8 to 1.6."""
    return f"{percent(low)} to {percent(high)}"


def times(ratio: float) -> str:
    """15.9x"""
    return f"{ratio:.1f}\u00d7" if ratio < 99.95 else f"{ratio:,.0f}\u00d7"


def milliseconds(value: float) -> str:
    """Three digits that count."""
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def metric_name(name: str) -> str:
    """ndcg@10 as NDCG@10; longer names keep their letters and get a capital."""
    head, at, k = name.partition("@")
    return (head.upper() if len(head) <= 4 else head[:1].upper() + head[1:]) + at + k


def _signed(text: str) -> str:
    negative = text.startswith("-") and any(digit in "123456789" for digit in text)
    return MINUS * negative + text.lstrip("-")

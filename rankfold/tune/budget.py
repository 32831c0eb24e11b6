"""Budgets as people state them: "16x" smaller than float32, bytes a row, "2GB" in all, a loss of "1%", "5ms", "10m"; and what of them may be asked at once."""

import re
from dataclasses import dataclass

from ..errors import InputError

FLOAT_BYTES = 4
BYTES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
MILLISECONDS = {"ms": 1.0, "s": 1e3, "us": 1e-3}
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Ask:
    """What a decision must keep to; None where nothing is asked.

    row_bytes: one coded row at most. total_bytes: all files of the artifact on disk at most, manifest included. max_loss: the loss of the evidence's metric at
    most, by the upper end of its interval (0.01 is 1 %). p99_ms: milliseconds that 99 of 100 single searches for the top 100 stay within, on this machine.
    Raises InputError for a value that nothing could keep to.
    """

    row_bytes: int | None = None
    total_bytes: int | None = None
    max_loss: float | None = None
    p99_ms: float | None = None

    def __post_init__(self) -> None:
        for name in ("row_bytes", "total_bytes"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise InputError(f"{name}: got {value!r}; expected a whole number of at least 1.")
        if self.max_loss is not None and not 0 <= self.max_loss < 1:
            raise InputError(f"max_loss: got {self.max_loss!r}; expected a share from 0 to 1, such as 0.01.")
        if self.p99_ms is not None and not 0 < self.p99_ms < float("inf"):
            raise InputError(f"p99_ms: got {self.p99_ms!r}; expected milliseconds above 0.")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked at all."""
        return all(value is None for value in (self.row_bytes, self.total_bytes, self.max_loss, self.p99_ms))

    def to_dict(self) -> dict[str, float]:
        """What was asked, by name."""
        found = {name: getattr(self, name) for name in ("row_bytes", "total_bytes", "max_loss", "p99_ms")}
        return {name: value for name, value in found.items() if value is not None}


def ask_for(
    dim: int, *, row_bytes: int | None = None, target: str | None = None, total: str | int | None = None, max_loss: str | float | None = None,
    p99: str | float | None = None,
) -> Ask:  # fmt: skip
    """The ask in the words of people, at `dim` dimensions; of row_bytes and target the smaller holds. Raises InputError."""
    sizes = [size for size in (row_bytes, None if target is None else row_bytes_for(target, dim)) if size is not None]
    return Ask(
        min(sizes) if sizes else None,
        None if total is None else bytes_for(total),
        None if max_loss is None else share_for(max_loss),
        None if p99 is None else milliseconds_for(p99),
    )


def row_bytes_for(target: str | int, dim: int) -> int:
    """Bytes a row for a target: "16x" (against float32), "24", "24B" or 24.

    Raises InputError for other text, and when less than one byte a row would be left.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(x|b|)\s*", str(target), re.IGNORECASE)
    if not found or float(found[1]) <= 0:
        raise InputError(f'target: got {target!r}; expected a ratio such as "16x" or bytes a row such as "24".')
    number, unit = float(found[1]), found[2].lower()
    if unit != "x" and number != int(number):
        raise InputError(f"target: got {target!r}; expected a whole number of bytes a row.")
    row_bytes = int(FLOAT_BYTES * dim / number) if unit == "x" else int(number)
    if row_bytes < 1:
        raise InputError(f"target: {target!r} leaves less than one byte a row at {dim} dimensions; expected at most {FLOAT_BYTES * dim}x.")
    return row_bytes


def bytes_for(text: str | int) -> int:
    """Bytes of "2GB", "800 kB", "1.5GiB" or a plain number; kB, MB, GB are powers of 1,000. Raises InputError."""
    number, unit = _quantity(text, BYTES, "total", 'bytes such as "2GB", "800kB" or "1.5GiB"')
    if int(number * BYTES[unit]) < 1:
        raise InputError(f"total: got {text!r}; expected at least one byte.")
    return int(number * BYTES[unit])


def share_for(text: str | float) -> float:
    """The share of "1%", "0.5 %" or 0.01. Raises InputError."""
    number, unit = _quantity(text, {"": 1.0, "%": 0.01}, "max_loss", 'a share such as "1%" or 0.01')
    return number * (0.01 if unit == "%" else 1.0)


def milliseconds_for(text: str | float) -> float:
    """Milliseconds of "5ms", "0.2s", "800us"; a plain number is milliseconds. Raises InputError."""
    number, unit = _quantity(text, {"": 1.0, **MILLISECONDS}, "p99", 'a time such as "5ms"')
    return number * {"": 1.0, **MILLISECONDS}[unit]


def seconds_for(text: str | float) -> float:
    """Seconds of "10m", "90s", "1h"; a plain number is seconds. Raises InputError."""
    number, unit = _quantity(text, {"": 1.0, **SECONDS}, "time_limit", 'a time such as "10m" or "90s"')
    return number * {"": 1.0, **SECONDS}[unit]


def _quantity(text: str | float, units: dict[str, float] | dict[str, int], name: str, expected: str) -> tuple[float, str]:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?(?:e-?\d+)?)\s*([a-z%]*)\s*", str(text).lower())
    if not found or found[2] not in units:
        raise InputError(f"{name}: got {text!r}; expected {expected}.")
    return float(found[1]), found[2]

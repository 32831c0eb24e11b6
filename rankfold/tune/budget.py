"""Budgets as people state them: "16x" smaller than float32, or bytes a row."""

import re

from ..errors import InputError

FLOAT_BYTES = 4


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

"""Two measurements of `rankfold bench --json` side by side, of two machines, artifacts or versions."""

from pathlib import Path
from typing import Any

from ..errors import InputError
from .inputs import read_json

MOST_BYTES = 1 << 20
# Where a figure lies, what it is called, and whether more of it is better.
FIGURES = (
    (("cold_start", "load_ms"), "load, ms", False),
    (("cold_start", "first_query_ms"), "first answer, ms", False),
    (("single", "p50_ms"), "one query p50, ms", False),
    (("single", "p95_ms"), "one query p95, ms", False),
    (("single", "p99_ms"), "one query p99, ms", False),
    (("single", "queries_per_cpu_s"), "queries a processor second", True),
    (("single", "joules_per_query"), "joules a query", False),
    (("batch_64", "queries_per_s"), "queries/s in batches of 64", True),
    (("mixed", "p50_ms"), "mixed load p50, ms", False),
    (("mixed", "p99_ms"), "mixed load p99, ms", False),
    (("rows_per_s",), "rows/s by one query", True),
    (("peak_memory_bytes",), "peak memory, bytes", False),
)
SAME = ("rows", "dim", "k", "refine", "float32_bytes")


def read_measured(path: Path) -> dict:
    """What `rankfold bench --json` wrote. Raises InputError for anything else."""
    found = read_json(path, "compare", MOST_BYTES)
    if not isinstance(found, dict) or not isinstance(found.get("single"), dict) or not isinstance(found.get("cold_start"), dict):
        raise InputError(f"compare: {path} is no measurement; expected what `rankfold bench --json` prints.")
    return found


def compared(first: dict, second: dict) -> list[dict]:
    """One entry a figure: its name, both values (None where one is missing) and how many times better the second is."""
    rows = []
    for place, name, more in FIGURES:
        one, other = _at(first, place), _at(second, place)
        better = None
        if one is not None and other is not None and one > 0 and other > 0:
            better = other / one if more else one / other
        rows.append({"figure": name, "first": one, "second": other, "better": better})
    return rows


def differences(first: dict, second: dict) -> list[str]:
    """What was not the same in both measurements, so that the figures are not of one thing: table, settings."""
    return [f"{name}: {first.get(name)} and {second.get(name)}" for name in SAME if first.get(name) != second.get(name)]


def _at(document: dict, place: tuple[str, ...]) -> float | None:
    found: Any = document
    for name in place:
        found = found.get(name) if isinstance(found, dict) else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None

"""Candidates: what may be tried within a number of bytes a row, from the short list and from each codec's own ladder; cut by arithmetic, before any fit."""

from collections.abc import Iterator, Mapping, Sequence

from ..arrays import F32
from ..codec import Codec, registered, to_spec
from ..codecs import get, names
from ..compression import norms_vary, with_lengths
from ..errors import BudgetError, RankfoldError
from .shortlist import shortlist

# Sizes at which the short list is asked beside the budget itself, from there down.
SIZES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024, 1_536, 2_048)
# What a directory entry, headers and a manifest take beside arrays, at least; the real figure is known once a table is there.
HEADERS = 1_500


def candidates(x: F32, limit: int, *, rows: int, least: float = 1.0, ladders: bool = True) -> list[Codec]:
    """Codecs whose rows take `least` to `limit` bytes, lengths included, in a fixed order, each once.

    x: (s, d) sample rows as they are ranked, which say whether lengths vary. rows: of the whole table. ladders: the settings that each codec offers by itself
    too.
    """
    dim, varies = x.shape[1], norms_vary(x)
    found: list[Codec] = []
    for size in (limit, *sizes_below(limit, least)):
        found += _short(dim, size, rows, varies)
    if ladders:
        found += [codec for name in sorted({*names(), *registered()}) for codec in get(name).ladder(dim)]
    kept: dict[Codec, Codec] = {}
    for codec in found:
        try:
            used = as_used(codec, x)
            size = used.row_bytes(dim)
        except RankfoldError:
            continue
        if least <= size <= limit:
            kept.setdefault(used, codec)
    return list(kept.values())


def smaller_alike(codecs: Sequence[Codec], x: F32) -> list[Codec]:
    """Those that another of `codecs` is, but for one number that gives its rows more bytes: where both are allowed, they cannot keep more."""
    known = [(one, as_used(one, x).row_bytes(x.shape[1]), dict(_settings(to_spec(one)))) for one in codecs]
    return [one for one, size, settings in known if any(other > size and _differ_in_a_number(settings, more) for _, other, more in known)]


def _settings(spec: Mapping, under: str = "") -> Iterator[tuple[str, object]]:
    for name, value in spec.items():
        if isinstance(value, Mapping):
            yield from _settings(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", value


def _differ_in_a_number(some: Mapping[str, object], others: Mapping[str, object]) -> bool:
    if some.keys() != others.keys():
        return False
    different = [(some[name], others[name]) for name in some if some[name] != others[name]]
    return len(different) == 1 and all(isinstance(value, int | float) and not isinstance(value, bool) for value in different[0])


def as_used(codec: Codec, x: F32) -> Codec:
    """The codec with what `compress` puts around it for rows such as these (s, d)."""
    return with_lengths(codec, x)


def sizes_below(limit: int, least: float = 1.0) -> list[int]:
    """The sizes of the grid from `least` to below `limit`, the largest first."""
    return [size for size in reversed(SIZES) if least <= size < limit]


def _short(dim: int, size: int, rows: int, varies: bool) -> Sequence[Codec]:
    try:
        return shortlist(dim, size, rows=rows, norms_vary=varies)
    except BudgetError:
        return ()


def row_limit(total_bytes: int, *, rows: int, id_bytes: int) -> int:
    """Bytes a row that a total leaves when nothing but ids, headers and codes is stored. Raises BudgetError when that is less than one."""
    left = (total_bytes - rows * id_bytes - HEADERS) // rows
    if left < 1:
        least = rows * (id_bytes + 1) + HEADERS
        raise BudgetError(
            f"total: got {total_bytes:,} bytes; the ids of {rows:,} rows, a manifest and one byte a row take {least:,} alone. Allow more, or shorten the ids."
        )
    return left

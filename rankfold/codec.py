"""What a codec is: a frozen value of settings with pure functions from arrays to arrays.

A codec holds no data. Fitting returns a state (named arrays), encoding returns codes (named arrays, one row per item); nothing else exists to save.
One sentence is true of every codec, and the contract suite says so: a scan equals the query dotted with the decoded rows.
"""

import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from inspect import signature
from typing import Any, ClassVar, Protocol, get_args, get_type_hints, runtime_checkable

import numpy as np

from .arrays import F32
from .codes import Arrays, Codes, inside, nested, outside
from .errors import InputError, SpecError

METHODS = ("fit", "encode", "decode", "prepare", "pack", "scan", "score", "row_bytes", "ladder")
DEFAULT_SLACK = 0.001


@runtime_checkable
class Codec(Protocol):
    """Settings of one way to compress rows.

    name, version: what the stored spec says; the version is raised when the meaning of stored bytes changes.
    slack: how far a score of `scan` may be from the exact dot product, as a share of the two lengths.
    any_norm: whether rows of any length are coded well; if not, `compress` puts `normed` around the codec when norms vary.
    shrinks: whether decoded rows are shorter than the rows, by unequal amounts; if so, `compress` puts `unit` around the codec when norms do not vary.
        None: as the codec inside it does.
    sees_queries: whether `fit`, and `settle` where there is one, take a keyword `queries`, (m, d) or None: what the rows will be asked; see `fit_codec`.

    A codec may leave settings open, as None, and have a method `settle(x, weight, rng) -> Codec` that chooses them from sample rows; see `settled`.
    A codec that weighs errors by direction may have a method `metric(state)`: the matrix (d, d) by which rows are multiplied before errors are measured.
    A codec whose rows are coded in levels may have `depth()` and `decode_levels(state, codes, levels)`; see the functions of these names.
    A codec with a coarse level may have `glance(state, codes) -> (codec, state, codes)`: the coarse level as an ordinary code of the same rows, which a
    search may scan alone to find the rows worth a full look; see `Searcher`. With `glance_prepared(prepared)` it also says what of its prepared queries the
    coarse level reads, so that they are not prepared twice.
    One whose kernel can keep the best rows without writing the scores of all may have `scan_top(prepared, packed, scale, first, top_scores, top_rows)`: see
    `ranked`.
    One whose decoded rows follow smoothly from arrays of its state may have a method `pull(state, codes, gradient) -> {name: slope}`: how a quantity moves with
    each of these arrays, float32 in the array's shape, when it moves with the decoded rows as `gradient` (n, d) says. See `pulled`.
    One whose decoded rows are sums of a few atoms of a dictionary may have methods `atoms(state)` and `latents(state, codes)`; see `latents`.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    slack: ClassVar[float]
    any_norm: ClassVar[bool]
    shrinks: ClassVar[bool | None]
    sees_queries: ClassVar[bool]

    def fit(self, x: F32, weight: F32, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Sample rows (s, d) and their weights (s,) -> state."""
        ...

    def encode(self, state: Arrays, x: F32) -> dict[str, np.ndarray]:
        """Rows (n, d) -> columns, each (n, ...). A row's bytes do not depend on the other rows."""
        ...

    def decode(self, state: Arrays, codes: Codes) -> F32:
        """Codes of n rows -> (n, d) float32."""
        ...

    def prepare(self, state: Arrays, queries: F32) -> dict[str, np.ndarray]:
        """Queries (q, d) -> small tables, each (q, ...)."""
        ...

    def pack(self, state: Arrays, codes: Codes) -> dict[str, np.ndarray]:
        """Codes of a block of rows -> the layout that `scan` reads; may be the columns themselves, or hold what is worked out from the decoded rows once."""
        ...

    def scan(self, prepared: Arrays, packed: Arrays, out: F32) -> np.ndarray | float:
        """Fill `out` (q, n) with scores; return how far, at most, any of them is from the exact dot product, (q,) or one number."""
        ...

    def score(self, state: Arrays, prepared: Arrays, numbers: np.ndarray, codes: Codes) -> F32:
        """Exact scores (n,) of a few pairs, query numbers[i] with row i: dot products up to float rounding, a pair's the same whatever the other pairs."""
        ...

    def row_bytes(self, dim: int) -> int:
        """Bytes of one coded row: exact, before fitting. Raises SpecError when the settings do not suit `dim`."""
        ...

    @classmethod
    def ladder(cls, dim: int) -> "Iterable[Codec]":
        """Settings that a tuner may try at this dimension."""
        ...


_registry: dict[str, type[Any]] = {}


@typing.dataclass_transform(frozen_default=True)
def codec(
    name: str, *, version: int, slack: float = DEFAULT_SLACK, any_norm: bool = False, shrinks: bool | None = None, sees_queries: bool = False
) -> Callable[[type], type]:
    """Declare a class as the codec `name`: makes it a frozen dataclass and checks it at import.

    Raises SpecError when a method is missing or does not take the queries that it is to see, a field is not a number, string, bool, None or codec, the file
    has another name, or the name has an owner already.
    """

    def declare(cls: type) -> type:
        made: Any = dataclass(frozen=True, slots=True)(cls)
        missing = [method for method in METHODS if not callable(getattr(made, method, None))]
        if missing:
            raise SpecError(f"codec {name!r}: {made.__qualname__} lacks {', '.join(missing)}.")
        fitting = [method for method in ("fit", "settle") if hasattr(made, method)]
        deaf = [method for method in fitting if "queries" not in signature(getattr(made, method)).parameters]
        if sees_queries and deaf:
            raise SpecError(f"codec {name!r}: sees queries, but {' and '.join(deaf)} of {made.__qualname__} take none; expected a keyword queries=None.")
        if len(fields(made)) > 6:
            raise SpecError(f"codec {name!r}: {len(fields(made))} fields; expected at most 6.")
        for field, hint in get_type_hints(made).items():
            if not _is_plain(hint):
                raise SpecError(f"codec {name!r}: field {field!r} is {hint}; expected int, float, str, bool, None or a codec.")
        package, _, module = made.__module__.rpartition(".")
        if package == "rankfold.codecs" and module != name:
            raise SpecError(f"codec {name!r}: declared in {module}.py; expected {name}.py.")
        owner = _registry.get(name)
        if owner is not None and (owner.__module__, owner.__qualname__) != (made.__module__, made.__qualname__):
            raise SpecError(f"codec {name!r}: {owner.__module__} owns this name already.")
        made.name, made.version, made.slack, made.any_norm, made.shrinks, made.sees_queries = name, version, slack, any_norm, shrinks, sees_queries
        _registry[name] = made
        return made

    return declare


def _is_plain(hint: object) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return all(_is_plain(part) for part in get_args(hint))
    return hint in (int, float, str, bool, type(None), Codec)


def registered() -> dict[str, type[Any]]:
    """name -> class of every codec declared so far."""
    return dict(_registry)


def to_spec(one: Codec) -> dict[str, object]:
    """The settings as a JSON-ready dictionary: {"codec": ..., "version": ..., setting: value, ...}, inner codecs nested."""
    spec: dict[str, object] = {"codec": one.name, "version": one.version}
    for field in fields(one):  # type: ignore[arg-type]
        value = getattr(one, field.name)
        spec[field.name] = to_spec(value) if isinstance(value, Codec) else value
    return spec


def inner_of(one: Codec) -> Codec | None:
    """The codec that a wrapper holds, or None; a codec of several levels is no wrapper."""
    held = [field.name for field in fields(one) if Codec in (hint := get_type_hints(type(one))[field.name], *get_args(hint))]  # type: ignore[arg-type]
    value = getattr(one, held[0]) if len(held) == 1 else None
    return value if isinstance(value, Codec) else None


def pulled(one: Codec, state: Arrays, codes: Codes, gradient: F32) -> dict[str, F32]:
    """What the codec's `pull` says; no arrays where it has none."""
    ask = getattr(one, "pull", None)
    return {} if ask is None else ask(state, codes, gradient)


def fit_codec(one: Codec, x: F32, weight: F32, rng: np.random.Generator, queries: F32 | None = None) -> dict[str, np.ndarray]:
    """The state of the codec fitted to rows (n, d) of these weights (n,), with queries (m, d) for a codec that sees them."""
    return one.fit(x, weight, rng, queries=queries) if one.sees_queries else one.fit(x, weight, rng)  # type: ignore[call-arg]


def settled(one: Codec, x: F32, weight: F32, rng: np.random.Generator, queries: F32 | None = None) -> Codec:
    """The codec with every open setting chosen from sample rows (n, d), their weights (n,) and queries (m, d), here and in the codecs inside it.

    Itself when none is open.
    """
    choose = getattr(one, "settle", None)
    if choose is None or not is_open(one):
        return one
    return choose(x, weight, rng, queries=queries) if one.sees_queries else choose(x, weight, rng)


def is_open(one: Codec) -> bool:
    """Whether a setting that `settle` chooses is None, here or in a codec inside."""
    values = [getattr(one, field.name) for field in fields(one)]  # type: ignore[arg-type]
    return any(is_open(value) for value in values if isinstance(value, Codec)) or (None in values and hasattr(one, "settle"))


def depth(one: Codec) -> int:
    """How many levels a coded row has, of which any first ones decode (see `decode_levels`): the codec's `depth()`, or of the codec inside it, else 1."""
    held = inner_of(one)
    if hasattr(one, "depth"):
        return int(one.depth())
    return 1 if held is None else depth(held)


def decode_levels(one: Codec, state: Arrays, codes: Codes, levels: int) -> F32:
    """What the first `levels` levels of codes say of the rows, float32 (n, d). Raises InputError unless 1 <= levels <= depth."""
    if isinstance(levels, bool) or not 1 <= levels <= depth(one):
        raise InputError(f"levels: got {levels!r}; expected 1 to {depth(one)}, the levels of {describe(one)}.")
    if levels == depth(one):
        return one.decode(state, codes)
    held = inner_of(one)
    if held is None or hasattr(one, "decode_levels"):
        return one.decode_levels(state, codes, levels)  # type: ignore[attr-defined]
    return replace(one, inner=_Cut(held, levels)).decode(state, codes)  # type: ignore[type-var, call-arg]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Stands inside a wrapper for a codec of which only the first levels are read."""

    whole: Codec
    levels: int

    def decode(self, state: Arrays, codes: Codes) -> F32:
        return decode_levels(self.whole, state, codes, self.levels)


def glance(one: Codec, state: Arrays, codes: Codes) -> tuple[Codec, Arrays, Codes] | None:
    """The coarse level of codes as an ordinary code of the same rows, or None where there is none."""
    return one.glance(state, codes) if hasattr(one, "glance") else None


def glance_inside(wrapper: Any, state: Arrays, codes: Codes) -> tuple[Codec, Arrays, Codes] | None:
    """The coarse level of the codec inside a wrapper, in that wrapper with its own arrays; None where the codec inside has none. A wrapper's `glance`."""
    part = glance(wrapper.inner, inside(state), Codes(inside(codes.columns)))
    if part is None:
        return None
    inner, inner_state, inner_codes = part
    return replace(wrapper, inner=inner), outside(state) | nested(inner_state), Codes(outside(codes.columns) | nested(inner_codes.columns))


def glance_prepared(one: Codec, prepared: Arrays) -> Arrays | None:
    """What the coarse level's own `prepare` would say, out of the prepared queries of the whole codec; None where it must be asked."""
    return one.glance_prepared(prepared) if hasattr(one, "glance_prepared") else None


def ranked(one: Codec, prepared: Arrays, packed: Arrays, scale: F32, first: int, top_scores: F32, top_rows: np.ndarray) -> np.ndarray | float | None:
    """The codec's `scan_top`: `scan`, times the scale (n,) of each row, merged as `kernels.select` does into the running top of rows first, first + 1, ...

    Returns how far those scores may be off, as `scan`; None, with nothing done, where the codec has no such kernel, or it would not be faster.
    """
    ask = getattr(one, "scan_top", None)
    return None if ask is None else ask(prepared, packed, scale, first, top_scores, top_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Latents:
    """Rows as sums of a few atoms: row i is `value[i] @ atoms[index[i]]`.

    index (n, k) int32: atoms, the strongest of a row first; value (n, k) float32, of both signs, 0 where a row has fewer than k. atoms (h, d) float32.
    """

    index: np.ndarray
    value: F32
    atoms: F32


def latents(one: Codec, state: Arrays, codes: Codes) -> Latents | None:
    """Coded rows as sums of atoms, exactly what they decode to up to float rounding; None where the codec does not sum atoms of a dictionary."""
    if not hasattr(one, "latents"):
        return None
    index, value = one.latents(state, codes)
    return Latents(index, value, one.atoms(state))  # type: ignore[attr-defined]


def with_budget(one: Codec, spared: int) -> Codec:
    """The codec with `spared` bytes less in its setting `bytes`, or in that of the codec inside it; itself where neither has such a budget."""
    held = inner_of(one)
    if getattr(one, "bytes", None) is not None:
        return replace(one, bytes=one.bytes - spared)  # type: ignore[type-var, attr-defined]
    return one if held is None else replace(one, inner=with_budget(held, spared))  # type: ignore[type-var, call-arg]


def describe(one: Codec) -> str:
    """Short text for people: `normed(residual(levels=16))`. The first number of a codec is always shown, other settings where they are not the default."""
    parts = []
    for place, field in enumerate(fields(one)):  # type: ignore[arg-type]
        value = getattr(one, field.name)
        if isinstance(value, Codec):
            parts.append(describe(value))
        elif value != field.default or (place == 0 and isinstance(value, int) and value):
            parts.append(f"{field.name}={value}")
    return f"{one.name}({', '.join(parts)})" if parts else one.name


def check_range(name: str, value: float, low: float, high: float) -> None:
    """Raise SpecError unless low <= value <= high."""
    if isinstance(value, bool) or not low <= value <= high:
        raise SpecError(f"{name}: got {value!r}; expected {low} to {high}.")


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise SpecError unless `value` is one of `choices`."""
    if value not in choices:
        raise SpecError(f"{name}: got {value!r}; expected one of {', '.join(choices)}.")

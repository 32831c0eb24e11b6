"""Check a JSON-able value against typed dictionaries, naming the place that is wrong."""

import math
from types import UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from ..errors import InputError


def check_shape(value: object, kind: Any, where: str) -> None:
    """Raise InputError unless `value` is of `kind`: a TypedDict, list[...], dict[str, ...], Literal[...], a union, str, int, float, bool or None.

    An int passes for a float, a bool for neither; numbers must be finite; a TypedDict holds its keys and no others.
    """
    origin = get_origin(kind)
    if is_typeddict(kind):
        _check_record(value, kind, where)
    elif origin is list:
        if not isinstance(value, list):
            raise _wrong(value, "a list", where)
        for number, entry in enumerate(value):
            check_shape(entry, get_args(kind)[0], f"{where}[{number}]")
    elif origin is dict:
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            raise _wrong(value, "an object with text keys", where)
        for key, entry in value.items():
            check_shape(entry, get_args(kind)[1], f"{where}[{key!r}]")
    elif origin is Literal:
        if value not in get_args(kind):
            raise _wrong(value, "one of " + ", ".join(map(repr, get_args(kind))), where)
    elif origin in (Union, UnionType):
        _check_union(value, get_args(kind), where)
    else:
        _check_plain(value, kind, where)


def _check_record(value: object, kind: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise _wrong(value, f"an object with {', '.join(kind.__annotations__)}", where)
    hints = get_type_hints(kind, include_extras=True)
    needed = [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]
    lacking = [name for name in needed if name not in value]
    unknown = [str(name) for name in value if name not in hints]
    if lacking or unknown:
        problem = " and ".join(f"{word} {', '.join(names)}" for word, names in (("lacks", lacking), ("has unknown", unknown)) if names)
        raise InputError(f"{where}: {problem}; expected the keys {', '.join(hints)}.")
    for name, entry in value.items():
        hint = hints[name]
        check_shape(entry, get_args(hint)[0] if get_origin(hint) is NotRequired else hint, f"{where}.{name}")


def _check_union(value: object, kinds: tuple, where: str) -> None:
    if value is None and type(None) in kinds:
        return
    others = [kind for kind in kinds if kind is not type(None)]
    if len(others) == 1:
        check_shape(value, others[0], where)
    elif not isinstance(value, bool) and isinstance(value, tuple(others)):
        check_shape(value, type(value), where)
    else:
        raise _wrong(value, " or ".join(kind.__name__ for kind in others), where)


def _check_plain(value: object, kind: type, where: str) -> None:
    allowed = (int, float) if kind is float else kind
    if isinstance(value, bool) is not (kind is bool) or not isinstance(value, allowed):
        raise _wrong(
            value, {bool: "true or false", str: "text", int: "a whole number", float: "a number (convert NumPy's with float)"}.get(kind, kind.__name__), where
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(value, "a finite number: leave out what could not be measured", where)


def _wrong(value: object, expected: str, where: str) -> InputError:
    return InputError(f"{where}: got {str(value)[:80]!r} ({type(value).__name__}); expected {expected}.")

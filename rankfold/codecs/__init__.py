"""Lookup by name: each file of this folder is one codec, and its file name is the codec's name.

Codecs of other packages register under the entry point group `rankfold.codecs`; they are imported only when their name is asked for.
"""

import importlib
import pkgutil
from dataclasses import MISSING, fields
from importlib.metadata import entry_points
from typing import Any, get_args, get_type_hints

from ..codec import Codec, registered
from ..errors import SpecError

ENTRY_POINTS = "rankfold.codecs"
MAX_NESTING = 8


def names() -> list[str]:
    """The names of rankfold's own codecs, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def get(name: str) -> type[Any]:
    """The codec class of that name. Raises SpecError when there is none."""
    if isinstance(name, str) and name in names():
        importlib.import_module(f"{__name__}.{name}")
    elif isinstance(name, str) and name not in registered():
        for point in entry_points(group=ENTRY_POINTS, name=name):
            point.load()
    found = registered().get(name) if isinstance(name, str) else None
    if found is None:
        raise SpecError(f"codec: got {name!r}; expected one of {', '.join(names())}.")
    return found


def from_spec(spec: object, *, nesting: int = 0) -> Codec:
    """The codec that a spec names: {"codec": "pq", "groups": 16}, inner codecs nested.

    "version" may be left out. Raises SpecError for unknown names, unknown or wrong settings, and versions newer than this code.
    """
    if not isinstance(spec, dict) or "codec" not in spec:
        raise SpecError(f'spec: got {spec!r}; expected an object such as {{"codec": "pq", "groups": 16}}.')
    if nesting > MAX_NESTING:
        raise SpecError(f"spec: more than {MAX_NESTING} codecs inside each other.")
    kind = get(spec["codec"])
    version = spec.get("version", kind.version)
    if isinstance(version, bool) or not isinstance(version, int) or not 1 <= version <= kind.version:
        raise SpecError(f"version of codec {kind.name!r}: got {version!r}; this rankfold reads 1 to {kind.version}. Upgrade rankfold to read newer ones.")
    settings = {key: value for key, value in spec.items() if key not in ("codec", "version")}
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise SpecError(f"codec {kind.name!r}: unknown setting {', '.join(unknown)}; it has {', '.join(known) or 'none'}.")
    lacking = [field.name for field in fields(kind) if field.default is MISSING and field.name not in settings]
    if lacking:
        raise SpecError(f"codec {kind.name!r}: lacks {', '.join(lacking)}.")
    for key, value in settings.items():
        settings[key] = _checked(kind.name, key, value, hints[key], nesting)
    return kind(**settings)


def _checked(owner: str, key: str, value: object, hint: object, nesting: int) -> object:
    allowed = get_args(hint) or (hint,)
    if isinstance(value, dict):
        if Codec in allowed:
            return from_spec(value, nesting=nesting + 1)
    elif isinstance(value, bool):
        if bool in allowed:
            return value
    elif isinstance(value, int) and float in allowed and int not in allowed:
        return float(value)
    elif type(value) in allowed:
        return value
    expected = " or ".join(getattr(part, "__name__", str(part)) for part in allowed)
    raise SpecError(f"codec {owner!r}: setting {key!r} is {value!r}; expected {expected}.")

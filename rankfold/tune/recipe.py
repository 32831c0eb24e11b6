"""Recipes: everything that a compression depends on beside its files, as TOML; the same recipe and files give the same bytes."""

import contextlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..codec import Codec, to_spec
from ..codecs import from_spec
from ..errors import ArtifactError, InputError

FORMAT = 1
MOST_BYTES = 1 << 20
NOTE = "rankfold recipe"
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make an artifact again.

    codec: as it was asked for. unit: rows are normalised first. weight: "auto" (rows count by how often users see them) or "none". inputs: SHA-256 of what the
    trials saw, or "". budget, measured: what was asked, and what came of it, for people; they change nothing.
    """

    codec: Codec
    unit: bool = False
    weight: str = "auto"
    seed: int = 0
    inputs: str = ""
    budget: Mapping[str, float | str] = field(default_factory=dict)
    measured: Mapping[str, float | str] = field(default_factory=dict)

    def details(self) -> dict[str, object]:
        """What goes into the manifest of an artifact made by it: nothing that is measured, so that the bytes are the same each time."""
        return {"recipe": {"codec": to_spec(self.codec), "unit": self.unit, "weight": self.weight, "seed": self.seed}}

    def to_toml(self) -> str:
        """The text of a recipe file."""
        head = {"format": FORMAT, "unit": self.unit, "weight": self.weight, "seed": self.seed, "inputs": self.inputs}
        lines = ["# Made by rankfold. `rankfold compress FILE --recipe THIS -o FOLDER`, with the same files, makes the same artifact.", *_lines(head), ""]
        lines += _table("codec", to_spec(self.codec))
        for name, content in (("budget", self.budget), ("measured", self.measured)):
            lines += _table(name, content) if content else []
        return "\n".join(lines).rstrip() + "\n"


def write_recipe(path: Path, recipe: Recipe) -> None:
    """A recipe file, whole or not there. Raises ArtifactError when it cannot be written."""
    beside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(recipe.to_toml(), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise ArtifactError(f"{path}: cannot be written ({error.strerror or error}). Free space or choose another folder.") from error


def read_recipe(path: Path) -> Recipe:
    """The recipe of a file. Raises InputError for what is no recipe, SpecError for what is no codec."""
    with open(path, "rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise InputError(f"recipe: {path} has more than {MOST_BYTES} bytes; expected a small TOML file.")
    try:
        found = tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"recipe: {path} is not TOML ({str(error)[:200]}).") from error
    known = {"format": int, "unit": bool, "weight": str, "seed": int, "inputs": str, "codec": dict, "budget": dict, "measured": dict}
    unknown = sorted(set(found) - set(known))
    if unknown:
        raise InputError(f"recipe: {path} has unknown {', '.join(unknown)}; expected {', '.join(known)}.")
    wrong = [name for name, kind in known.items() if name in found and type(found[name]) is not kind]
    if wrong or found.get("format") != FORMAT or "codec" not in found:
        what = f"{wrong[0]} = {found[wrong[0]]!r}" if wrong else f"format {found.get('format')!r}" if found.get("format") != FORMAT else "no codec"
        raise InputError(f"recipe: {path} has {what}; expected format = {FORMAT} and a table [codec]. Was it written by a newer rankfold?")
    if found.get("weight", "auto") not in ("auto", "none") or found.get("seed", 0) < 0:
        raise InputError(f'recipe: {path} has weight = {found.get("weight")!r} and seed = {found.get("seed")!r}; expected "auto" or "none", and at least 0.')
    settings = {name: found[name] for name in ("unit", "weight", "seed", "inputs", "budget", "measured") if name in found}
    return Recipe(from_spec(found["codec"]), **settings)


def _table(name: str, content: Mapping) -> list[str]:
    plain = {key: value for key, value in content.items() if not isinstance(value, Mapping) and value is not None}
    lines = [f"[{name}]", *_lines(plain), ""]
    for key, value in content.items():
        lines += _table(f"{name}.{_key(key)}", value) if isinstance(value, Mapping) else []
    return lines


def _lines(content: Mapping) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in content.items()]


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    # A JSON string is a TOML basic string, but for pairs of surrogates, which must stand as they are, and DEL, which must not.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")

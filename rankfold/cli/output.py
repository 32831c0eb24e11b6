"""Where results go: text for people, or one JSON document, on stdout; notes and errors on stderr."""

import json
import math
import os
from pathlib import Path
from typing import Any, NoReturn

import typer

from ..errors import ArtifactError


class Output:
    """Collects one command's result. As text, lines are written at once; as JSON, only `finish` writes, and only to stdout."""

    def __init__(self, as_json: bool):
        self.as_json = as_json

    def line(self, text: str = "") -> None:
        """One line of text for people; nothing with --json."""
        if not self.as_json:
            typer.echo(text)

    def note(self, text: str) -> None:
        """One line on stderr, in both forms: what a person should know and a program need not."""
        typer.echo(text, err=True)

    def finish(self, document: dict) -> None:
        """With --json, the one document; otherwise nothing."""
        if self.as_json:
            typer.echo(json.dumps(finite(document), indent=2, allow_nan=False, ensure_ascii=False))

    def fail(self, kind: str, message: str, exit_code: int, document: dict) -> NoReturn:
        """A result that is a failure: the document with an "error" beside its figures, one line on stderr, and the exit code."""
        self.finish({"error": {"kind": kind, "message": message, "exit_code": exit_code}, **document})
        self.note(f"error: {message}")
        raise typer.Exit(exit_code)


def write_json(path: Path, document: dict) -> None:
    """A JSON file, whole or not there. Raises ArtifactError when it cannot be written."""
    text = json.dumps(finite(document), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise ArtifactError(f"{path}: cannot be written ({error.strerror or error}). Free space or choose another folder.") from error


def report_error(kind: str, message: str, exit_code: int, *, as_json: bool) -> None:
    """One line `error: ...` on stderr; with JSON also one document on stdout."""
    if as_json:
        typer.echo(json.dumps({"error": {"kind": kind, "message": message, "exit_code": exit_code}}, indent=2, ensure_ascii=False))
    typer.echo(f"error: {message}", err=True)


def finite(value: Any) -> Any:
    """`value` as plain JSON: numpy scalars and arrays as numbers and lists, ids as text, numbers that are not finite as null."""
    # Before tuples: some values with a to_dict are named tuples.
    if hasattr(value, "to_dict"):
        return finite(value.to_dict())
    if isinstance(value, dict):
        return {finite_key(key): finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):
        return finite(value.tolist())
    return str(value)


def finite_key(key: Any) -> str:
    """A key of a JSON object: always text."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)

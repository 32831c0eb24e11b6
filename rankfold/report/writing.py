"""A report on disk: the page, and the numbers beside it."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..errors import ArtifactError, InputError
from .page import render


def write_report(report: Mapping[str, object], path: str | os.PathLike, *, with_json: bool = True) -> Path:
    """Write the page to `path` (.html) and, unless told not to, the same numbers beside it as .json; each file is whole or not there.

    Returns the path of the page. Raises InputError for a bad report or a path that is not .html, ArtifactError when a file cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"path: got {target}; expected a name that ends in .html.")
    page = render(report)
    numbers = json.dumps(report, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    if with_json:
        write_whole(target.with_suffix(".json"), numbers)
    write_whole(target, page)
    return target


def write_whole(target: Path, text: str) -> None:
    """A text file for all to read, whole or not there. Raises ArtifactError when it cannot be written."""
    temporary = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(text.encode("utf-8", "replace"))
            file.flush()
            os.fsync(file.fileno())
        # A temporary file is for its owner alone; a report is meant to be read by others.
        temporary.chmod(0o644)
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise ArtifactError(f"{target}: cannot be written ({error.strerror or error}). Free space or choose another folder.") from error

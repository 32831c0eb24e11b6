"""Checkpoint: one .npz file with every number that the next step depends on and, as JSON, what the training is of; old or new, never half, never unpickled."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ArtifactError, InputError
from ..sources import DAMAGE
from ..store.folder import writing

ABOUT = "about"
FORMAT = 1


def check_place(path: Path) -> None:
    """Raise InputError where a checkpoint could not be written, before any work."""
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"checkpoint: got {path}, {'a folder' if path.is_dir() else 'in a folder that is not there'}; expected a file in a folder that is.")


def save_checkpoint(path: Path, arrays: dict[str, np.ndarray], about: dict[str, Any], curve: list[dict[str, float]]) -> None:
    """Write `path` anew, by a rename of a whole file. Raises ArtifactError where it cannot be written; the old one stays then."""
    text = json.dumps({"format": FORMAT, "about": about, "curve": curve}, sort_keys=True)
    hidden = path.with_name(f".{path.name}.{os.getpid()}.new")
    with writing(path):
        try:
            with open(hidden, "wb") as file:
                np.savez(file, **arrays, **{ABOUT: np.frombuffer(text.encode(), np.uint8)})  # type: ignore[arg-type]
                file.flush()
                os.fsync(file.fileno())
            os.replace(hidden, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                hidden.unlink()


def load_checkpoint(path: Path, expected: dict[str, np.ndarray], about: dict[str, Any]) -> tuple[dict[str, np.ndarray], list[dict[str, float]]] | None:
    """Arrays and curve of a training of the same things, or None where there is no file.

    expected: name -> an array of the dtype and shape that is expected. Raises ArtifactError for a damaged or foreign file, InputError for a training of others.
    """
    if not path.exists():
        return None
    try:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        told = json.loads(arrays.pop(ABOUT).tobytes())
        made, curve = told["about"], told["curve"]
        sound = told["format"] == FORMAT and isinstance(made, dict) and isinstance(curve, list)
    except DAMAGE as error:
        # Of a file that it does not know NumPy says how to load it unsafely.
        why = "not an archive of plain arrays" if type(error) is ValueError else f"{type(error).__name__}: {str(error)[:120]}"
        raise damaged(path, why) from error
    if not sound:
        raise damaged(path, f"format {told['format']!r}")
    other = [name for name in about if made.get(name) != about[name]]
    if other:
        name = other[0]
        raise InputError(f"checkpoint: {path} was made with {name} {made.get(name)!r}; expected {about[name]!r}. Train on with the same, or give another file.")
    for name, array in expected.items():
        got = arrays.get(name)
        if got is None or got.dtype != array.dtype or got.shape != array.shape:
            raise damaged(path, f"array {name} is {'not there' if got is None else f'{got.dtype} of shape {got.shape}'}")
        if got.dtype.kind == "f" and not np.isfinite(got).all():
            raise damaged(path, f"array {name} holds values that are not finite")
    return arrays, curve


def damaged(path: Path, why: str) -> ArtifactError:
    """The error for a file that cannot be trained on from."""
    return ArtifactError(f"{path}: is no whole checkpoint ({why}); expected one that rankfold wrote. Remove it, or give another file.")

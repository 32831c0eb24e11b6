"""One small file a result, so that a rerun computes only what is missing or was made by other settings."""

import base64
import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

STEPS = 10_000
# Changes when results of another protocol stop being comparable.
PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Key:
    """Which result: a method in one of its forms, at so many bytes a row, fitted on the half that the seed draws."""

    set: str
    method: str
    form: str
    nbytes: int
    seed: int

    def path(self, folder: Path) -> Path:
        """Its file: set/method_form_bytes_seed.json, all in plain small letters."""
        plain = "_".join(re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-") for part in (self.method, self.form))
        return folder / self.set / f"{plain}_{self.nbytes}_s{self.seed}.json"


def digest(settings: object) -> str:
    """A short name of settings: the same ones, the same name."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]


def packed(values: np.ndarray) -> str:
    """Values 0..1 (q,) as text, in steps of a ten-thousandth."""
    return base64.b64encode(zlib.compress(np.round(values * STEPS).astype("<u2").tobytes(), 9)).decode()


def unpacked(text: str) -> np.ndarray:
    """The values (q,) float64 of a packed text."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u2").astype(np.float64) / STEPS


def read(path: Path) -> dict | None:
    """The entry at a path, or None when there is none that can be read."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def write(path: Path, entry: dict) -> None:
    """Old or new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(entry, separators=(",", ":")) + "\n")
    fresh.replace(path)


def entries(folder: Path, names: tuple[str, ...]) -> list[dict]:
    """All entries of the sets named, in the order of their paths."""
    found = [read(path) for name in names for path in sorted((folder / name).glob("*.json"))]
    return [entry for entry in found if entry is not None]

"""The manifest: what an artifact holds. Read with suspicion, written in one canonical form whose SHA-256 names the artifact."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, prod
from typing import NoReturn

import numpy as np

from ..arrays import MAX_DIM
from ..calibration import KINDS, TARGETS
from ..codec import Codec, to_spec
from ..codecs import from_spec
from ..errors import ArtifactError, RankfoldError
from ..partition import MAX_COPIES, MAX_LISTS
from .npy import MAX_AXES, MAX_AXIS, file_bytes, is_dtype

FORMAT = 1
MANIFEST = "manifest.json"
IDS = "ids.npy"
ALIVE = "alive.npy"
MAX_BYTES = 16 << 20
MAX_NESTING = 16
DIGEST_DIGITS = 32
_SEGMENT_FILE = re.compile(r"segment-(\d{3,6})\.(state|codes)\.([a-z0-9_]+(?:[.-][a-z0-9_]+)*)\.npy")
_CALIBRATION_FILE = re.compile(r"calibration\.([a-z]+)\.npy")
_PARTITION_FILE = re.compile(r"partition\.([a-z_]+)\.npy")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_FILE_NAME = 200


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One `.npy` file: its dtype (as NumPy writes it), shape, length in bytes and SHA-256 of all of them."""

    dtype: str
    shape: tuple[int, ...]
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """Rows `first` to `first + rows - 1` under one codec; `state` is the number of the segment whose state files they use."""

    codec: Codec
    first: int
    rows: int
    state: int


@dataclass(frozen=True, slots=True, eq=False)
class Manifest:
    """What an artifact holds.

    dim, unit, space: as in Table. rows: row count. segments: in row order. files: name -> entry.
    made: who and what made it: rankfold, python and numpy versions, note, and `details` as the caller gave them.
    calibration: kind, target and groups of the calibration, whose arrays are files of their own; None when there is none.
    partition: numbers of lists, groups of lists and copies of a row, whose arrays are files of their own; None when there is none.
    """

    dim: int
    unit: bool
    space: str
    rows: int
    segments: tuple[SegmentEntry, ...]
    files: Mapping[str, FileEntry]
    made: Mapping[str, object]
    calibration: Mapping[str, object] | None = None
    partition: Mapping[str, int] | None = None

    def calibration_files(self) -> dict[str, str]:
        """Array name -> file name of the calibration."""
        return {match[1]: file for file in sorted(self.files) if (match := _CALIBRATION_FILE.fullmatch(file)) is not None}

    def partition_files(self) -> dict[str, str]:
        """Array name -> file name of the partition."""
        return {match[1]: file for file in sorted(self.files) if (match := _PARTITION_FILE.fullmatch(file)) is not None}

    def by_segment(self) -> dict[tuple[int, str], dict[str, str]]:
        """(segment, "state" or "codes") -> array name -> file name."""
        found: dict[tuple[int, str], dict[str, str]] = {}
        for file in sorted(self.files):
            match = _SEGMENT_FILE.fullmatch(file)
            if match is not None:
                found.setdefault((int(match[1]), match[2]), {})[match[3]] = file
        return found

    def to_bytes(self) -> bytes:
        """The canonical text: JSON with sorted keys, one space of indent and a newline at the end."""
        segments = [{"codec": to_spec(s.codec), "first": s.first, "rows": s.rows, "state": s.state} for s in self.segments]
        files = {name: {"dtype": f.dtype, "shape": list(f.shape), "bytes": f.size, "sha256": f.sha256} for name, f in self.files.items()}
        content = {"format": FORMAT, "dim": self.dim, "unit": self.unit, "space": self.space, "rows": self.rows}
        content |= {"segments": segments, "files": files, "made": dict(self.made)}
        content |= {} if self.calibration is None else {"calibration": dict(self.calibration)}
        content |= {} if self.partition is None else {"partition": dict(self.partition)}
        return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=True, allow_nan=False) + "\n").encode("ascii")


def digest_of(manifest: bytes) -> str:
    """The name of the artifact: the first 32 hexadecimal digits of the SHA-256 of its manifest file."""
    return hashlib.sha256(manifest).hexdigest()[:DIGEST_DIGITS]


def is_digest(name: str) -> bool:
    """Whether `name` has the form of an artifact's name."""
    return re.fullmatch(r"[0-9a-f]{32}", name) is not None


def segment_file(segment: int, kind: str, name: str) -> str:
    """The file name of one array of a segment; `kind` is "state" or "codes"."""
    return f"segment-{segment:03d}.{kind}.{name}.npy"


def calibration_file(name: str) -> str:
    """The file name of one array of the calibration."""
    return f"calibration.{name}.npy"


def partition_file(name: str) -> str:
    """The file name of one array of the partition."""
    return f"partition.{name}.npy"


def is_array_file(name: str) -> bool:
    """Whether an artifact may hold a file of this name, beside its manifest."""
    if name in (IDS, ALIVE) or is_segment_file(name):
        return True
    return len(name) <= _MAX_FILE_NAME and any(form.fullmatch(name) is not None for form in (_CALIBRATION_FILE, _PARTITION_FILE))


def is_segment_file(name: str) -> bool:
    """Whether `name` is a file name that `segment_file` gives for a plain array name."""
    match = _SEGMENT_FILE.fullmatch(name) if len(name) <= _MAX_FILE_NAME else None
    return match is not None and name == segment_file(int(match[1]), match[2], match[3])


def is_plain(value: object, nesting: int = 0) -> bool:
    """Whether a value is made of strings, whole numbers up to 64 bits, finite floats, booleans, None, lists and dictionaries with string keys."""
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 64
    if isinstance(value, float):
        return isfinite(value)
    if nesting >= MAX_NESTING:
        return False
    if isinstance(value, list | tuple):
        return all(is_plain(part, nesting + 1) for part in value)
    return isinstance(value, dict) and all(isinstance(key, str) and is_plain(part, nesting + 1) for key, part in value.items())


def parse(raw: bytes) -> Manifest:
    """The manifest in these bytes, every value checked. Raises ArtifactError naming the first key that is wrong."""
    if len(raw) > MAX_BYTES:
        _refuse(f"{len(raw)} bytes", f"at most {MAX_BYTES}")
    try:
        content = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{MANIFEST}: is not rankfold JSON ({str(error)[:200]}). The file is damaged: copy or write the artifact again.") from error
    if isinstance(content, dict) and isinstance(content.get("format"), int) and content["format"] > FORMAT:
        raise ArtifactError(f"{MANIFEST}: format {content['format']}; this rankfold reads 1 to {FORMAT}. Upgrade rankfold to read this artifact.")
    optional = [key for key in ("calibration", "partition") if isinstance(content, dict) and key in content]
    content = _object(content, "the manifest", " ".join(["format dim unit space rows segments files made", *optional]))
    if _number(content["format"], "format", 1) != FORMAT:
        _refuse(f"format {content['format']}", str(FORMAT))
    if not isinstance(content["unit"], bool):
        _refuse(f"unit {content['unit']!r}", "true or false")
    if not isinstance(content["space"], str):
        _refuse(f"space {content['space']!r}", "text")
    if not isinstance(content["made"], dict) or not is_plain(content["made"]):
        _refuse("made that is not plain", f"an object of text and finite numbers, nested at most {MAX_NESTING} deep")
    dim = _number(content["dim"], "dim", 1, MAX_DIM)
    rows = _number(content["rows"], "rows", 1)
    segments = _segments(content["segments"], rows)
    calibration = _calibration(content) if "calibration" in optional else None
    lists = _partition(content) if "partition" in optional else None
    manifest = Manifest(dim, content["unit"], content["space"], rows, segments, _files(content["files"]), content["made"], calibration, lists)
    _check_agreement(manifest)
    return manifest


def _segments(value: object, rows: int) -> tuple[SegmentEntry, ...]:
    if not isinstance(value, list) or not 1 <= len(value) < 1_000_000:
        _refuse(f"segments {str(value)[:80]}", "a list of at least one segment")
    found: list[SegmentEntry] = []
    first = 0
    for number, one in enumerate(value):
        entry = _object(one, f"segment {number}", "codec first rows state")
        try:
            codec = from_spec(entry["codec"])
        except RankfoldError as error:
            raise ArtifactError(f"{MANIFEST}: segment {number}: {error}") from error
        except Exception as error:  # a codec of another package may refuse its settings in any way
            raise ArtifactError(f"{MANIFEST}: segment {number}: its codec cannot be made ({error!r}).") from error
        if _number(entry["first"], f"first row of segment {number}", 0) != first:
            _refuse(f"first row {entry['first']} of segment {number}", str(first))
        state = _number(entry["state"], f"state of segment {number}", 0, number)
        if state < number and found[state].state != state:
            _refuse(f"state {state} of segment {number}", "an earlier segment with a state of its own")
        found.append(SegmentEntry(codec, first, _number(entry["rows"], f"rows of segment {number}", 1), state))
        first += found[-1].rows
    if first != rows:
        _refuse(f"{first} rows in the segments", f"{rows} as `rows` says")
    return tuple(found)


def _calibration(content: dict) -> dict[str, object]:
    entry = _object(content["calibration"], "calibration", "kind target groups")
    names = entry["groups"]
    if entry["kind"] not in KINDS or entry["target"] not in TARGETS:
        _refuse(f"calibration {str(entry['kind'])[:40]!r} to {str(entry['target'])[:40]!r}", f"one of {', '.join(KINDS)} to one of {', '.join(TARGETS)}")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        _refuse(f"calibration groups {str(names)[:80]}", "a list of at least one name")
    return entry


def _partition(content: dict) -> dict[str, int]:
    entry = _object(content["partition"], "partition", "copies groups lists")
    lists = _number(entry["lists"], "lists of the partition", 1, MAX_LISTS)
    _number(entry["groups"], "groups of the partition", 0, lists)
    _number(entry["copies"], "copies of the partition", 1, MAX_COPIES)
    return entry


def _files(value: object) -> dict[str, FileEntry]:
    if not isinstance(value, dict):
        _refuse("files that is not an object", "an object")
    found = {}
    for name, one in value.items():
        if not is_array_file(name):
            _refuse(f"a file called {name[:80]!r}", f"{IDS}, {ALIVE}, segment-NNN.state|codes.<name>.npy, calibration.<name>.npy or partition.<name>.npy")
        entry = _object(one, name, "dtype shape bytes sha256")
        if not is_dtype(entry["dtype"]):
            _refuse(f"dtype {str(entry['dtype'])[:40]!r} of {name}", "a dtype of the list in docs/format.md")
        if not isinstance(entry["shape"], list) or len(entry["shape"]) > MAX_AXES:
            _refuse(f"shape {str(entry['shape'])[:80]} of {name}", f"a list of at most {MAX_AXES} lengths")
        shape = tuple(_number(length, f"shape of {name}", 0, MAX_AXIS) for length in entry["shape"])
        if np.dtype(entry["dtype"]).itemsize * prod(length or 1 for length in shape) > MAX_AXIS:
            _refuse(f"shape {list(shape)} of {name}", f"at most {MAX_AXIS} bytes")
        size = _number(entry["bytes"], f"bytes of {name}", 0)
        if size != file_bytes(entry["dtype"], shape):
            _refuse(f"{size} bytes for {entry['dtype']} {list(shape)} of {name}", str(file_bytes(entry["dtype"], shape)))
        if not isinstance(entry["sha256"], str) or _SHA256.fullmatch(entry["sha256"]) is None:
            _refuse(f"sha256 of {name}", "64 hexadecimal digits")
        found[name] = FileEntry(entry["dtype"], shape, size, entry["sha256"])
    return found


def _check_agreement(manifest: Manifest) -> None:
    """Refuse a manifest whose files do not fit its segments."""
    ids = manifest.files.get(IDS)
    if ids is None or ids.shape != (manifest.rows,) or not (ids.dtype == "<i8" or ids.dtype.startswith("|S")):
        _refuse(f"{IDS} {ids and (ids.dtype, ids.shape)}", f"<i8 or |S of shape ({manifest.rows},)")
    alive = manifest.files.get(ALIVE)
    if alive is not None and (alive.shape != (manifest.rows,) or alive.dtype != "|b1"):
        _refuse(f"{ALIVE} {alive.dtype} {alive.shape}", f"|b1 of shape ({manifest.rows},)")
    if (manifest.calibration is None) != (not manifest.calibration_files()):
        _refuse(f"calibration {manifest.calibration} with the files {sorted(manifest.calibration_files().values())}", "both or neither")
    if (manifest.partition is None) != (not manifest.partition_files()):
        _refuse(f"partition {manifest.partition} with the files {sorted(manifest.partition_files().values())}", "both or neither")
    groups = manifest.by_segment()
    for number, segment in enumerate(manifest.segments):
        if segment.state == number:
            groups.pop((number, "state"), None)
        entries = [manifest.files[file] for file in groups.pop((number, "codes"), {}).values()]
        if not entries or any(entry.shape[:1] != (segment.rows,) for entry in entries):
            _refuse(f"codes of shapes {[entry.shape for entry in entries]} in segment {number}", f"{segment.rows} rows in each")
        stored = sum(np.dtype(entry.dtype).itemsize * prod(entry.shape[1:]) for entry in entries)
        promised = _row_bytes(segment.codec, manifest.dim, number)
        if stored != promised:
            _refuse(f"{stored} bytes a row in segment {number}", f"{promised}, as its codec says")
    for (number, kind), files in groups.items():
        _refuse(f"the file {next(iter(files.values()))}", f"no {kind} of segment {number}")


def _row_bytes(codec: Codec, dim: int, number: int) -> int:
    try:
        return codec.row_bytes(dim)
    except Exception as error:  # a codec of another package may refuse the dimension in any way
        raise ArtifactError(f"{MANIFEST}: segment {number}: its codec does not suit {dim} dimensions ({error}).") from error


def _object(value: object, what: str, keys: str) -> dict:
    expected = sorted(keys.split())
    if not isinstance(value, dict) or sorted(value) != expected:
        got = sorted(value) if isinstance(value, dict) else type(value).__name__
        _refuse(f"{what} with {str(got)[:120]}", f"an object with exactly {', '.join(expected)}")
    return value


def _number(value: object, what: str, low: int, high: int = 1 << 62) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        _refuse(f"{what} {str(value)[:40]!r}", f"a whole number from {low} to {high}")
    return value


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object names a key twice")
    return found


def _no_constant(text: str) -> object:
    raise ValueError(f"it holds {text}")


def _refuse(got: str, expected: str) -> NoReturn:
    raise ArtifactError(f"{MANIFEST}: got {got}; expected {expected}. The file is damaged or from elsewhere: copy or write the artifact again.")

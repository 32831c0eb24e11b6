"""The layout of an archive: a fixed prefix, the coded blocks, the manifest, and a plan that says where and how every block is coded."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from ..errors import ArtifactError
from .blockcoding import STATE_BYTES, Grid, grid_of
from .manifest import MAX_BYTES, Manifest
from .shares import Shares, read_shares

MAGIC = b"\x89RFA\r\n\x1a\n"
VERSION = 1
PREFIX_BYTES = 64
BLOCK_DIGEST = 16
MAX_PLAN_BYTES = 1 << 28
STORED, CODED, DIFFERENCES = range(3)
_SIGNED = PREFIX_BYTES - 32


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """How one array is coded: way, shares (None when stored as it is), and of each block its place in the file, its length and its digest."""

    grid: Grid
    way: int
    shares: Shares | None
    places: tuple[int, ...]
    lengths: tuple[int, ...]
    digests: tuple[bytes, ...]

    def to_bytes(self) -> bytes:
        """Its part of the plan."""
        model = b"" if self.shares is None else self.shares.to_bytes()
        return bytes([self.way]) + model + b"".join(length.to_bytes(4, "little") for length in self.lengths) + b"".join(self.digests)


@dataclass(frozen=True, slots=True)
class Prefix:
    """Lengths of the three parts that follow, and the digest of the prefix before it, the manifest and the plan."""

    manifest_bytes: int
    plan_bytes: int
    payload_bytes: int
    digest: bytes

    @property
    def whole_bytes(self) -> int:
        """Length of the whole file."""
        return PREFIX_BYTES + self.payload_bytes + self.manifest_bytes + self.plan_bytes


def prefix_bytes(payload_bytes: int, manifest: bytes, plan: bytes) -> bytes:
    """The first PREFIX_BYTES of an archive."""
    signed = MAGIC + VERSION.to_bytes(4, "little") + len(manifest).to_bytes(4, "little")
    signed += len(plan).to_bytes(8, "little") + payload_bytes.to_bytes(8, "little")
    return signed + hashlib.sha256(signed + manifest + plan).digest()


def read_prefix(raw: bytes) -> Prefix:
    """Raises ArtifactError for what is not the beginning of an archive, one of a later version, or lengths out of bounds."""
    if len(raw) < PREFIX_BYTES or raw[:8] != MAGIC:
        raise ArtifactError("is not an archive of rankfold, or was changed on the way (a transfer as text?). Check the path, or copy it again as binary")
    version, *lengths = (int.from_bytes(raw[start:stop], "little") for start, stop in ((8, 12), (12, 16), (16, 24), (24, 32)))
    if version > VERSION:
        raise ArtifactError(f"is an archive of version {version}; this rankfold reads {VERSION}. Upgrade rankfold to read it")
    prefix = Prefix(lengths[0], lengths[1], lengths[2], raw[_SIGNED:PREFIX_BYTES])
    if version != VERSION or prefix.manifest_bytes > MAX_BYTES or prefix.plan_bytes > MAX_PLAN_BYTES:
        raise ArtifactError("has a damaged beginning. Copy or write it again")
    return prefix


def check_head(start: bytes, prefix: Prefix, manifest: bytes, plan: bytes) -> None:
    """Raise ArtifactError unless prefix, manifest and plan are as they were written."""
    if hashlib.sha256(start[:_SIGNED] + manifest + plan).digest() != prefix.digest:
        raise ArtifactError("its prefix, manifest or plan was changed. Copy or write it again")


def block_digest(raw: bytes) -> bytes:
    """What the plan holds of each block: the first 16 bytes of its SHA-256."""
    return hashlib.sha256(raw).digest()[:BLOCK_DIGEST]


def plan_bytes(files: Mapping[str, Coded]) -> bytes:
    """The parts of all files, by name."""
    return b"".join(files[name].to_bytes() for name in sorted(files))


def read_plan(raw: bytes, manifest: Manifest, payload_bytes: int) -> dict[str, Coded]:
    """How every array of the manifest is coded. Raises ArtifactError when plan, manifest and payload do not fit each other."""
    left, place, found = memoryview(raw), PREFIX_BYTES, {}
    for name in sorted(manifest.files):
        grid = grid_of(name, manifest.files[name])
        way = left[0] if left else 255
        if way > DIFFERENCES or (way == DIFFERENCES and grid.width != 8):
            raise ArtifactError(f"{name}: got way {way}; expected 0 to {DIFFERENCES}")
        shares, model = (None, 0) if way == STORED else read_shares(left[1:], grid.width)
        left = left[1 + model :]
        if grid.blocks * (4 + BLOCK_DIGEST) > len(left):
            raise ArtifactError(f"{name}: its plan has {len(left)} bytes; expected {grid.blocks} lengths and digests")
        middle, end = grid.blocks * 4, grid.blocks * (4 + BLOCK_DIGEST)
        lengths = tuple(int.from_bytes(left[at : at + 4], "little") for at in range(0, middle, 4))
        most = STATE_BYTES + 2 * grid.block * grid.width
        if max(lengths, default=0) > most:
            raise ArtifactError(f"{name}: got a block of {max(lengths)} bytes; expected at most {most}")
        digests = tuple(bytes(left[at : at + BLOCK_DIGEST]) for at in range(middle, end, BLOCK_DIGEST))
        places = tuple(accumulate(lengths, initial=place))
        found[name] = Coded(grid, way, shares, places[:-1], lengths, digests)
        left, place = left[end:], places[-1]
    if left or place != PREFIX_BYTES + payload_bytes:
        raise ArtifactError(f"its plan leaves {len(left)} bytes and tells of {place - PREFIX_BYTES} bytes of blocks; expected 0 and {payload_bytes}")
    return found

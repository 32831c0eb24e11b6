"""Which share of the code space each byte value gets, place by place: the statistics behind range coding."""

from dataclasses import dataclass

import numpy as np

from ..errors import ArtifactError
from ..kernels import RANS_TOTAL

UNIFORM = np.full(256, RANS_TOTAL // 256, np.uint16)
_BITMAP = 32


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """counts: uint16 (t, 256), one table a row, each RANS_TOTAL in all, row 0 the uniform one. chosen: int32 (w,), the table of each place of an item."""

    counts: np.ndarray
    chosen: np.ndarray

    def to_bytes(self) -> bytes:
        """Tables without the uniform one, then the choices; see docs/format.md."""
        tables = b"".join(_table_bytes(counts) for counts in self.counts[1:])
        return (len(self.counts) - 1).to_bytes(2, "little") + tables + self.chosen.astype("<u2").tobytes()


def seen_in(planes: np.ndarray) -> np.ndarray:
    """How often each value occurs: uint8 (w, n) -> int64 (w, 256)."""
    return np.stack([np.bincount(plane, minlength=256) for plane in planes]) if len(planes) else np.zeros((0, 256), np.int64)


def entropy_bytes(seen: np.ndarray) -> float:
    """The empirical order-0 entropy in bytes: what an ideal coder that knows these counts (w, 256), and need not send them, would take."""
    totals = seen.sum(axis=1)
    return float((_bits(totals, totals) - _bits(seen, seen).sum(axis=1)).sum() / 8)


def choose(seen: np.ndarray) -> tuple[Shares, float]:
    """The cheapest tables for values that occur `seen` (w, 256) times, and the bytes that codes and tables will take.

    Each place gets a table of its own, the one of all places together, or the uniform one that need not be stored. Tables after the byte before were
    tried on real codes: after counting their bytes they save 1 % at most, and cost more as often.
    """
    own = quantised(seen)
    pooled = quantised(seen.sum(axis=0, keepdims=True))[0]
    flat, alone, together = seen.sum(axis=1).astype(float), _cost(seen, own) + _table_sizes(own), _cost(seen, pooled)
    first, second = np.minimum(flat, alone), np.minimum(np.minimum(flat, alone), together)
    with_pool = bool(first.sum() > second.sum() + _table_sizes(pooled[None])[0])
    best = second if with_pool else first
    from_pool = with_pool & (together <= best)
    kept = np.flatnonzero(~from_pool & (alone <= best) & (alone < flat))
    tables = [UNIFORM[None], *([pooled[None]] if with_pool else []), own[kept]]
    chosen = np.where(from_pool, 1, 0).astype(np.int32)
    chosen[kept] = np.arange(len(kept)) + 1 + with_pool
    shares = Shares(np.concatenate(tables), chosen)
    return shares, float(_cost(seen, shares.counts[chosen]).sum()) + len(shares.to_bytes())


def quantised(seen: np.ndarray) -> np.ndarray:
    """Counts (m, 256) as shares of RANS_TOTAL, uint16: at least 1 for what occurs, 0 for the rest, uniform where nothing does."""
    totals = seen.sum(axis=1, keepdims=True)
    out = np.maximum((seen * RANS_TOTAL + totals // 2) // np.maximum(totals, 1), seen > 0)
    out[totals[:, 0] == 0] = UNIFORM
    for counts in out:
        excess = int(counts.sum()) - RANS_TOTAL
        # One off the largest is what costs least; a few hundred at most have to go.
        while excess > 0:
            largest = np.argsort(-counts, kind="stable")[: min(excess, np.count_nonzero(counts > 1))]
            counts[largest] -= 1
            excess -= len(largest)
        counts[counts.argmax()] -= excess
    return out.astype(np.uint16)


def read_shares(raw: memoryview, width: int) -> tuple[Shares, int]:
    """What `Shares.to_bytes` wrote, for items of `width` bytes, and its length. Raises ArtifactError for anything else."""
    stored, at = int.from_bytes(_part(raw, 0, 2), "little"), 2
    if stored > width + 1:
        raise ArtifactError(f"got {stored} tables for items of {width} bytes; expected at most {width + 1}")
    tables = [UNIFORM]
    for _ in range(stored):
        present = np.flatnonzero(np.unpackbits(np.frombuffer(_part(raw, at, _BITMAP), np.uint8), bitorder="little"))
        at += _BITMAP
        counts = np.zeros(256, np.uint16)
        for value in present:
            low = _part(raw, at, 1)[0]
            high = _part(raw, at + 1, 1)[0] if low & 128 else 0
            at += 2 if low & 128 else 1
            counts[value] = (low & 127 | high << 7) % RANS_TOTAL + 1
        if int(counts.sum(dtype=np.int64)) != RANS_TOTAL:
            raise ArtifactError(f"got a table of {counts.sum(dtype=np.int64)} shares; expected {RANS_TOTAL}")
        tables.append(counts)
    chosen = np.frombuffer(_part(raw, at, 2 * width), "<u2").astype(np.int32)
    if chosen.max(initial=0) > stored:
        raise ArtifactError(f"got table {chosen.max()}; expected 0 to {stored}")
    return Shares(np.stack(tables), chosen), at + 2 * width


def _part(raw: memoryview, start: int, size: int) -> memoryview:
    if start + size > len(raw):
        raise ArtifactError("its plan ends in the middle of a table")
    return raw[start : start + size]


def _table_bytes(counts: np.ndarray) -> bytes:
    """A bit for each value that occurs, then its share less one: seven bits, and seven more in a second byte where the top bit says so."""
    found = bytearray(np.packbits(counts > 0, bitorder="little").tobytes())
    for share in (counts[counts > 0].astype(int) - 1).tolist():
        found += bytes([share]) if share < 128 else bytes([share & 127 | 128, share >> 7])
    return bytes(found)


def _table_sizes(counts: np.ndarray) -> np.ndarray:
    return _BITMAP + (counts > 0).sum(axis=1) + (counts > 128).sum(axis=1)


def _cost(seen: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Bytes of each place when its values are coded with these shares."""
    return (seen.sum(axis=1) * np.log2(RANS_TOTAL) - _bits(seen, np.broadcast_to(counts, seen.shape)).sum(axis=1)) / 8


def _bits(times: np.ndarray, of: np.ndarray) -> np.ndarray:
    """times * log2(of), 0 where `of` is 0."""
    return times * np.log2(np.maximum(of, 1).astype(float))

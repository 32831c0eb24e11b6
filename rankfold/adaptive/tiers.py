"""Tiers: rows that matter get more bytes. One table, its rows in segments of different codecs, within a mean number of bytes a row.

Each row is coded at every size once to learn the distance to its decoding; the sizes are then chosen so that the sum of weight x distance is least within
the budget (see `allocation`). Ids travel with their rows: the table's rows stand in the order of their tiers, the largest first, within a tier as they came.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np

from ..arrays import F32, as_weight, row_norms, unit_rows
from ..codec import Codec, to_spec
from ..codes import Arrays, Codes
from ..compression import Fitted, encode_blocks, encode_in_memory, fit
from ..errors import BudgetError, InputError
from ..progress import Progress, silent
from ..store import ArtifactWriter, load
from ..store.folder import check_root
from ..table import Segment, Table, encode_rows
from ..vectors import Vectors
from .allocation import allocate

MOST_RATES = 10
MOST_TIERS = 4
# Which codecs are used at all is decided on so many rows, evenly spaced.
TRIAL_ROWS = 1_024


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """What every row would lose at every size.

    fitted: the codecs with their states, the smallest rows first; codecs may share one state. row_bytes: (rates,) int64.
    errors: (n, rates) float32, what a row loses: the distance to its decoding, unless another measure is said. unit: rows were normalised first.
    """

    fitted: tuple[Fitted, ...]
    row_bytes: np.ndarray
    errors: F32
    unit: bool


def compress_tiered(
    vectors: Vectors,
    codecs: Sequence[Codec],
    row_bytes: float,
    *,
    weight: F32 | None = None,
    queries: F32 | Vectors | None = None,
    lean: float = 1.0,
    unit: bool = False,
    norms: Literal["auto", "raw"] = "auto",
    sample: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    note: str = "",
    progress: Progress = silent,
) -> Table:
    """Compress rows at the sizes of several codecs, `row_bytes` a row in the mean, more for rows that weigh more or that are harder to code.

    codecs: 1 to 10, of which at most 4 will be used. row_bytes: mean bytes of a coded row; where codebooks of several codecs take more than those of the
    largest single codec that fits, the difference is taken from the rows. The total is never exceeded, and less than one step between two sizes is left over
    unless no further byte would bring a row nearer.
    weight: (n,) what each row counts, in the fit and in the choice; see `exposure`. lean: power of the weight in the choice; 0 leaves each row's own error.
    Other arguments as in `compress`; with `out` codes go straight to disk. Memory beyond that of `compress`: (4 + 24) bytes a row and codec.
    Time: every row is coded once with each codec, and once more. Raises BudgetError when even the smallest codec is too large, and what `compress` raises.
    """
    if out is not None:
        check_root(Path(out))
    rates = measure_rates(vectors, codecs, weight=weight, queries=queries, unit=unit, norms=norms, sample=sample, seed=seed, progress=progress)
    choice = choose_rates(rates, row_bytes, weight=weight, lean=lean)
    details = {"seed": seed, "asked": [to_spec(one) for one in codecs], "row_bytes": float(row_bytes), "lean": float(lean), "weighted": weight is not None}
    return coded(vectors, rates, choice, out=out, note=note, details=details, progress=progress)


def measure_rates(
    vectors: Vectors,
    codecs: Sequence[Codec],
    *,
    weight: F32 | None = None,
    queries: F32 | Vectors | None = None,
    unit: bool = False,
    norms: Literal["auto", "raw"] = "auto",
    sample: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Rates:
    """Fit every codec and code every row with each: the first half of `compress_tiered`. Raises what `compress` raises."""
    if not 1 <= len(codecs) <= MOST_RATES:
        raise InputError(f"codecs: got {len(codecs)}; expected 1 to {MOST_RATES}.")
    fitted = [fit(vectors, how, weight=weight, queries=queries, unit=unit, norms=norms, sample=sample, seed=seed, progress=progress) for how in codecs]
    return rates_of(vectors, fitted, unit=unit, progress=progress)


def rates_of(vectors: Vectors, fitted: Sequence[Fitted], *, unit: bool, most: int | None = None, progress: Progress = silent) -> Rates:
    """Every row coded with every one of these, and how far its decoding is from it.

    most: of a table of more rows, only so many are coded, evenly spaced; the others are taken to lose as many times their length as these in the mean.
    """
    if most is not None and vectors.count > most:
        return _rates_by_length(vectors, fitted, unit, most, progress)
    sizes = [one.codec.row_bytes(vectors.dim) for one in fitted]
    order = np.argsort(sizes, kind="stable")
    fitted = [fitted[place] for place in order]
    errors = np.empty((vectors.count, len(fitted)), np.float32)
    progress("try sizes", 0, vectors.count)
    for first, x in vectors.blocks():
        x = unit_rows(x) if unit else x
        for rate, one in enumerate(fitted):
            decoded = one.codec.decode(one.state, Codes(encode_rows(one.codec, one.state, x)))
            difference = decoded.astype(np.float64) - x
            errors[first : first + len(x), rate] = np.sqrt(np.einsum("nd,nd->n", difference, difference))
        progress("try sizes", first + len(x), vectors.count)
    return Rates(tuple(fitted), np.array(sizes, np.int64)[order], errors, unit)


def _rates_by_length(vectors: Vectors, fitted: Sequence[Fitted], unit: bool, most: int, progress: Progress) -> Rates:
    rows = np.unique(np.linspace(0, vectors.count - 1, most).astype(np.int64))
    some = rates_of(vectors.arranged(rows), fitted, unit=unit, progress=progress)
    lengths = np.concatenate([row_norms(x) for _, x in vectors.blocks()])
    lengths = (lengths > 0).astype(np.float32) if unit else lengths
    total = lengths[rows].sum(dtype=np.float64)
    share = some.errors.sum(axis=0, dtype=np.float64) / (total if total > 0 else 1.0)
    return replace(some, errors=(lengths[:, None] * share).astype(np.float32))


def choose_rates(rates: Rates, row_bytes: float, *, weight: F32 | None = None, lean: float = 1.0, codebooks: int | None = None) -> np.ndarray:
    """Which rate each row gets, int64 (n,): the second half of `compress_tiered`.

    codebooks: bytes of codebooks that come on top of row_bytes; by default those of the largest single codec that fits. What is needed beyond them is taken
    from the rows. Raises BudgetError, InputError.
    """
    count = len(rates.errors)
    if isinstance(row_bytes, bool) or not isinstance(row_bytes, int | float | np.integer | np.floating) or not np.isfinite(row_bytes) or row_bytes <= 0:
        raise InputError(f"row_bytes: got {row_bytes!r}; expected a mean number of bytes a row above 0.")
    if isinstance(lean, bool) or not 0 <= lean <= 4:
        raise InputError(f"lean: got {lean!r}; expected 0 to 4.")
    if row_bytes < rates.row_bytes[0]:
        raise BudgetError(f"row_bytes: {row_bytes:g} bytes a row are not enough; the smallest of these codecs takes {rates.row_bytes[0]} bytes a row.")
    weights = as_weight(weight, count).astype(np.float64)
    # Relative to the largest: powers of large weights must not overflow.
    importance = (weights / weights.max()) ** lean if weights.any() else np.ones(count)
    cost = rates.errors * importance[:, None]
    if codebooks is None:
        codebooks = state_bytes([rates.fitted[int(np.flatnonzero(rates.row_bytes <= row_bytes)[-1])].state])
    rows = np.unique(np.linspace(0, count - 1, min(count, TRIAL_ROWS)).astype(np.int64))
    best: tuple[float, int] | None = None
    used: tuple[int, ...] = ()
    for size in range(1, min(MOST_TIERS, len(rates.fitted)) + 1):
        for some in combinations(range(len(rates.fitted)), size):
            most = _code_bytes(rates, some, row_bytes, codebooks)
            if most < rates.row_bytes[some[0]] * count:
                continue
            tried = cost[rows][:, list(some)]
            total = float(tried[np.arange(rows.size), allocate(tried, rates.row_bytes[list(some)], most * rows.size / count)].sum())
            if best is None or (total, size) < best:
                best, used = (total, size), some
    if not used:
        raise BudgetError(f"row_bytes: {row_bytes:g} bytes a row do not pay for the codebooks of any of these codecs; expected more bytes, or other codecs.")
    return np.array(used)[allocate(cost[:, used], rates.row_bytes[list(used)], _code_bytes(rates, used, row_bytes, codebooks))]


def _code_bytes(rates: Rates, some: Sequence[int], row_bytes: float, codebooks: int) -> float:
    """Bytes that the codes of all rows may take, when their codecs are `some`: codebooks beyond those allowed are paid by the rows."""
    return row_bytes * len(rates.errors) - max(0, state_bytes([rates.fitted[rate].state for rate in some]) - codebooks)


def state_bytes(states: Sequence[Arrays]) -> int:
    """Bytes of the arrays of these states, those that are shared counted once."""
    return sum({id(array): array.nbytes for state in states for array in state.values()}.values())


def coded(
    vectors: Vectors, rates: Rates, choice: np.ndarray, *, out: Path | None = None, note: str = "", details: dict | None = None, progress: Progress = silent
) -> Table:
    """The table of `vectors` whose row i is coded at rate choice[i]; with `out`, written there while coding and mapped from there."""
    tiers = [(rates.fitted[rate], np.flatnonzero(choice == rate)) for rate in range(len(rates.fitted) - 1, -1, -1)]
    tiers = [(one, rows) for one, rows in tiers if rows.size]
    ids = vectors.ids[np.concatenate([rows for _, rows in tiers])]
    if out is None:
        segments: list[Segment] = []
        for one, rows in tiers:
            columns = encode_in_memory(vectors.arranged(rows), one, rates.unit, progress)
            segments.append(Segment(one.codec, one.state, Codes(columns), sum(part.count for part in segments)))
        return Table(vectors.dim, rates.unit, ids, tuple(segments), space=vectors.space)
    with ArtifactWriter(Path(out), dim=vectors.dim, ids=ids, unit=rates.unit, space=vectors.space) as writer:
        for number, (one, rows) in enumerate(tiers):
            sharing = next((place for place, (other, _) in enumerate(tiers[:number]) if other.state is one.state), None)
            writer.segment(one.codec, one.state, rows=rows.size, share=sharing)
            encode_blocks(vectors.arranged(rows), one, rates.unit, progress, lambda _, columns: writer.append(columns))
        return load(writer.publish(note=note, details=details))

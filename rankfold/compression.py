"""Vectors in, table or artifact out: sample, fit, encode in blocks."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from .arrays import F32, as_matrix, as_weight, row_norms, unit_rows
from .codec import Codec, fit_codec, inner_of, settled, to_spec, with_budget
from .codecs import get
from .codes import Arrays, Codes
from .errors import InputError, SpecError
from .fallback import JUDGED_ROWS, better
from .progress import Progress, silent
from .store import ArtifactWriter, load
from .store.folder import check_root
from .table import Segment, Table, check_space, encode_rows
from .vectors import Vectors

SAMPLE_ROWS = 200_000
SAMPLE_VALUES = 1 << 25
NORMS_VARY = 1e-3
ONE_LENGTH = 0.01
# Fewer rows outside the sample than this are not judged on alone.
LEAST_JUDGED = 256


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A codec as it will really be used (settled, with `normed` or `unit` around it where that pays) and its state."""

    codec: Codec
    state: Arrays


def compress(
    vectors: Vectors,
    how: Codec,
    *,
    weight: F32 | None = None,
    queries: F32 | Vectors | None = None,
    unit: bool = False,
    norms: Literal["auto", "raw"] = "auto",
    sample: int | None = None,
    fallback: bool | None = False,
    seed: int = 0,
    out: Path | None = None,
    note: str = "",
    progress: Progress = silent,
) -> Table:
    """Fit `how` on a sample of the rows, then encode all of them.

    weight: (n,) what each row counts in the fit; see `exposure`. queries: (m, d) what the rows will be asked, such as users of an earlier time, for codecs
    that look at it (`viewed`; others do not); queries of zeros say nothing, and at most 200,000 are looked at. unit: normalise rows first (cosine).
    norms: "auto" puts `normed` around a codec that needs it when row lengths vary, and `unit` around one that shrinks rows when they do not (for `viewed`:
    inside); "raw" takes the codec as it is. The byte of `normed` comes out of the codec's own budget where it has one (a setting `bytes`). Settings that the
    codec leaves open are chosen from the sample.
    sample: rows to fit on; by default at most 200,000 rows and 2^25 values. The longest and the shortest row are always among them, so that no row lies
    outside the lengths that the codec can store.
    fallback: a learned codec (codebooks, tables) that leaves more error of directions on rows that it was not fitted to (on the table's own where all were)
    than scalar codes of no more bytes is warned of (RuntimeWarning); True takes the scalar codes then, None does not compare.
    out: write the artifact to this path while encoding (old or new, never half), and return the table mapped from it.

    Peak memory beyond the table: the sample twice over and one block. With `out`, codes go straight to disk.
    Raises InputError, SpecError, and ArtifactError when the artifact cannot be written.
    """
    if norms not in ("auto", "raw"):
        raise InputError(f'norms: got {norms!r}; expected "auto" or "raw".')
    if out is not None:
        check_root(Path(out))
    fitted = fit(vectors, how, weight=weight, queries=queries, unit=unit, norms=norms, sample=sample, fallback=fallback, seed=seed, progress=progress)
    details = {"seed": seed, "asked": to_spec(how), "weighted": weight is not None, "queried": queries is not None}
    return encode(vectors, fitted, unit=unit, out=out, note=note, details=details, progress=progress)


def encode(
    vectors: Vectors,
    fitted: Fitted,
    *,
    unit: bool = False,
    out: Path | None = None,
    note: str = "",
    details: dict[str, object] | None = None,
    progress: Progress = silent,
) -> Table:
    """The second half of `compress`: every row coded by a codec that is fitted already. unit: normalise rows first, as those that it was fitted to.

    out: write the artifact to this path while encoding, and return the table mapped from it. details: what its manifest tells of the fit.
    Raises ArtifactError when the artifact cannot be written.
    """
    if out is not None:
        return _encode_to_disk(vectors, fitted, unit, Path(out), note, details or {}, progress)
    columns = encode_in_memory(vectors, fitted, unit, progress)
    return Table(vectors.dim, unit, vectors.ids, (Segment(fitted.codec, fitted.state, Codes(columns), 0),), space=vectors.space)


def fit(
    vectors: Vectors,
    how: Codec,
    *,
    weight: F32 | None = None,
    queries: F32 | Vectors | None = None,
    unit: bool = False,
    norms: Literal["auto", "raw"] = "auto",
    sample: int | None = None,
    fallback: bool | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Fitted:
    """The first half of `compress`: the codec that will be used and its state, read-only arrays. Same arguments, same errors; compares only if asked."""
    weights = as_weight(weight, vectors.count)
    asked = None if queries is None else _asked(vectors, queries, seed)
    most = min(SAMPLE_ROWS, max(1_000, SAMPLE_VALUES // vectors.dim)) if sample is None else sample
    if isinstance(most, bool) or most < 1:
        raise InputError(f"sample: got {sample!r}; expected a number of rows of at least 1.")
    rng = np.random.default_rng(seed)
    progress("fit", 0, 1)
    rows, x = vectors.sample(most, rng) if unit else sample_with_extremes(vectors, most, rng)
    w = weights[rows]
    if not w.any():
        w = np.ones_like(w)
    if unit:
        x = unit_rows(x)
    if norms == "auto":
        all_nonzero = rows.size == vectors.count or not shrinks(how) or not _holds_zero_rows(vectors)
        how = with_lengths(how, x, all_nonzero=all_nonzero, queried=asked is not None)
    how.row_bytes(vectors.dim)
    how = settled(how, x, w, rng, asked)
    state = fit_codec(how, x, w, rng, asked)
    plain = None if fallback is None else _plainer(vectors, how, state, (rows, x, w), weights, unit, seed, fallback)
    if plain is not None:
        how = with_lengths(plain, x) if norms == "auto" else plain
        state = how.fit(x, w, rng)
    state = {name: np.ascontiguousarray(array) for name, array in state.items()}
    for array in state.values():
        array.flags.writeable = False
    progress("fit", 1, 1)
    return Fitted(how, state)


def _asked(vectors: Vectors, queries: F32 | Vectors, seed: int) -> F32:
    """The queries that say something, float32 (m, d). Raises InputError for bad ones, and where there are none."""
    rng = np.random.default_rng(seed)
    if isinstance(queries, Vectors):
        check_space(queries.space, vectors.space, "queries")
        queries = queries.sample(SAMPLE_ROWS, rng)[1]
    matrix = as_matrix(queries, "queries", dim=vectors.dim)
    told = np.flatnonzero(matrix.any(axis=1))
    if not told.size:
        raise InputError(f"queries: got {len(matrix)} rows, all zeros; expected at least one with a direction, or None.")
    return matrix[told if told.size <= SAMPLE_ROWS else np.sort(rng.choice(told, SAMPLE_ROWS, replace=False))]


def _plainer(
    vectors: Vectors, how: Codec, state: Arrays, fitted: tuple[np.ndarray, F32, F32], weights: F32, unit: bool, seed: int, fallback: bool
) -> Codec | None:
    """The simpler codec to take instead of `how`, or None; warns where `how` is worse and stays."""
    rows, x, w = fitted
    others, y = vectors.sample(2 * JUDGED_ROWS, np.random.default_rng(seed + 1))
    fresh = ~np.isin(others, rows)
    if fresh.sum() >= LEAST_JUDGED:
        others, y = others[fresh][:JUDGED_ROWS], y[fresh][:JUDGED_ROWS]
    found = better(how, state, (x, w), (unit_rows(y) if unit else y, weights[others]), seed)
    if found is None:
        return None
    if not fallback:
        warnings.warn(
            f"how: {found[1]}. Compress with that one, with more rows, or with fallback=True (command line: --fallback).", RuntimeWarning, stacklevel=4
        )
    return found[0] if fallback else None


def sample_with_extremes(vectors: Vectors, most: int, rng: np.random.Generator) -> tuple[np.ndarray, F32]:
    """(row numbers, rows) as Vectors.sample draws them, and behind them the longest row and the shortest one that is no zeros, unless drawn already.

    Scales in a byte span the lengths of the sample: a longer row would be cut to the longest of them, a shorter one stretched, without a word.
    """
    rows, x = vectors.sample(most, rng)
    if rows.size == vectors.count:
        return rows, x
    longest, shortest = (-np.inf, -1), (np.inf, -1)
    for first, block in vectors.blocks():
        lengths = row_norms(block)
        high, low = int(lengths.argmax()), int(np.where(lengths > 0, lengths, np.inf).argmin())
        longest = max(longest, (float(lengths[high]), -first - high))
        if lengths[low] > 0:
            shortest = min(shortest, (float(lengths[low]), first + low))
    extremes = [row for row in dict.fromkeys((-longest[1], shortest[1])) if row >= 0 and row not in rows]
    more = [vectors.matrix.read(row, row + 1) for row in extremes]
    return np.concatenate([rows, np.array(extremes, np.int64)]), np.concatenate([x, *more])


def with_lengths(how: Codec, x: F32, *, all_nonzero: bool = True, queried: bool = False) -> Codec:
    """The codec with what keeps the lengths of rows (n, d) around it: `normed` where they vary, `unit` where all have one length and the codec shrinks rows.

    all_nonzero: whether no row beside these is all zeros, which has no length to be brought to. queried: whether the fit will be given queries. A codec with a
    metric of its own keeps lengths inside, where errors are measured: with queries, rows of one length have several there.
    """
    if hasattr(how, "metric"):
        inside = how.inner  # type: ignore[attr-defined]
        if not queried:
            inside = with_lengths(inside, x, all_nonzero=all_nonzero)
        elif not takes_any_norm(inside):
            inside = get("normed")(inner=with_budget(inside, 1))
        return replace(how, inner=inside)  # type: ignore[type-var, call-arg]
    if needs_norms(how, x):
        return get("normed")(inner=with_budget(how, 1))
    return get("unit")(inner=how) if shrinks(how) and all_nonzero and one_length(x) else how


def one_length(x: F32) -> bool:
    """Whether the lengths of all rows (n, d) lie within a per cent of each other, and none is zero."""
    lengths = row_norms(x)
    return float(lengths.min()) > 0 and float(lengths.max()) <= (1 + ONE_LENGTH) * float(lengths.min())


def _holds_zero_rows(vectors: Vectors) -> bool:
    return any(not x.any(axis=1).all() for _, x in vectors.blocks())


def shrinks(how: Codec) -> bool:
    """Whether the codec, or the one inside it, decodes rows too short."""
    inner = inner_of(how)
    return how.shrinks if how.shrinks is not None else inner is not None and shrinks(inner)


def needs_norms(how: Codec, x: F32) -> bool:
    """Whether the rows' lengths vary and no part of `how` takes care of that."""
    if takes_any_norm(how):
        return False
    return norms_vary(x)


def norms_vary(x: F32) -> bool:
    """Whether the lengths of the rows (n, d) differ by more than rounding; rows of zeros do not count."""
    lengths = row_norms(x)
    lengths = lengths[lengths > 0]
    return bool(lengths.size) and float(lengths.std(dtype=np.float64)) > NORMS_VARY * float(lengths.mean(dtype=np.float64))


def takes_any_norm(how: Codec) -> bool:
    """Whether the codec, or the one inside it, codes rows of any length well."""
    inner = inner_of(how)
    return bool(how.any_norm) or (inner is not None and takes_any_norm(inner))


def encode_blocks(vectors: Vectors, fitted: Fitted, unit: bool, progress: Progress, take: Callable[[int, dict[str, np.ndarray]], None]) -> None:
    """Encode block by block and hand each to `take(first_row, columns)`; unit: normalise rows first."""
    progress("encode", 0, vectors.count)
    for first, x in vectors.blocks():
        columns = encode_rows(fitted.codec, fitted.state, unit_rows(x) if unit else x)
        _check_row_bytes(fitted.codec, columns, vectors.dim)
        take(first, columns)
        progress("encode", first + x.shape[0], vectors.count)


def _check_row_bytes(codec: Codec, columns: dict[str, np.ndarray], dim: int) -> None:
    stored, promised = Codes(columns).row_bytes, codec.row_bytes(dim)
    if stored != promised:
        raise SpecError(f"codec {codec.name!r}: wrote {stored} bytes a row; its row_bytes({dim}) promised {promised}. This is a fault of the codec.")


def encode_in_memory(vectors: Vectors, fitted: Fitted, unit: bool, progress: Progress) -> dict[str, np.ndarray]:
    """The columns of all rows, each (n, ...); unit: normalise rows first."""
    whole: dict[str, np.ndarray] = {}

    def take(first: int, columns: dict[str, np.ndarray]) -> None:
        for name, part in columns.items():
            if name not in whole:
                whole[name] = np.empty((vectors.count, *part.shape[1:]), part.dtype)
            whole[name][first : first + part.shape[0]] = part

    encode_blocks(vectors, fitted, unit, progress, take)
    return whole


def _encode_to_disk(vectors: Vectors, fitted: Fitted, unit: bool, out: Path, note: str, details: dict[str, object], progress: Progress) -> Table:
    with ArtifactWriter(out, dim=vectors.dim, ids=vectors.ids, unit=unit, space=vectors.space) as writer:
        writer.segment(fitted.codec, fitted.state, rows=vectors.count)
        encode_blocks(vectors, fitted, unit, progress, lambda first, columns: writer.append(columns))
        return load(writer.publish(note=note, details=details))

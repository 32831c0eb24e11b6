"""Per-row stopping: one codec is fitted once, and rows for which further levels would change little are coded with fewer of them.

All lengths read the same codebooks, which are stored once. What counts is the squared error against the squared distance to the row's neighbours: a row of a
dense region needs precision that one far from all others does not. A row stops where the fall of that ratio for a byte drops below one threshold for all rows:
the price at which the mean number of bytes is the one asked for (as in entropy-constrained vector quantization: Chou, Lookabaugh and Gray, 1989).
"""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from ..arrays import F32
from ..codec import Codec, inner_of, to_spec
from ..compression import Fitted, fit
from ..errors import InputError
from ..progress import Progress, silent
from ..store.folder import check_root
from ..table import Table
from ..vectors import Vectors
from .spacing import spacing
from .tiers import Rates, choose_rates, coded, rates_of

MOST_LENGTHS = 8


def compress_stopping(
    vectors: Vectors,
    how: Codec,
    row_bytes: float,
    *,
    weight: F32 | None = None,
    queries: F32 | Vectors | None = None,
    lean: float = 0.0,
    unit: bool = False,
    norms: Literal["auto", "raw"] = "auto",
    sample: int | None = None,
    seed: int = 0,
    out: Path | None = None,
    note: str = "",
    progress: Progress = silent,
) -> Table:
    """Compress with a codec of several levels, `row_bytes` a row in the mean: rows that are coded well already stop early.

    how: a codec of which rows may stop early, such as `residual`; it is the longest that a row gets. row_bytes: mean bytes of a coded row, never exceeded.
    weight, lean: as in `compress_tiered`, but by default weights only steer the fit. Other arguments, memory and time as there, with at most 8
    lengths, and the time of `spacing`.
    The table is an ordinary one, its rows in the order of their lengths, the longest first; codebooks are held and stored once.
    Raises InputError for a codec that knows no shorter form, BudgetError when even the shortest is too large, and what `compress` raises.
    """
    if out is not None:
        check_root(Path(out))
    rates = measure_lengths(vectors, how, weight=weight, queries=queries, unit=unit, norms=norms, sample=sample, seed=seed, progress=progress)
    choice = choose_rates(rates, row_bytes, weight=weight, lean=lean)
    details = {"seed": seed, "asked": to_spec(how), "row_bytes": float(row_bytes), "lean": float(lean), "weighted": weight is not None}
    return coded(vectors, rates, choice, out=out, note=note, details=details, progress=progress)


def measure_lengths(
    vectors: Vectors,
    how: Codec,
    *,
    weight: F32 | None = None,
    queries: F32 | Vectors | None = None,
    unit: bool = False,
    norms: Literal["auto", "raw"] = "auto",
    sample: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Rates:
    """Fit the codec once and code every row at up to 8 lengths of it, evenly spread: the first half of `compress_stopping`. Raises as that does.

    The errors of these rates are squared, and relative to the squared distance to the row's neighbours.
    """
    if not shorter(how):
        raise InputError(f"how: codec {how.name!r} knows no shorter form of itself; expected one of several levels, such as residual.")
    longest = fit(vectors, how, weight=weight, queries=queries, unit=unit, norms=norms, sample=sample, seed=seed, progress=progress)
    rates = rates_of(vectors, forms_of(longest, MOST_LENGTHS), unit=unit, progress=progress)
    return replace(rates, errors=np.square(rates.errors / spacing(vectors, unit=unit, seed=seed)[:, None]))


def forms_of(longest: Fitted, most: int) -> list[Fitted]:
    """The fitted codec at up to `most` lengths that read its one state, evenly spread, the shortest first, itself last."""
    forms = [*shorter(longest.codec), longest.codec]
    count = min(most, len(forms))
    kept = np.unique(np.linspace(len(forms) / count, len(forms), count).round().astype(int)) - 1
    return [Fitted(forms[place], longest.state) for place in kept]


def shorter(one: Codec) -> list[Codec]:
    """The codecs of fewer bytes that read the state of this one, the shortest first; those of the codec inside a wrapper, wrapped alike."""
    own = getattr(one, "shorter", None)
    if own is not None:
        return list(own())
    inner = inner_of(one)
    return [] if inner is None else [replace(one, inner=form) for form in shorter(inner)]  # type: ignore[type-var, call-arg]

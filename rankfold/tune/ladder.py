"""The ladder: sizes that the rows of one table may have, from codecs whose state is small or shared, each fitted once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..adaptive.stopping import forms_of
from ..adaptive.tiers import MOST_RATES, Rates, choose_rates, coded, rates_of
from ..arrays import F32, as_weight
from ..codec import Codec
from ..compression import Fitted, fit, norms_vary
from ..errors import BudgetError, InputError
from ..progress import Progress, silent
from ..table import Table
from ..vectors import Vectors
from .evidence import as_searched
from .shortlist import spread

# Every row is coded at every size to learn its error; of larger tables so many rows, and the others are taken to lose as much of their length.
TRIED_ROWS = 65_536
# Forms that read one state.
MOST_FORMS = 4
NORM_ROWS = 10_000
# Without anybody to judge the split: no row below half of the mean size, so that rows that nobody has been shown yet can still be found.
LEAST = 0.5


def tiered(
    vectors: Vectors,
    row_bytes: float,
    *,
    weight: F32 | None = None,
    lean: float = 1.0,
    least: float = LEAST,
    codebooks: int | None = None,
    rows: np.ndarray | None = None,
    unit: bool = False,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Table:
    """A table of `row_bytes` a row in the mean, lengths included, with sizes from a `ladder`: tiers without the guard of `tier`.

    weight: (n,) what each row counts, from users (see `exposure`). lean: power of the weight in the choice. least: share of the mean size that every row gets.
    codebooks: bytes that all codebooks together may take beside that; what is needed beyond them is taken from the rows. By default those of the largest
    single codec that fits. rows: (m,) row numbers to fit on; all by default, of which `sample` are drawn as in `compress`. Memory: 28 bytes a row and size.
    The table's rows stand in the order of their tiers: see `Table.row_of`. Raises BudgetError when nothing fits, InputError, and what `compress` raises.
    """
    if isinstance(least, bool) or not 0 <= least <= 1:
        raise InputError(f"least: got {least!r}; expected 0 to 1, a share of the mean size.")
    weights = as_weight(weight, vectors.count)
    rates = fit_ladder(vectors, ladder(vectors, row_bytes, unit=unit), weight=weights, rows=rows, unit=unit, sample=sample, seed=seed, progress=progress)
    choice = choose_within(rates, row_bytes, least, weight=weights, lean=lean, codebooks=codebooks)
    return coded(vectors, rates, choice, progress=progress)


def ladder(vectors: Vectors, row_bytes: float, *, unit: bool = False) -> list[Codec]:
    """The codecs of `shortlist.spread` around `row_bytes`, lengths included where they vary. Reads at most 10,000 rows. Raises BudgetError for none."""
    _, x = as_searched(vectors, unit).sample(min(NORM_ROWS, vectors.count), np.random.default_rng(0))
    codecs = spread(vectors.dim, row_bytes, rows=vectors.count, norms_vary=not unit and norms_vary(x))
    if not codecs:
        raise BudgetError(f"row_bytes: no codec has rows of 3/8 to four times {row_bytes:g} bytes at {vectors.dim} dimensions; expected more bytes.")
    return codecs


def fit_ladder(
    vectors: Vectors,
    codecs: Sequence[Codec],
    *,
    weight: F32 | None = None,
    rows: np.ndarray | None = None,
    unit: bool = False,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Rates:
    """Each codec fitted once, on the rows numbered `rows` (all by default), with up to four forms of those that know shorter ones; what rows lose at each.

    Other arguments as in `compress`. Raises InputError for more than ten sizes, and what `compress` raises.
    """
    weights = as_weight(weight, vectors.count)
    some, given = (vectors, weights) if rows is None else (vectors.arranged(rows), weights[rows])
    fitted: list[Fitted] = []
    for how in codecs:
        one = fit(some, how, weight=given, unit=unit, sample=sample, seed=seed, progress=progress)
        if any(_same(one, other) for other in fitted):
            continue
        fitted += forms_of(one, MOST_FORMS)
    if len(fitted) > MOST_RATES:
        raise InputError(f"codecs: got {len(codecs)} with {len(fitted)} sizes; expected at most {MOST_RATES} sizes.")
    return rates_of(vectors, fitted, unit=unit, most=TRIED_ROWS, progress=progress)


def _same(one: Fitted, other: Fitted) -> bool:
    """Whether both came to one state at one size, as settings do that are left to the data."""
    return one.codec.name == other.codec.name and {k: a.tobytes() for k, a in one.state.items()} == {k: a.tobytes() for k, a in other.state.items()}


def choose_within(rates: Rates, row_bytes: float, least: float, *, weight: F32 | None = None, lean: float = 1.0, codebooks: int | None = None) -> np.ndarray:
    """As `choose_rates`, and no row gets less than `least` times the mean size, in whole bytes. Raises BudgetError, InputError."""
    first = min(int(np.searchsorted(rates.row_bytes, np.floor(least * row_bytes))), len(rates.fitted) - 1)
    allowed = replace(rates, fitted=rates.fitted[first:], row_bytes=rates.row_bytes[first:], errors=rates.errors[:, first:])
    return first + choose_rates(allowed, row_bytes, weight=weight, lean=lean, codebooks=codebooks)

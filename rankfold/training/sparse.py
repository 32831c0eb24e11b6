"""A trained dictionary as the fitted state of the codec `sparse`."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..arrays import F32, as_weight, unit_rows
from ..codec import settled
from ..codecs.sparse import Sparse
from ..compression import SAMPLE_ROWS, SAMPLE_VALUES, Fitted, sample_with_extremes
from ..progress import Progress, silent
from ..search.rows import Rows
from ..vectors import Vectors
from .checks import Check
from .recipe import Recipe
from .trainer import Trained, train


def train_sparse(
    vectors: Vectors,
    how: Sparse,
    *,
    recipe: Recipe | None = None,
    unit: bool = False,
    weight: F32 | None = None,
    queries: F32 | None = None,
    seen: Rows | None = None,
    device: str = "auto",
    precision: str = "auto",
    check_every: int | None = None,
    checkpoint: Path | str | None = None,
    threads: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
    told: Callable[[Check], None] = lambda one: None,
) -> tuple[Fitted, Trained]:
    """Train the dictionary of `how` on all rows (see `train` for the arguments), and fit its scales and books of values to a sample, as `compress` would.

    Settings that `how` leaves open are settled from the sample. unit: rows will be coded normalised; the dictionary is of directions in any case.
    encoder="topk" gets the trained encoder and bias; "omp" searches in the trained atoms, and by default they are trained for prefixes too: search, which
    takes one atom after the other, finds better codes in such a dictionary. After the steps come the recipe's rounds of search and least squares.
    `encode` makes a table of the result.
    Raises what `train` raises, and SpecError for settings that do not suit.
    """
    rng = np.random.default_rng(seed)
    rows, x = sample_with_extremes(vectors, min(SAMPLE_ROWS, max(1_000, SAMPLE_VALUES // vectors.dim)), rng)
    x, counts = unit_rows(x) if unit else x, as_weight(weight, vectors.count)[rows]
    one = settled(how, x, counts, rng)  # type: ignore[arg-type]
    one.row_bytes(vectors.dim)
    trained = train(
        vectors,
        dictionary=one.dictionary,  # type: ignore[attr-defined]
        nonzeros=one.nonzeros,  # type: ignore[attr-defined]
        recipe=recipe or Recipe(nested=one.encoder == "omp"),  # type: ignore[attr-defined]
        weight=weight,
        queries=queries,
        seen=seen,
        device=device,
        precision=precision,
        check_every=check_every,
        checkpoint=checkpoint,
        threads=threads,
        searched=one.encoder == "omp",  # type: ignore[attr-defined]
        seed=seed,
        progress=progress,
        told=told,
    )
    if not counts.any():
        counts = np.ones_like(counts)
    state = one.with_dictionary(trained.atoms, x, counts, rng, encoder=trained.encoder, bias=trained.bias)  # type: ignore[attr-defined]
    for array in state.values():
        array.flags.writeable = False
    return Fitted(one, state), trained

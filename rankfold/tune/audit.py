"""Audit: what a mean loss hides. Rows that can no longer be told apart, by popularity, and item neighbourhoods in both directions."""

import numpy as np

from ..arrays import unit_rows
from ..evaluate import collisions, neighbourhoods, popularity_buckets
from ..evaluate.collisions import same_code
from ..table import Table
from ..vectors import Vectors

NEIGHBOURS = 10
NEIGHBOUR_ROWS = 2_000


def audit(table: Table, vectors: Vectors, *, popularity: np.ndarray | None = None, seed: int = 0) -> dict:
    """Collisions of whole codes, and neighbourhoods kept, as a JSON-ready dictionary.

    vectors: what the table was made from, row by row. popularity: (n,) events a row; without it collisions are of all rows only.
    Keys: collisions (parts: all, head, mid, tail with rows, shared, share, traffic; largest; p_value, or None), neighbourhoods (trustworthiness,
    continuity and overlap of the 10 nearest by cosine within a sample of rows, or None for fewer than 40 rows).
    """
    if popularity is None:
        repeats = same_code(table)
        living, shared = int((repeats > 0).sum()), int((repeats > 1).sum())
        whole = {"rows": living, "shared": shared, "share": shared / living, "traffic": None}
        found: dict = {"parts": {"all": whole}, "largest": int(repeats.max(initial=0)), "p_value": None}
    else:
        found = collisions(table, popularity_buckets(popularity), popularity=popularity, seed=seed).to_dict()
    rows, x = vectors.sample(min(NEIGHBOUR_ROWS, vectors.count), np.random.default_rng(seed))
    if table.alive is not None:
        kept = table.alive[rows]
        rows, x = rows[kept], x[kept]
    if rows.size < 4 * NEIGHBOURS:
        return {"collisions": found, "neighbourhoods": None}
    return {"collisions": found, "neighbourhoods": neighbourhoods(unit_rows(x), table.decode(rows), k=NEIGHBOURS).to_dict()}

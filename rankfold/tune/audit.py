"""Audit: what a mean loss hides. Rows that can no longer be told apart, neighbours of items and of users, and what the worst-off users see."""

import numpy as np

from ..arrays import unit_rows
from ..evaluate import Report, collisions, kindred_users, list_guards, neighbourhoods, popularity_buckets, vector_error
from ..evaluate.collisions import same_code
from ..search import Ranking
from ..table import Table
from ..vectors import Vectors

NEIGHBOURS = 10
NEIGHBOUR_ROWS = 2_000
KINDRED_USERS = 1_000


def audit(
    table: Table,
    vectors: Vectors,
    *,
    popularity: np.ndarray | None = None,
    before: Report | None = None,
    after: Report | None = None,
    judged: bool = False,
    seed: int = 0,
) -> dict:
    """Collisions of whole codes, and neighbourhoods kept, as a JSON-ready dictionary.

    vectors: what the table was made from, row by row. popularity: (n,) events a row; without it collisions are of all rows only. before, after: reports of
    users on the exact vectors and on the table; without them nothing is said of users. judged: whether these reports know what users took.
    Keys: collisions (parts: all, head, mid, tail with rows, shared, share, traffic; largest; p_value, or None), neighbourhoods (item-item: trustworthiness,
    continuity, overlap and rbo of the 10 nearest by cosine within a sample of rows, or None for fewer than 40 rows), vectors (mse, relative error and cosine
    of the same rows, or None), kindred (user-user: overlap and rbo of the 10 users of most similar lists, within a sample, or None), lists (user-item:
    the guards of evaluate/guards.py, or None).
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
    out = {"collisions": found, "neighbourhoods": None, "vectors": None, **_users(before, after, judged, seed)}
    if rows.size:
        original, decoded = unit_rows(x) if table.unit else x, table.decode(rows)
        out["vectors"] = vector_error(original, decoded).to_dict()
        if rows.size >= 4 * NEIGHBOURS:
            out["neighbourhoods"] = neighbourhoods(unit_rows(x), decoded, k=NEIGHBOURS).to_dict()
    return out


def _users(before: Report | None, after: Report | None, judged: bool, seed: int) -> dict:
    if before is None or after is None:
        return {"kindred": None, "lists": None}
    depth = min(before.ranking.k, after.ranking.k)
    lists = list_guards(before, after, k=min(10, depth), judged=judged).to_dict()
    if before.count <= NEIGHBOURS:
        return {"kindred": None, "lists": lists}
    some = np.sort(np.random.default_rng(seed).permutation(before.count)[:KINDRED_USERS])
    exact, found = (Ranking(report.ranking.rows[some, :depth], report.ranking.scores[some, :depth]) for report in (before, after))
    return {"kindred": kindred_users(found, exact, k=NEIGHBOURS).to_dict(), "lists": lists}

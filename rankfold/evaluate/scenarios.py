"""Scenarios: one table answers users, items, filters and categories. How much of the exact list each of them keeps."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import F32, unit_rows
from ..errors import InputError
from ..search import Rows, Searcher
from ..table import Table
from ..vectors import Vectors
from .exact import ExactSearcher
from .fidelity import overlap
from .intervals import Mean, mean_of
from .itemlists import drawn
from .probes import label_numbers

QUERIES = 500
OPEN_SHARE = 0.1
LEAST_ITEMS = 50
MOST_CATEGORIES = 20
WORST = "within one category, the worst"


@dataclass(frozen=True, slots=True)
class Scenarios:
    """overlap: scenario -> share of the exact first k that is kept. worst_category: the name of the category whose own list keeps least, or None."""

    overlap: Mapping[str, Mean]
    worst_category: str | None
    k: int

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"k": self.k, "worst_category": self.worst_category, "overlap": {name: mean.to_dict() for name, mean in self.overlap.items()}}


def scenarios(
    table: Table,
    vectors: Vectors,
    *,
    users: F32 | None = None,
    seen: Rows | None = None,
    categories: np.ndarray | None = None,
    k: int = 10,
    sample: int = QUERIES,
    seed: int = 0,
) -> Scenarios:
    """Overlap with the exact lists of: users (seen rows masked), rows as queries, a random tenth of the rows (a filter), and the list within each category.

    vectors: what the table was made from, row by row. users: (u, dim), seen: rows of each; without users rows are the queries everywhere.
    categories: (n,) text, "" where unknown; the 20 largest with at least 50 rows, of which the worst is shown. Raises InputError.
    """
    if (table.count, table.dim) != (vectors.count, vectors.dim) or not 1 <= k < table.count:
        raise InputError(f"vectors, k: got {vectors.count} rows x {vectors.dim}, k = {k}; expected {table.count} x {table.dim}, and more rows than k.")
    exact, coded = ExactSearcher(vectors, unit=table.unit), Searcher(table)
    rows, items = vectors.sample(min(sample, vectors.count), np.random.default_rng(seed))
    items = unit_rows(items) if table.unit else items
    own = Rows.from_pairs(np.arange(rows.size), rows, rows.size)

    def kept(queries: F32, exclude: Rows | None, allow: np.ndarray | None = None) -> Mean:
        lists = [searcher.search(queries, k, exclude=exclude, allow=allow).rows for searcher in (coded, exact)]
        return mean_of(overlap(*lists))

    found = {}
    asked: F32 = items
    hidden: Rows | None = own
    if users is not None:
        some = drawn(len(users), sample, seed)
        asked, hidden = users[some], None if seen is None else seen.take(some)
        found["user to item"] = kept(asked, hidden)
    found["item to item"] = kept(items, own)
    mask = np.random.default_rng(seed).random(table.count) < OPEN_SHARE
    if mask.sum() > k:
        found["filtered, a tenth of the rows"] = kept(asked, hidden, mask)
    by_category = {} if categories is None else {name: kept(asked, hidden, mask) for name, mask in _largest(categories, table.count).items()}
    known = {name: mean for name, mean in by_category.items() if mean.n}
    worst = min(known, key=lambda name: known[name].mean, default=None)
    if worst is not None:
        found[WORST] = known[worst]
    return Scenarios(found, worst, k)


def _largest(categories: np.ndarray, count: int) -> dict[str, np.ndarray]:
    """Name -> mask (n,) of the largest categories."""
    if categories.shape != (count,):
        raise InputError(f"categories: got shape {categories.shape}; expected ({count},), one text a row.")
    rows, number, names = label_numbers(categories, least=LEAST_ITEMS)
    largest = np.argsort(-np.bincount(number, minlength=names.size), kind="stable")[:MOST_CATEGORIES]
    masks = {}
    for one in largest.tolist():
        mask = np.zeros(count, np.bool_)
        mask[rows[number == one]] = True
        masks[str(names[one])] = mask
    return masks

"""Business-weighted metrics: a hit counts what the row is worth (price, margin, minutes), not one."""

import numpy as np

from ..errors import InputError
from ..search.rows import Rows
from .ownmetric import Metric


def weighted_ndcg(worth: object, *, k: int = 10, by: str = "worth") -> Metric:
    """NDCG with gains (Jarvelin and Kekalainen, 2002): a relevant row at place i counts worth / log2(i + 1), over the best order of the relevant rows.

    worth: (n,) numbers of at least 0, one a row of the catalogue. Queries whose relevant rows are worth nothing have no value. The metric is called
    "ndcg@k by <by>". With a worth of 1 for every row it equals ndcg@k. Raises InputError.
    """
    value = _as_worth(worth)
    discounts = 1 / np.log2(np.arange(2, k + 2))

    def measure(rows: np.ndarray, relevant: Rows) -> np.ndarray:
        gained = _gains(rows, relevant, value) @ discounts[: rows.shape[1]]
        ideal = _best_order(relevant, value, k) @ discounts
        return np.divide(gained, ideal, out=np.full(len(rows), np.nan), where=ideal > 0)

    return Metric(f"ndcg@{k} by {by}", k, measure)


def weighted_recall(worth: object, *, k: int = 10, by: str = "worth") -> Metric:
    """Share of what the relevant rows of a query are worth that is in the first k; "recall@k by <by>". Otherwise as `weighted_ndcg`."""
    value = _as_worth(worth)

    def measure(rows: np.ndarray, relevant: Rows) -> np.ndarray:
        relevant.check_below(value.size, "relevant")
        whole = np.bincount(relevant.queries(), value[relevant.values], minlength=relevant.count)
        found = _gains(rows, relevant, value).sum(axis=1)
        return np.divide(found, whole, out=np.full(len(rows), np.nan), where=whole > 0)

    return Metric(f"recall@{k} by {by}", k, measure)


def _as_worth(worth: object) -> np.ndarray:
    array = np.asarray(worth)
    if array.dtype.kind not in "biuf" or array.ndim != 1 or not array.size:
        raise InputError(f"worth: got dtype {array.dtype} of shape {array.shape}; expected numbers of shape (n,), one a row of the catalogue.")
    value = array.astype(np.float64)
    if not np.isfinite(value).all() or (value < 0).any() or not value.any():
        raise InputError("worth: expected finite numbers of at least 0, not all 0. Give rows of unknown worth the mean, or 0 to leave them out.")
    return value


def _gains(rows: np.ndarray, relevant: Rows, value: np.ndarray) -> np.ndarray:
    """Worth of each place, (q, k): that of its row where it is relevant, else 0. Raises InputError for rows without a worth."""
    relevant.check_below(value.size, "relevant")
    if rows.size and int(rows.max()) >= value.size:
        raise InputError(f"worth: got {value.size} values; expected one for each row, of which row {int(rows.max())} was found.")
    return np.where(relevant.holds(rows), value[np.maximum(rows, 0)], 0.0)


def _best_order(relevant: Rows, value: np.ndarray, k: int) -> np.ndarray:
    """The k largest worths among the relevant rows of each query, falling, 0 where there are no more: (q, k)."""
    query, worth = relevant.queries(), value[relevant.values]
    order = np.lexsort((-worth, query))
    place = np.arange(order.size) - relevant.starts[query[order]]
    best = np.zeros((relevant.count, k))
    first = place < k
    best[query[order][first], place[first]] = worth[order][first]
    return best

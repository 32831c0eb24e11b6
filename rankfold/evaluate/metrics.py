"""Ranking metrics: plain functions from hits to one number per query, in float64.

hits (q, k) bool says whether the row at each place is relevant, best place first; relevant (q,) says how many relevant rows the query has in all.
Relevance is yes or no. Definitions are those of trec_eval; a test compares them with the ir-measures library.
"""

from collections.abc import Callable, Sequence

import numpy as np

from ..errors import InputError

MAX_K = 10_000


def recall(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """Share of the query's relevant rows that are in the first k."""
    return hits[:, :k].sum(axis=1) / relevant


def precision(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """Share of the first k places that hold a relevant row; a place that stayed empty counts as a miss."""
    return np.divide(hits[:, :k].sum(axis=1), k)


def hit(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """1 when a relevant row is in the first k, else 0 (hit rate; trec_eval calls it success)."""
    return np.any(hits[:, :k], axis=1).astype(np.float64)


def ndcg(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """Discounted gain 1 / log2(place + 1) of the hits in the first k, over that of the best possible list (Jarvelin and Kekalainen, 2002)."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.cumsum(discounts)[np.minimum(relevant, k).astype(np.int64) - 1]
    first = hits[:, :k]
    return first @ discounts[: first.shape[1]] / ideal


def mrr(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """1 / place of the first relevant row, 0 when none is in the first k."""
    first = hits[:, :k]
    return np.where(first.any(axis=1), 1 / (first.argmax(axis=1) + 1), 0.0)


def average_precision(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """Precision at the place of every hit in the first k, summed, over the number of all relevant rows (not over min(k, that number))."""
    first = hits[:, :k]
    return (first * np.cumsum(first, axis=1) / np.arange(1, first.shape[1] + 1)).sum(axis=1) / relevant


METRICS: dict[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {
    "ndcg": ndcg,
    "recall": recall,
    "precision": precision,
    "hit": hit,
    "mrr": mrr,
    "map": average_precision,
}


def is_named(name: str) -> bool:
    """Whether `name` is that of a metric of this file, such as ndcg@10."""
    kind, _, depth = name.partition("@")
    return kind in METRICS and depth.isdecimal()


def parse(name: str) -> tuple[str, int]:
    """ "ndcg@10" -> ("ndcg", 10). Raises InputError for unknown metrics and depths that are not 1 to 10,000."""
    kind, at, depth = name.partition("@") if isinstance(name, str) else ("", "", "")
    if kind not in METRICS or not at or not depth.isdecimal() or not 1 <= int(depth) <= MAX_K:
        raise InputError(f"metric: got {name!r}; expected one of {', '.join(METRICS)}, then @ and a depth of 1 to {MAX_K}, such as ndcg@10.")
    return kind, int(depth)


def parse_all(names: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Name -> (kind, depth) of every metric, in order, repeats dropped. Raises InputError for none, a bare string, or a name that `parse` refuses."""
    if isinstance(names, str) or not names:
        raise InputError(f'metrics: got {names!r}; expected a list of names such as ["ndcg@10", "recall@100"].')
    return {name: parse(name) for name in names}


def per_query(kind: str, k: int, hits: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """The metric of every query, (q,) float64; NaN where the query has no relevant row."""
    out = np.full(hits.shape[0], np.nan)
    asked = relevant > 0
    out[asked] = METRICS[kind](hits[asked], relevant[asked], k)
    return out


def coverage(rows: np.ndarray, k: int, count: int) -> float:
    """Share of a catalogue of `count` rows that stand in the first k of at least one list; rows (q, places), -1 where empty."""
    first = rows[:, :k]
    return np.unique(first[first >= 0]).size / count

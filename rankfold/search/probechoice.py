"""How many lists to probe: measured against the exact lists over the codes, on queries kept apart."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32
from ..errors import InputError
from ..table import matching_matrix
from ..vectors import Vectors
from .probing import PartitionSearcher
from .ranking import Ranking
from .searcher import Searcher

CURVE_STEP = 2**0.25
NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Recall:
    """What a number of probes finds: mean share of the exact k best rows over the queries with its 95 % interval, and the mean share of rows looked at."""

    probes: int
    recall: float
    low: float
    high: float
    rows_share: float


@dataclass(frozen=True, slots=True)
class ProbeChoice:
    """The fewest probes that hold the target, and the curve that says so.

    chosen: measured by searching, with two levels where the searcher refines. curve: recall of the lists alone at growing probes, each row looked at exactly.
    reached: whether the lower end of the chosen one's interval holds the target; where two levels alone miss it, all probes that help are chosen.
    """

    target: float
    k: int
    queries: int
    reached: bool
    chosen: Recall
    curve: tuple[Recall, ...]

    @property
    def probes(self) -> int:
        """The number to give to `PartitionSearcher`."""
        return self.chosen.probes


def choose_probes(searcher: PartitionSearcher, queries: F32 | Vectors, *, target: float = 0.95, k: int = 100) -> ProbeChoice:
    """The fewest probes with which at least `target` of the exact k best rows over the codes are found, by the lower end of a 95 % interval over queries.

    queries: (q, dim), at least two, such as users that the table was not fitted with; time: an exact search of all of them. The curve needs no more than that:
    a row is found just when its list is probed. Raises InputError.
    """
    matrix = matching_matrix(queries, "queries", dim=searcher.table.dim, space=searcher.table.space)
    if isinstance(target, bool) or not 0 < target <= 1 or len(matrix) < 2:
        raise InputError(f"target, queries: got {target!r} and {len(matrix)} queries; expected a share above 0 and at most 1, and at least two queries.")
    exact = Searcher(searcher.table, workers=searcher.workers).search(matrix, k)
    place, share = searcher.places(matrix, exact.rows)
    most = searcher.partition.lists
    steps = np.unique(np.minimum(np.ceil(CURVE_STEP ** np.arange(np.log(most) / np.log(CURVE_STEP) + 2)), most).astype(np.int64))
    curve = tuple(_recall(int(probes), _found(place < probes, exact), float(share[probes - 1])) for probes in steps)
    fewest = _fewest(place, exact, target, most)
    for probes in [fewest, *(int(step) for step in steps if step > fewest)]:
        rows = searcher.search(matrix, k, probes=probes).rows
        hits = np.array([np.isin(one, other) for one, other in zip(exact.rows, rows, strict=True)])
        chosen = _recall(probes, _found(hits, exact), float(share[probes - 1]))
        if chosen.low >= target or searcher.refine is None or _found(place < probes, exact).min() == 1:
            break
    return ProbeChoice(target, k, len(matrix), chosen.low >= target, chosen, curve)


def _fewest(place: np.ndarray, exact: Ranking, target: float, most: int) -> int:
    """The fewest probes whose lists hold the target by the lower end of the interval; all where none does."""
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _recall(middle, _found(place < middle, exact), 0.0).low >= target else (middle + 1, high)
    return low


def _found(hits: np.ndarray, exact: Ranking) -> np.ndarray:
    """Share of each exact list that was hit, (q,)."""
    there = exact.rows >= 0
    return (hits & there).sum(axis=1) / np.maximum(there.sum(axis=1), 1)


def _recall(probes: int, shares: np.ndarray, rows_share: float) -> Recall:
    mean, error = float(shares.mean()), NORMAL_95 * float(shares.std(ddof=1)) / len(shares) ** 0.5
    return Recall(probes, mean, max(0.0, mean - error), min(1.0, mean + error), rows_share)

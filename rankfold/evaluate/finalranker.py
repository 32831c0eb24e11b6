"""The final ranker: what a model that reads the vectors (crosses, towers, ensembles) makes of the compressed ones, beyond their dot product."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..arrays import F32, blocks, unit_rows
from ..errors import InputError
from ..search import Searcher
from ..table import Table
from ..vectors import Vectors
from .compare import Loss, losses
from .exact import ExactSearcher
from .fidelity import overlap, rank_biased_overlap
from .intervals import Mean, mean_of
from .metrics import per_query
from .task import Task

Score = Callable[[F32, F32], np.ndarray]
BLOCK_QUERIES = 128


@dataclass(frozen=True, slots=True)
class FinalRanker:
    """Final lists before and after: overlap and rbo of the first k; moved: mean change of a candidate's final score, in standard deviations of the scores.

    losses: ndcg and recall of the final lists, paired over queries with a relevant row; only where there are some.
    """

    overlap: Mean
    rbo: Mean
    moved: Mean
    losses: dict[str, Loss]
    k: int

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        named = {"overlap": self.overlap.to_dict(), "rbo": self.rbo.to_dict(), "moved": self.moved.to_dict()}
        return {"k": self.k, **named, "losses": {name: loss.to_dict() for name, loss in self.losses.items()}}


def final_ranker(score: Score, table: Table, vectors: Vectors, task: Task, *, candidates: int = 100, k: int = 10) -> FinalRanker:
    """Run a pipeline twice: candidates by search, then the k best by `score`; on the vectors, and on the table with its decoded rows.

    score: (queries (b, d), rows (b, c, d)) -> (b, c) finite numbers, larger is better; any model of your own. It is called in blocks of at most 128 queries,
    with rows of zeros where a list has fewer candidates. vectors: what the table was made from, row by row. Raises InputError.
    """
    if (table.count, table.dim) != (vectors.count, vectors.dim):
        raise InputError(f"vectors: got {vectors.count} rows x {vectors.dim} dimensions; expected {table.count} x {table.dim}, what the table was made from.")
    if not 1 <= k <= candidates <= table.count:
        raise InputError(f"k, candidates: got {k} and {candidates}; expected 1 <= k <= candidates <= {table.count}, the rows.")
    original = unit_rows(vectors.read()) if table.unit else vectors.read()
    decoded = table.decode()
    task.relevant.check_below(table.count, "relevant")
    exact = ExactSearcher(vectors, unit=table.unit).search(task.queries, candidates, exclude=task.seen).rows
    found = Searcher(table).search(task.queries, candidates, exclude=task.seen).rows
    before, after = _scores(score, task.queries, original, exact), _scores(score, task.queries, decoded, found)
    finals = [_best(exact, before, k), _best(found, after, k)]
    same = _scores(score, task.queries, decoded, exact)
    there = exact >= 0
    spread = float(before[there].std()) if there.any() else 0.0
    change = np.abs(np.where(there, same, 0) - np.where(there, before, 0)).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    moved = change / spread if spread > 0 else np.zeros(len(change))
    kept = mean_of(overlap(finals[1], finals[0])), mean_of(rank_biased_overlap(finals[1], finals[0]))
    return FinalRanker(*kept, mean_of(moved, highest=np.inf), _losses(task, finals, k), k)


def _scores(score: Score, queries: F32, x: F32, rows: np.ndarray) -> np.ndarray:
    """Final scores (q, c) of candidates, -inf where there is none. Raises InputError for what the function may not return."""
    out = np.empty(rows.shape)
    for start, stop in blocks(len(rows), BLOCK_QUERIES):
        here = rows[start:stop]
        given = np.where((here >= 0)[:, :, None], x[np.maximum(here, 0)], np.float32(0))
        values = np.asarray(score(queries[start:stop], given))
        if values.dtype.kind not in "biuf" or values.shape != here.shape or not np.isfinite(values).all():
            raise InputError(f"score: returned dtype {values.dtype} of shape {values.shape}; expected finite numbers of shape {here.shape}, one a candidate.")
        out[start:stop] = np.where(here >= 0, values, -np.inf)
    return out


def _best(rows: np.ndarray, scores: np.ndarray, k: int) -> np.ndarray:
    """The k rows of the highest final scores, equal ones by row number, (q, k); -1 where there are no more."""
    order = np.lexsort((rows, -scores), axis=1)[:, :k]
    return np.take_along_axis(rows, order, axis=1)


def _losses(task: Task, finals: list[np.ndarray], k: int) -> dict[str, Loss]:
    able = task.answerable()
    if not able.size:
        return {}
    relevant = task.relevant.take(able)
    values = [{f"{kind}@{k}": per_query(kind, k, relevant.holds(rows[able]), relevant.lengths()) for kind in ("ndcg", "recall")} for rows in finals]
    return losses(values[0], values[1])

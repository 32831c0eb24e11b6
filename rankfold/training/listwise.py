"""The list-wise loss: what the rows of a batch score for users, before coding and after, should be the same distribution.

Kullback-Leibler divergence of the softmax of the decoded scores from that of the exact ones (Cao et al., "ListNet", 2007; Hinton et al., 2015). Scores are
divided by the spread of the query's own exact scores in the batch; rows that a user has already are left out of both.
"""

from typing import Any

import numpy as np

from ..arrays import F32
from ..search.rows import Rows
from .extra import load_torch
from .gradients import Ranking
from .stream import Batch

QUERIES = 256
NEVER = -1e30


class Listwise:
    """queries: (m, d) float32, none of them zeros. seen: rows of the vectors that each has already, or None. count: rows of the vectors."""

    def __init__(self, queries: F32, seen: Rows | None, count: int, *, weight: float, temperature: float, seed: int, device: Any):
        torch = load_torch()
        self._queries, self._seen, self._device = torch.from_numpy(queries).to(device), seen, device
        self._place = np.full(count, -1, np.int64)
        self._weight, self._temperature, self._seed = weight, temperature, seed

    def of(self, batch: Batch, step: int) -> Ranking:
        """The loss of a batch at a step, for 256 of the queries drawn by seed and step."""
        torch = load_torch()
        rng = np.random.default_rng((self._seed, step, 2))
        chosen = np.sort(rng.choice(len(self._queries), min(QUERIES, len(self._queries)), replace=False))
        queries = self._queries[torch.from_numpy(chosen).to(self._device)]
        hidden = self._hidden(batch.numbers, chosen)
        exact = queries @ (batch.rows.float() * batch.lengths[:, None]).T
        left = torch.ones_like(exact) if hidden is None else (~hidden).float()
        count = left.sum(dim=1, keepdim=True).clamp_min(1)
        mean = (exact * left).sum(dim=1, keepdim=True) / count
        spread = (((exact - mean) * left).square().sum(dim=1, keepdim=True) / count).sqrt().clamp_min(1e-12) * self._temperature
        teacher = _masked(exact / spread, hidden).log_softmax(dim=1)
        share = self._weight / len(chosen)

        def loss(unit: Any) -> tuple[Any, Any]:
            student = _masked(queries @ (unit * batch.lengths[:, None]).T / spread, hidden).log_softmax(dim=1)
            value = share * (teacher.exp() * (teacher - student)).sum()
            slope = ((student.exp() - teacher.exp()) * (share / spread)).T @ queries
            return value, slope * batch.lengths[:, None]

        return loss

    def _hidden(self, numbers: np.ndarray, chosen: np.ndarray) -> Any:
        """Which rows of the batch each chosen query has already: a bool tensor (q, n), or None."""
        if self._seen is None:
            return None
        torch = load_torch()
        self._place[numbers] = np.arange(numbers.size)
        mine = self._seen.take(chosen)
        query = np.repeat(np.arange(chosen.size), np.diff(mine.starts))
        place = self._place[mine.values]
        self._place[numbers] = -1
        hidden = np.zeros((chosen.size, numbers.size), np.bool_)
        hidden[query[place >= 0], place[place >= 0]] = True
        return torch.from_numpy(hidden).to(self._device)


def _masked(scores: Any, hidden: Any) -> Any:
    return scores if hidden is None else scores.masked_fill(hidden, NEVER)

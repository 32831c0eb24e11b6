"""Co-occurrence: are items that the same users take still near to each other?"""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix
from ..errors import InputError
from ..interactions import Interactions
from .compare import Loss, losses
from .itemlists import nearest_items

SAMPLE = 1_000
LEAST_USERS = 5


@dataclass(frozen=True, slots=True)
class CoOccurrence:
    """recall: share of the k items that most often go with an item that are among its `depth` nearest by cosine, before and after, paired over items."""

    recall: Loss
    k: int
    depth: int

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"recall": self.recall.to_dict(), "k": self.k, "depth": self.depth}


def co_occurrence(original: F32, decoded: F32, events: Interactions, *, k: int = 10, depth: int = 50, sample: int = SAMPLE, seed: int = 0) -> CoOccurrence:
    """Compare original (n, d) and decoded (n, d') by what interactions say goes together: users of both over the root of the product of the users of each.

    Items with at least 5 users count, at most `sample` of them. Give training events: what the vectors could know. Raises InputError when there are none.
    """
    before, after = as_matrix(original, "original"), as_matrix(decoded, "decoded")
    if len(before) != len(after) or not 1 <= k <= depth < len(before):
        raise InputError(
            f"decoded, k, depth: got {len(after)} rows against {len(before)}, k = {k}, depth = {depth}; expected the same items, k <= depth < items."
        )
    asked, partners = companions(events, len(before), k=k, sample=sample, seed=seed)
    if not asked.size:
        raise InputError(f"events: no item with {LEAST_USERS} users goes with another; expected some.")
    size = (partners >= 0).sum(axis=1)
    shares = []
    for x in (before, after):
        near = nearest_items(x, asked, depth)
        hit = (partners[:, :, None] == near[:, None, :]) & (partners[:, :, None] >= 0)
        shares.append(hit.any(axis=2).sum(axis=1) / size)
    return CoOccurrence(losses({"recall": shares[0]}, {"recall": shares[1]}, seed=seed)["recall"], k, depth)


def companions(events: Interactions, items: int, *, k: int, sample: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Items (q,) that were drawn and have companions, and the k items that most often go with each, (q, k), -1 where there are fewer."""
    if not events.count:
        return np.empty(0, np.int64), np.empty((0, k), np.int64)
    if int(events.item.max()) >= items:
        raise InputError(f"events: got item {int(events.item.max())}; expected 0 to {items - 1}, the rows of the vectors.")
    pairs = np.unique(events.user * items + events.item)
    user, item = pairs // items, pairs % items
    takers = np.bincount(item, minlength=items)
    able = np.flatnonzero(takers >= LEAST_USERS)
    if able.size > sample:
        able = np.sort(np.random.default_rng(seed).choice(able, sample, replace=False))
    # Pairs lie in the order of users; by item they name the users of each.
    starts = np.searchsorted(user, np.arange(int(user[-1]) + 2))
    by_item = np.argsort(item, kind="stable")
    firsts = np.searchsorted(item[by_item], np.arange(items + 1))
    best = np.full((able.size, k), -1, np.int64)
    for place, one in enumerate(able.tolist()):
        who = user[by_item[firsts[one] : firsts[one + 1]]]
        together = np.bincount(np.concatenate([item[starts[person] : starts[person + 1]] for person in who.tolist()]), minlength=items).astype(np.float64)
        together[one] = 0
        alike = np.divide(together, np.sqrt(takers), out=np.zeros(items), where=takers > 0)
        top = np.argsort(-alike, kind="stable")[:k]
        best[place, : top.size] = np.where(alike[top] > 0, top, -1)
    some = (best >= 0).any(axis=1)
    return able[some], best[some]

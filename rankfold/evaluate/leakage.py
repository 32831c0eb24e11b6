"""Leaks: what training could have known of the events that judge it, found from the events, from the vectors, and from ids that changed hands."""

from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix, blocks, unit_rows
from ..errors import InputError
from ..interactions import Interactions
from ..search.rows import Rows
from ..vectors import Vectors
from .fidelity import places
from .intervals import Mean, finite, mean_of
from .report import Finding
from .split import Split

SAMPLE = 500
MOST_IDS = 4_096
# Exact duplicates within one part are untidy; across the cut they are answers that training was given.
REFUSED = "Drop repeats before splitting, split by time (rankfold.evaluate.by_time), or train again without these events."


@dataclass(frozen=True, slots=True)
class Leaks:
    """Events that training shares with the test, or that lie after it.

    train, test: how many events each has. copies: test events that train holds too, the same user, item and time (without times: user and item).
    repeats: test events whose user had the item in train, at another time; lists leave seen rows out, so they are not asked for.
    late: train events younger than the first test event, or None without times. twice: events that come more than once in one part.
    """

    train: int
    test: int
    copies: int
    repeats: int
    late: int | None
    twice: int

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a reader must know."""
        found = []
        if self.copies:
            found.append(Finding("test-in-train", f"{self.copies:,} of {self.test:,} test events are in training too. {REFUSED}"))
        if self.late:
            found.append(
                Finding("looks-ahead", f"{self.late:,} of {self.train:,} training events are younger than the first test event: training looks ahead.")
            )
        if self.repeats:
            found.append(Finding("repeats", f"{self.repeats:,} of {self.test:,} test events are of items that their user had before; they are not asked for."))
        if self.twice:
            found.append(Finding("twice", f"{self.twice:,} events come more than once in their part; each counts once."))
        return tuple(found)

    def refuse(self, *, ahead: bool = True) -> None:
        """Raise InputError when test events are in training, or, unless `ahead` is False, when training events are younger than test events."""
        stops = {"test-in-train", "looks-ahead"} if ahead else {"test-in-train"}
        for finding in self.findings:
            if finding.code in stops:
                raise InputError(f"interactions: leak: {finding.text}")

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        counts = {name: getattr(self, name) for name in ("train", "test", "copies", "repeats", "late", "twice")}
        return {**counts, "findings": [finding._asdict() for finding in self.findings]}


def find_leaks(events: Interactions, split: Split) -> Leaks:
    """Look for test events in training. Counts events, not pairs; valid events count as training of the test. Raises InputError for a split of others."""
    if split.train.shape != events.user.shape:
        raise InputError(f"split: got masks of {split.train.size} interactions; expected {events.count}.")
    span = int(events.item.max(initial=0)) + 1
    pair = events.user * span + events.item
    known = split.train | split.valid
    if events.time is None:
        key, late = pair, None
    else:
        # Numbers of moments keep equal times equal whatever their kind.
        moments, moment = np.unique(events.time, return_inverse=True)
        pairs, pair = np.unique(pair, return_inverse=True)
        key = pair.astype(np.int64) * moments.size + moment
        late = int((events.time[known] > events.time[split.test].min()).sum())
    copies = np.isin(key[split.test], key[known])
    repeats = np.isin(pair[split.test], pair[known]) & ~copies
    twice = sum(int(key[part].size - np.unique(key[part]).size) for part in (known, split.test))
    return Leaks(int(known.sum()), int(split.test.sum()), int(copies.sum()), int(repeats.sum()), late, twice)


@dataclass(frozen=True, slots=True)
class Memory:
    """How much higher vectors rank what users had before than what they took later.

    before, later: mean share of the catalogue that scores below such an item, 1 is the top. gap: their difference, paired over n users, with its interval.
    """

    before: float
    later: float
    gap: Mean

    @property
    def finding(self) -> Finding | None:
        """A finding where later items rank as high as earlier ones, as far as these users can tell."""
        if not self.gap.low <= 0:
            return None
        text = f"Later items rank as high as those that training knew (above {self.later:.1%} and {self.before:.1%} of the catalogue)"
        return Finding("as-if-seen", f"{text}: either these vectors were trained on the test too, or they were not trained on events at all.")

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {"before": finite(self.before), "later": finite(self.later), "gap": self.gap.to_dict()}


def memory(vectors: Vectors, queries: F32, seen: Rows, relevant: Rows, *, unit: bool = False, sample: int = SAMPLE, seed: int = 0) -> Memory:
    """Compare where seen and later rows stand in the whole catalogue, per query. Vectors fitted to events rank those higher than events they never met.

    queries: (q, d). seen, relevant: rows of q queries. unit: cosine. At most `sample` queries that have both, drawn at random. A leak of few events
    among many does not show. Raises InputError when no query has both.
    """
    x = as_matrix(queries, "queries", dim=vectors.dim)
    both = np.flatnonzero((seen.lengths() > 0) & (relevant.lengths() > 0))
    if not both.size:
        raise InputError("seen, relevant: no query has rows in both; expected at least one.")
    if both.size > sample:
        both = np.sort(np.random.default_rng(seed).choice(both, sample, replace=False))
    old, new = seen.take(both), relevant.take(both)
    items = unit_rows(vectors.read()) if unit else vectors.read()
    shares = np.empty((2, both.size))
    for start, stop in blocks(both.size, 256):
        scores = x[both[start:stop]] @ items.T
        for query in range(start, stop):
            line = np.sort(scores[query - start])
            for place, lists in enumerate((old, new)):
                shares[place, query] = np.searchsorted(line, scores[query - start, lists.of(query)]).mean() / line.size
    return Memory(float(shares[0].mean()), float(shares[1].mean()), mean_of(shares[0] - shares[1], lowest=-1.0))


@dataclass(frozen=True, slots=True, eq=False)
class ReusedIds:
    """Ids that both sets of vectors hold: kept (m,) float64, the share of each id's nearest ids that stayed; ids (m,); suspects: ids of which none stayed."""

    ids: np.ndarray
    kept: np.ndarray
    suspects: np.ndarray


def reused_ids(before: Vectors, after: Vectors, *, k: int = 20, sample: int = MOST_IDS, seed: int = 0) -> ReusedIds:
    """Ids that seem to stand for something else now: none of their k nearest ids (cosine, among ids of both sets) is the same.

    Neighbours do not depend on the turn of the space, so the two may come from different training runs. Where most ids kept nothing the runs have nothing
    in common, and nothing is said: suspects is empty when the median of `kept` is below one half. At most `sample` common ids. Raises InputError.
    """
    common = np.intersect1d(before.ids, after.ids) if before.ids.dtype.kind == after.ids.dtype.kind else before.ids[:0]
    if common.size > sample:
        common = np.sort(np.random.default_rng(seed).choice(common, sample, replace=False))
    if common.size <= 2 * k or k < 1:
        raise InputError(f"before, after: have {common.size} ids in common; expected more than {2 * k}, twice the neighbours compared.")
    lists = [_nearest(unit_rows(part.read()[np.argsort(part.ids, kind="stable")[np.searchsorted(np.sort(part.ids), common)]]), k) for part in (before, after)]
    kept = (places(lists[0], lists[1]) < k).mean(axis=1)
    suspects = common[kept == 0] if np.median(kept) >= 0.5 else common[:0]
    return ReusedIds(common, kept, suspects)


def _nearest(rows: F32, k: int) -> np.ndarray:
    """The k nearest others of each row, (m, k)."""
    cosine = rows @ rows.T
    np.fill_diagonal(cosine, -np.inf)
    return np.argsort(-cosine, axis=1, kind="stable")[:, :k]

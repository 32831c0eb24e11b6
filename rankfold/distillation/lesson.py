"""A lesson: exact rows, the queries that ask for them, their exact masked top lists, and three groups of queries that never mix."""

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import F32, as_matrix, unit_rows
from ..errors import InputError
from ..evaluate.buckets import Buckets, popularity_buckets
from ..evaluate.exact import ExactSearcher
from ..search import Ranking, Rows
from ..table import check_space
from ..vectors import Vectors, as_vectors
from .terms import Batch

DEPTH = 100
POSITIVES = 10
LEAST_QUERIES = 12
# Shares of the queries that teach and that stop; the rest says whether the result is adopted.
TEACH, STOP = 0.7, 0.15
# Lists whose scores differ by less than this share of the usual spread order nothing.
FLAT = 1e-6
FALSE_TOPS = 50
RANDOM_ROWS = 512
FLOOR = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What is taught.

    exact: (n, d) rows of the teacher. queries: (q, d). seen: rows that each query has already. allow: (n,) bool, rows that can be ranked at all, or None.
    lists: exact top DEPTH of each query without what it has seen. spread: (q,) standard deviation of the scores in each list.
    teach, stop, judge: query numbers that are learned from, that say when to stop, and that say whether the result is adopted.
    weight: (n,) what each row counts in errors, float32, from how often it is listed. buckets: rows by how often they are listed.
    energy: (d, d) second moment of the queries, with trace d. relevant: what each query took next, None where that is not known; only judges may look.
    """

    exact: F32
    queries: F32
    seen: Rows
    allow: np.ndarray | None
    lists: Ranking
    spread: F32
    teach: np.ndarray
    stop: np.ndarray
    judge: np.ndarray
    weight: F32
    buckets: Buckets
    energy: F32
    relevant: Rows | None = None

    def batch(self, numbers: np.ndarray, rows: np.ndarray, decoded: F32) -> Batch:
        """The batch of the chosen queries and rows (sorted, unique; the exact lists of the queries are among them)."""
        lists = self.lists.rows[numbers]
        place_of = np.full(self.exact.shape[0], -1)
        place_of[rows] = np.arange(rows.size)
        hidden = np.zeros((numbers.size, rows.size), np.bool_)
        seen = self.seen.take(numbers)
        place = place_of[seen.values]
        hidden[seen.queries()[place >= 0], place[place >= 0]] = True
        listed = np.zeros(hidden.shape, np.bool_)
        query, column = np.nonzero(lists >= 0)
        listed[query, place_of[lists[query, column]]] = True
        first = np.where(lists[:, :POSITIVES] >= 0, place_of[lists[:, :POSITIVES]], -1)
        weight = self.weight[rows]
        return Batch(
            self.queries[numbers], self.exact[rows], decoded, hidden, first, listed, self.spread[numbers], weight / np.float32(weight.mean()), self.energy
        )

    def rows_for(self, numbers: np.ndarray, false_tops: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The rows of a batch, sorted: exact lists and the student's lists of the chosen queries, and some at random."""
        able = self.exact.shape[0] if self.allow is None else np.flatnonzero(self.allow)
        drawn = rng.choice(able, RANDOM_ROWS)
        chosen = np.zeros(self.exact.shape[0], np.bool_)
        for rows in (self.lists.rows[numbers], false_tops[numbers], drawn):
            chosen[rows[rows >= 0]] = True
        return np.flatnonzero(chosen)


def user_lesson(
    vectors: Vectors,
    users: F32 | Vectors,
    *,
    unit: bool,
    seen: Rows | None,
    allow: np.ndarray | None,
    sample: int,
    seed: int,
    relevant: Rows | None = None,
) -> Lesson:
    """Users (u, d) asking for rows that they do not have yet; at most `sample` of them, drawn at random. Raises InputError."""
    if isinstance(users, Vectors):
        check_space(users.space, vectors.space, "users")
        users = users.read()
    users = as_matrix(users, "users", dim=vectors.dim)
    for name, lists in (("seen", seen), ("relevant", relevant)):
        if lists is None:
            continue
        if not isinstance(lists, Rows) or lists.count != len(users):
            got = f"lists of {lists.count} users" if isinstance(lists, Rows) else type(lists).__name__
            raise InputError(f"{name}: got {got}; expected Rows of {len(users)} users, one list each.")
        lists.check_below(vectors.count, name)
    able = np.flatnonzero(users.any(axis=1))
    chosen = np.random.default_rng(seed).permutation(able)[:sample]
    known = Rows.empty(chosen.size) if seen is None else seen.take(chosen)
    lesson = _lesson(vectors, users[chosen], known, unit, allow, "users")
    return lesson if relevant is None else replace(lesson, relevant=relevant.take(chosen))


def item_lesson(vectors: Vectors, *, unit: bool, allow: np.ndarray | None, sample: int, seed: int) -> Lesson:
    """Rows asking for their neighbours, themselves left out; at most `sample` of them, drawn at random. Raises InputError."""
    exact = _exact(vectors, unit)
    able = np.flatnonzero(exact.any(axis=1) & (True if allow is None else allow))
    chosen = np.random.default_rng(seed).permutation(able)[:sample]
    themselves = Rows.from_pairs(np.arange(chosen.size), chosen, chosen.size)
    return _lesson(vectors, exact[chosen], themselves, unit, allow, "vectors")


def _exact(vectors: Vectors, unit: bool) -> F32:
    return unit_rows(vectors.read()) if unit else vectors.read()


def _lesson(vectors: Vectors, queries: F32, seen: Rows, unit: bool, allow: np.ndarray | None, name: str) -> Lesson:
    if len(queries) < LEAST_QUERIES:
        raise InputError(f"{name}: got {len(queries)} that can ask (not all zeros); expected at least {LEAST_QUERIES}, and about 200 to judge too.")
    exact = _exact(vectors, unit)
    lists = ExactSearcher(as_vectors(exact, zero_rows="keep")).search(queries, min(DEPTH, vectors.count), exclude=seen, allow=allow)
    spread = spread_of(lists)
    usual = float(np.median(spread[np.isfinite(spread) & (spread > 0)])) if (spread > 0).any() else 0.0
    able = np.flatnonzero(spread > FLAT * usual) if usual > 0 else np.empty(0, np.int64)
    if able.size < LEAST_QUERIES:
        raise InputError(
            f"{name}: only {able.size} of {len(queries)} have an exact list whose scores differ; expected at least {LEAST_QUERIES}. "
            "Have they seen every row, or are these vectors of another model?"
        )
    first, second = max(1, int(TEACH * able.size)), max(1, int(STOP * able.size))
    listed = np.bincount(lists.rows[able][lists.rows[able] >= 0], minlength=vectors.count)
    energy = queries.T.astype(np.float64) @ queries
    energy = (energy * (len(energy) / np.trace(energy))).astype(np.float32)
    return Lesson(
        exact=exact,
        queries=queries,
        seen=seen,
        allow=allow,
        lists=lists,
        spread=np.where(spread > 0, spread, 1).astype(np.float32),
        teach=able[:first],
        stop=able[first : first + second],
        judge=able[first + second :],
        weight=np.sqrt(FLOOR + listed).astype(np.float32),
        buckets=popularity_buckets(listed),
        energy=energy,
    )


def spread_of(lists: Ranking) -> np.ndarray:
    """Standard deviation of the scores of every list, float64 (q,); 0 for fewer than two rows."""
    there = lists.rows >= 0
    count = np.maximum(there.sum(axis=1), 1)
    scores = np.where(there, lists.scores, 0).astype(np.float64)
    mean = scores.sum(axis=1) / count
    return np.sqrt((np.where(there, scores - mean[:, None], 0) ** 2).sum(axis=1) / count)

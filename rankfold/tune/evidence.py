"""Evidence: what codecs are judged on. Two halves of the queries: one to choose on, one to report on, never mixed."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import F32, as_matrix, unit_rows
from ..errors import InputError
from ..evaluate.exact import ExactSearcher
from ..evaluate.measure import baseline as baseline_of
from ..evaluate.report import Finding, Report
from ..evaluate.split import choose_split
from ..evaluate.task import Task
from ..fitting.exposure import exposure
from ..interactions import Interactions
from ..search import Rows
from ..sources import RowSource
from ..table import check_space
from ..vectors import Vectors

DEPTH = 100
QUALITY = "ndcg@10"
# Fidelity is measured at the depths of the metrics that are asked for.
FIDELITY = "recall@10"
JUDGED_METRICS = ("ndcg@10", "recall@10", "precision@10", "hit@10", "mrr@10", "map@10", "recall@100")
FIDELITY_METRICS = ("recall@10", "recall@100")
QUERY_SAMPLE = 4_000
ITEM_QUERIES = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """One half of the queries: the task and the report of the uncompressed vectors on it."""

    task: Task
    baseline: Report


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What codecs are judged on.

    judged: whether it is known what each query should find. If not, the task asks for the exact top 100, and only fidelity is reported.
    metric: "ndcg@10" when judged, else "overlap@100". weight: (n,) exposure weights from the users to choose on, or None without users.
    findings: what a reader must know, such as what could not be checked.
    """

    judged: bool
    metric: str
    choose: Half
    report: Half
    unit: bool
    weight: F32 | None
    findings: tuple[Finding, ...]


def user_evidence(
    vectors: Vectors,
    users: F32 | Vectors,
    interactions: Interactions | None = None,
    *,
    fitting: np.ndarray | None = None,
    sample: int = QUERY_SAMPLE,
    groups: Mapping[str, np.ndarray] | None = None,
    seed: int = 0,
    unit: bool = False,
) -> Evidence:
    """Users searching `vectors`: with interactions, what they will take next; without, the exact lists.

    users: (u, dim), row numbers as in `interactions`. fitting: (u,) bool, users to choose and to take exposure weights from; half of them at random when None.
    sample: at most so many users a half. groups: name -> (u,) bool, groups of users that get figures of their own. Raises InputError.
    """
    if isinstance(users, Vectors):
        check_space(users.space, vectors.space, "users")
        users = users.read()
    users = as_matrix(users, "users", dim=vectors.dim)
    if users.shape[0] < 4:
        raise InputError(f"users: got {users.shape[0]} rows; expected at least 4, two to choose on and two to report on.")
    if fitting is None:
        fitting = np.zeros(users.shape[0], bool)
        fitting[np.random.default_rng(seed).permutation(users.shape[0])[: users.shape[0] // 2]] = True
    if interactions is None:
        chosen = [np.flatnonzero(mask)[:sample] for mask in (fitting, ~fitting)]
        named = {name: np.asarray(mask) for name, mask in (groups or {}).items()}
        tasks = [_exact_task(vectors, users[some], None, unit, {name: mask[some] for name, mask in named.items()}) for some in chosen]
        unchecked = Finding("no-interactions", "No interactions were given: agreement with the exact lists was measured, but not whether these lists are good.")
        weight = exposure(users[fitting], as_searched(vectors, unit), seed=seed)
        return _evidence(vectors, tasks, False, unit, weight, (unchecked,), seed)
    whole = Task.from_interactions(users, interactions, choose_split(interactions, seed=seed), rows=vectors.count, groups=groups)
    able = np.zeros(users.shape[0], bool)
    able[whole.answerable()] = True
    if (able & fitting).sum() < 2 or (able & ~fitting).sum() < 2:
        raise InputError("interactions: fewer than 2 users in a half have a held-out item; expected more. Was the split empty, or were the items unknown?")
    tasks = [whole.take(np.flatnonzero(able & mask)).sample(sample, seed=seed) for mask in (fitting, ~fitting)]
    seen = whole.seen if whole.seen is not None else Rows.empty(users.shape[0])
    weight = exposure(users[fitting], as_searched(vectors, unit), exclude=seen.take(fitting), seed=seed)
    return _evidence(vectors, tasks, True, unit, weight, (), seed)


def item_evidence(vectors: Vectors, *, queries: int = ITEM_QUERIES, seed: int = 0, unit: bool = False) -> Evidence:
    """Rows searching for their neighbours: agreement with the exact top 100, the row itself left out. For vectors without users. Raises InputError."""
    if vectors.count < 4:
        raise InputError(f"vectors: got {vectors.count} rows; expected at least 4 to measure anything on.")
    rows, x = vectors.sample(min(queries, vectors.count), np.random.default_rng(seed + 1))
    mixed = np.random.default_rng(seed).permutation(rows.size)
    halves = np.array_split(mixed, 2)
    tasks = [_exact_task(vectors, x[half], rows[half], unit) for half in halves]
    unchecked = Finding(
        "no-users", "No users were given: agreement of item neighbours was measured. What users would see, and by popularity, could not be checked."
    )
    return _evidence(vectors, tasks, False, unit, None, (unchecked,), seed)


@dataclass(frozen=True, slots=True, eq=False)
class UnitRows:
    """Rows of another source, each divided by its length as it is read."""

    source: RowSource

    @property
    def shape(self) -> tuple[int, int]:
        """(n, d)."""
        return self.source.shape

    def read(self, start: int, stop: int) -> F32:
        """Rows start to stop, float32, of length 1; rows of zeros stay zeros."""
        return unit_rows(self.source.read(start, stop))


def as_searched(vectors: Vectors, unit: bool) -> Vectors:
    """The vectors as they are ranked: of length 1 when `unit`."""
    return Vectors(vectors.ids, UnitRows(vectors.matrix), vectors.space) if unit else vectors


def _exact_task(vectors: Vectors, queries: F32, own_rows: np.ndarray | None, unit: bool, groups: Mapping[str, np.ndarray] | None = None) -> Task:
    """The task to find the exact top 100, of each query's row not itself."""
    count = queries.shape[0]
    seen = None if own_rows is None else Rows.from_pairs(np.arange(count), own_rows, count)
    exact = ExactSearcher(vectors, unit=unit).search(queries, min(DEPTH, vectors.count - 1), exclude=seen)
    query, place = np.nonzero(exact.rows >= 0)
    relevant = Rows.from_pairs(query, exact.rows[query, place], count)
    shown = np.bincount(exact.rows[exact.rows >= 0], minlength=vectors.count)
    return Task(queries, relevant, seen, groups or {}, popularity=shown if own_rows is None else None)


def _evidence(vectors: Vectors, tasks: list[Task], judged: bool, unit: bool, weight: F32 | None, findings: tuple[Finding, ...], seed: int) -> Evidence:
    metrics = JUDGED_METRICS if judged else FIDELITY_METRICS
    choose, report = (Half(task, baseline_of(vectors, task, metrics=metrics, unit=unit, seed=seed)) for task in tasks)
    said = tuple(finding for finding in report.baseline.findings if judged)
    metric = QUALITY if judged else f"overlap@{DEPTH}"
    return Evidence(judged, metric, choose, report, unit, weight, findings + said)

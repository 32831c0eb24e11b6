"""The task suite: what a table is good for besides ranking, measured in one run on whatever was given."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..arrays import F32, as_matrix, unit_rows
from ..errors import InputError
from ..interactions import Interactions
from ..progress import Progress, silent
from ..search import Searcher
from ..table import Table
from ..vectors import Vectors
from .auc import compare_auc, group_auc
from .clustering import COMMUNITIES, Communities, Separability, communities, separability
from .coldstart import ColdStart, cold_start
from .compare import Loss
from .cooccurrence import CoOccurrence, co_occurrence
from .exact import ExactSearcher
from .itemlists import drawn
from .pairs import scored_pairs
from .probes import Probe, attribute_probe
from .ratings import RatingTask, rating_task
from .scenarios import Scenarios, scenarios
from .scoretask import ScoreTask, score_task
from .split import Split, choose_split
from .task import Task

ROWS = 20_000
USERS_A_HALF = 2_000
GAUC_USERS = 300


@dataclass(frozen=True, slots=True, eq=False)
class Suite:
    """Every part that could be measured, None or nothing where it could not; missing: what was not and what it takes.

    clicks: click prediction on the rows that users may be shown. gauc: order of the whole catalogue (GAUC; Zhu et al., 2017). ratings: rating prediction.
    probes, separability: attribute -> figures. communities: k-means communities. cooccurrence: items that go together. cold: rows encoded without a fit.
    scenarios: lists for users, items, filters, categories.
    """

    scenarios: Scenarios
    communities: Communities | None = None
    clicks: ScoreTask | None = None
    gauc: Loss | None = None
    ratings: RatingTask | None = None
    probes: Mapping[str, Probe] = field(default_factory=dict)
    separability: Mapping[str, Separability] = field(default_factory=dict)
    cooccurrence: CoOccurrence | None = None
    cold: ColdStart | None = None
    missing: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        single = {name: getattr(self, name) for name in ("scenarios", "communities", "clicks", "gauc", "ratings", "cooccurrence", "cold")}
        return {
            **{name: None if part is None else part.to_dict() for name, part in single.items()},
            "probes": {name: probe.to_dict() for name, probe in self.probes.items()},
            "separability": {name: part.to_dict() for name, part in self.separability.items()},
            "missing": dict(self.missing),
        }


def suite(
    table: Table,
    vectors: Vectors,
    *,
    users: F32 | None = None,
    events: Interactions | None = None,
    attributes: Mapping[str, np.ndarray] | None = None,
    cold: bool = True,
    seed: int = 0,
    progress: Progress = silent,
) -> Suite:
    """Run every task that the given data allow, before (vectors) and after (table).

    vectors: what the table was made from, row by row, none removed. users: (u, dim), row numbers as in `events`. events: for clicks, ratings (where weights
    differ) and co-occurrence. attributes: name -> (n,) text of each row, "" where unknown. cold: fit the codec of the largest segment again, to rows that are
    drawn, and encode others with it. Tasks look at no more than 20,000 rows and 2,000 users a half, drawn by `seed`.
    Raises InputError for events without users, and data of other shapes; a task that the data are too few for is named in `missing`.
    """
    if events is not None and users is None:
        raise InputError("events: given without users; expected the user vectors too: clicks are predicted from scores of users.")
    people = None if users is None else as_matrix(users, "users", dim=vectors.dim)
    task = split = None
    if people is not None and events is not None:
        split = choose_split(events, seed=seed)
        task = Task.from_interactions(people, events, split, rows=vectors.count)
    labels = dict(attributes or {})
    first = next(iter(labels.values()), None)
    progress("suite", 0, 6)
    lists = scenarios(table, vectors, users=people, seen=None if task is None else task.seen, categories=first, seed=seed)
    some, x = vectors.sample(min(ROWS, vectors.count), np.random.default_rng(seed))
    before, after = unit_rows(x) if table.unit else x, table.decode(some)
    missing: dict[str, str] = {}
    progress("suite", 1, 6)
    probes = {name: _try(missing, f"probe of {name}", attribute_probe, before, after, label[some], seed=seed) for name, label in labels.items()}
    apart = {name: _try(missing, f"separability of {name}", separability, before, after, label[some], seed=seed) for name, label in labels.items()}
    if not labels:
        missing["probes, separability"] = "no attributes were given"
    progress("suite", 2, 6)
    together = _try(missing, "communities", communities, before, after, count=min(COMMUNITIES, len(before) // 2), seed=seed)
    progress("suite", 3, 6)
    of_events = _with_events(table, vectors, people, events, split, task, missing, seed)
    progress("suite", 5, 6)
    codec = max(table.segments, key=lambda segment: segment.count).codec
    new = _try(missing, "cold rows", cold_start, x, codec, queries=people, unit=table.unit, seed=seed) if cold else None
    progress("suite", 6, 6)
    known, parts = ({name: part for name, part in found.items() if part is not None} for found in (probes, apart))
    return Suite(lists, together, probes=known, separability=parts, cold=new, missing=missing, **of_events)


def _with_events(
    table: Table,
    vectors: Vectors,
    users: F32 | None,
    events: Interactions | None,
    split: Split | None,
    task: Task | None,
    missing: dict[str, str],
    seed: int,
) -> dict:
    """Clicks, ratings and co-occurrence, where there are events."""
    if users is None or events is None or split is None or task is None:
        missing["clicks, ratings, co-occurrence"] = "no users with interactions were given"
        return {}
    fitting = np.zeros(len(users), np.bool_)
    fitting[np.random.default_rng(seed).permutation(len(users))[: len(users) // 2]] = True
    original, decoded = vectors.read(), table.decode()
    original = unit_rows(original) if table.unit else original
    known = events.where(split.train)
    return {
        "clicks": _try(missing, "clicks", _clicks, table, vectors, task, fitting, seed),
        "gauc": _try(missing, "gauc", _gauc, table, vectors, task, seed),
        "ratings": _try(missing, "ratings", _ratings, users, original, decoded, events, split, fitting),
        "cooccurrence": _try(missing, "co-occurrence", co_occurrence, original, decoded, known, seed=seed),
    }


def _clicks(table: Table, vectors: Vectors, task: Task, fitting: np.ndarray, seed: int) -> ScoreTask:
    able = task.relevant.lengths() > 0
    halves = []
    for mask in (fitting, ~fitting):
        chosen = np.flatnonzero(able & mask)
        if chosen.size < 2:
            raise InputError("clicks: fewer than 2 users in a half have a held-out item; expected more.")
        chosen = chosen[drawn(chosen.size, USERS_A_HALF, seed)]
        seen = None if task.seen is None else task.seen.take(chosen)
        halves.append(scored_pairs(table, vectors, task.queries[chosen], seen=seen, relevant=task.relevant.take(chosen)))
    return score_task(*halves)


def _gauc(table: Table, vectors: Vectors, task: Task, seed: int) -> Loss:
    some = task.sample(GAUC_USERS, seed=seed)
    before, after = (group_auc(searcher, some) for searcher in (ExactSearcher(vectors, unit=table.unit), Searcher(table)))
    return compare_auc(before, after, seed=seed)


def _ratings(users: F32, original: F32, decoded: F32, events: Interactions, split: Split, fitting: np.ndarray) -> RatingTask:
    if events.weight is None:
        raise InputError("ratings: the events have no weight (rating); expected one an event.")
    known, asked = events.where(split.train), events.where(split.test)
    rating, learned = events.weight[split.test], events.weight[split.train]
    count = np.bincount(known.item, minlength=len(original))
    total = np.bincount(known.item, learned, minlength=len(original))
    mean = float(learned.mean())
    # Items with few ratings lean on the mean of all, as if five events more had it.
    prior = (total + 5 * mean) / (count + 5)
    exact, found = (np.einsum("md,md->m", users[asked.user], x[asked.item], dtype=np.float64) for x in (original, decoded))
    return rating_task(exact, found, rating, prior[asked.item], asked.user, fitting[asked.user])


def _try(missing: dict[str, str], name: str, task, *given, **options):  # type: ignore[no-untyped-def]
    """The task's result; None, and why in `missing`, where the data are too few for it."""
    try:
        return task(*given, **options)
    except InputError as error:
        missing[name] = str(error)
        return None

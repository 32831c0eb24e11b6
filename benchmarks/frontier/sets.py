"""The sets of the frontier: rows, what is asked of them, and the exact answers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks import datasets
from rankfold.arrays import F32, unit_rows
from rankfold.evaluate import Report, Split, Task, baseline
from rankfold.evaluate.exact import ExactSearcher
from rankfold.fitting.exposure import exposure
from rankfold.interactions import Interactions
from rankfold.search.rows import Rows
from rankfold.vectors import as_vectors

QUERIES = 1_000
DEPTH = 100
METRICS = ("ndcg@10", "recall@10", "recall@100")
USERS_SEED, QUERIES_SEED = 99, 1
BYTES = (8, 12, 16, 24, 32, 48, 64, 96, 128)
# What a small catalogue may spend on codebooks, matrices and tables, bytes a row.
BOOKS_LIMIT = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Item to item: 1,000 rows ask for their nearest rows by cosine, themselves left out. asked (q,) row numbers, exact (q, 100)."""

    asked: np.ndarray
    themselves: Rows
    exact: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """User to item, by dot product, seen items masked: half of the users are judged, the other half (queries) set the exposure weights (n,)."""

    task: Task
    baseline: Report
    weight: F32
    queries: F32


@dataclass(frozen=True, slots=True, eq=False)
class FrontierSet:
    """items (n, d); cosine: rows of length 1; question: what is asked of them. limited: codebooks count at most 8 bytes a row."""

    name: str
    items: F32
    cosine: bool
    question: Asked | Judged
    limited: bool

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes a row that are tried; one more where a norm byte may stand beside the code."""
        return sizes_of(self.name)

    def half(self, seed: int) -> np.ndarray:
        """The rows that every method is fitted on with this seed: a random half, rising."""
        return np.sort(np.random.default_rng(seed).permutation(len(self.items))[: len(self.items) // 2])


def sizes_of(name: str) -> tuple[int, ...]:
    """The bytes a row tried on a set."""
    return BYTES if name in TEXTS else tuple(size + 1 for size in BYTES)


def bars_of(name: str) -> tuple[int, ...]:
    """The sizes of a set where three seeds are run."""
    return (16, 32, 64) if name in TEXTS else (17, 33)


def is_cosine(name: str) -> bool:
    """Whether the rows of a set have length one."""
    return name in TEXTS or FACTORS[name][1] == "elsa256"


def is_limited(name: str) -> bool:
    """Whether a set is a small catalogue, where codebooks may take at most BOOKS_LIMIT bytes a row."""
    return name not in TEXTS and name != "amazon_book"


def debian50k() -> F32:
    """Sentence vectors of Debian packages (50,000, 384)."""
    return _matrix("debian50k_minilm_f16.npz", "x")


def goodbooks() -> F32:
    """Sentence vectors of book titles and authors (10,000, 384)."""
    return _matrix("goodbooks_minilm_f16.npz", "x")


def _matrix(file: str, name: str) -> F32:
    with np.load(datasets.file_of(file), allow_pickle=False) as arrays:
        return arrays[name if name in arrays else arrays.files[0]].astype(np.float32)


TEXTS: dict[str, Callable[[], F32]] = {"text132k": datasets.text, "debian50k": debian50k, "goodbooks": goodbooks}
# name -> data set and model of `datasets.factors`.
FACTORS: dict[str, tuple[str, str]] = {
    "amazon_book": ("amazon_book", "als128"),
    "anime": ("anime", "als128"),
    "anime_elsa": ("anime", "elsa256"),
    "debian_deps": ("debian_deps", "als128"),
    "debian_deps_elsa": ("debian_deps", "elsa256"),
}
NAMES = (*TEXTS, *FACTORS)


@cache
def load(name: str) -> FrontierSet:
    """The set of that name."""
    return _text(name) if name in TEXTS else _factors(name)


def _text(name: str) -> FrontierSet:
    x = unit_rows(TEXTS[name]())
    asked = np.sort(np.random.default_rng(QUERIES_SEED).choice(len(x), QUERIES, replace=False))
    themselves = Rows.from_pairs(np.arange(QUERIES), asked, QUERIES)
    exact = ExactSearcher(as_vectors(x, zero_rows="keep")).search(x[asked], DEPTH, exclude=themselves).rows
    return FrontierSet(name, x, True, Asked(asked, themselves, exact), False)


def _factors(name: str) -> FrontierSet:
    data = datasets.factors(*FACTORS[name])
    users, items = data.users, data.items
    train, valid, test = (data.split == part for part in range(3))
    whole = Task.from_interactions(users, Interactions(data.user, data.item), Split(train, valid, test, "given"), rows=len(items))
    order = np.random.default_rng(USERS_SEED).permutation(len(users))
    judged, others = np.sort(order[: len(users) // 2]), np.sort(order[len(users) // 2 :])
    part = whole.take(judged)
    task = part.take(part.answerable())
    task = Task(task.queries, task.relevant, task.seen, popularity=np.bincount(data.item[train], minlength=len(items)))
    before = baseline(as_vectors(items, zero_rows="keep"), task, metrics=METRICS)
    weight = exposure(users[others], items, exclude=whole.take(others).seen, seed=USERS_SEED)
    return FrontierSet(name, items, is_cosine(name), Judged(task, before, weight, users[others]), is_limited(name))

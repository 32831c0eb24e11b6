"""Tiering: whether rows at several sizes beat rows of one size in the same bytes, decided on held-out users, never at the expense of a popularity bucket."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..adaptive.tiers import Rates, coded
from ..arrays import F32
from ..codec import Codec
from ..errors import BudgetError
from ..evaluate.buckets import NAMES as BUCKETS
from ..evaluate.buckets import popularity_buckets
from ..evaluate.compare import compare, compare_parts
from ..evaluate.fidelity import places
from ..evaluate.measure import baseline as baseline_of
from ..evaluate.measure import evaluate
from ..evaluate.report import Report
from ..evaluate.task import Task
from ..fitting.exposure import exposure
from ..progress import Progress, silent
from ..search import Aligned, Searcher
from ..table import Table
from ..vectors import Vectors
from .choose import SAME_LOSS
from .evidence import FIDELITY_METRICS, QUALITY, Evidence, as_searched
from .ladder import choose_within, fit_ladder, ladder
from .measure import BUCKET_METRIC

# From the strongest split to the mildest: power of the exposure weight, and the smallest size that a row may get, as a share of the mean size.
SPLITS = ((1.0, 1 / 3), (0.5, 1 / 3), (1.0, 0.5), (0.5, 0.5), (0.5, 0.7), (0.0, 0.5))
DEPTHS = (10, 100)
# Buckets with fewer places in the exact lists cannot be told from chance.
LEAST_PLACES = 100
# The rows of a bucket that pays get so many times their weight, and again, so many turns in all.
LIFT = 4.0
TURNS = 3
FIRST = "all@10"
# Of the intervals of a trial; there are many trials.
DRAWS = 500
# Standard errors on either side of a 95 % interval.
Z95 = 1.96
Held = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to code all rows, on the users of the guard.

    lean: power of the weights; None is the table of one size. least: the smallest size allowed, as a share of the mean size.
    kept: "all@10", "head@10", "tail@100" and so on -> share of the places in the exact lists of that depth, of all rows or of a bucket's, that are still filled
    by the same row; see `kept_places`. pays: what is lower than in the table of one size by more than chance: places kept, a bucket's recall, the quality.
    lifts: (bucket, factor) by which the weights of its rows were raised, so that it would not pay.
    """

    lean: float | None
    least: float
    kept: dict[str, float]
    pays: tuple[str, ...] = ()
    lifts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Tiering:
    """table: the tiered table, or None when no split passed. trials: the table of one size first, then each split. why: one sentence."""

    table: Table | None
    trials: tuple[Trial, ...]
    why: str


def tier(
    vectors: Vectors,
    uniform: Table,
    evidence: Evidence,
    *,
    codecs: Sequence[Codec] | None = None,
    weight: F32 | None = None,
    splits: Sequence[tuple[float, float]] = SPLITS,
    sample: int | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> Tiering:
    """Spread the rows over several sizes within the bytes of `uniform`, codebooks included, if that keeps more of the exact lists and no bucket pays.

    uniform: the same rows at one size. codecs: what rows may be coded with; by default a `ladder`; each is fitted once, and shorter forms that read its
    state are sizes too. weight: (n,) exposure weights of the final table. splits: (lean, least) to try, see Trial. sample: rows to fit on, as in `compress`.
    A bucket pays when it keeps fewer of its places in the exact lists than in `uniform`, or when its recall is lower; both by more than chance (95 %, paired).
    All together pay when NDCG@10 is lower by more than chance, or by more than half a per cent. In trials weights come from half of the choosing users, and
    the judgement from the other half; users of the reporting half are never looked at. Where a bucket pays, the weights of its rows are raised and the split is
    tried again; then milder splits follow, and the first that passes is taken.
    Memory: a few tables of this size. Raises what `compress` raises.
    """
    row_bytes = sum(uniform.parts()[part] for part in ("codes", "scales")) / uniform.count
    codecs = ladder(vectors, row_bytes, unit=evidence.unit) if codecs is None else codecs
    rates = fit_ladder(vectors, codecs, weight=weight, unit=evidence.unit, sample=sample, seed=seed, progress=progress)
    task, trial_weight = _guard(vectors, evidence, weight, seed)
    metrics = (QUALITY, *FIDELITY_METRICS) if evidence.judged else FIDELITY_METRICS
    exact = baseline_of(vectors, task, metrics=metrics, unit=evidence.unit, seed=seed)

    def judged(table: Table) -> Report:
        return evaluate(Aligned(Searcher(table), vectors.ids), task, metrics=metrics, baseline=exact)

    before = judged(uniform)
    held_before = kept_places(before, exact, task)
    trials = [Trial(None, 1.0, _shares(held_before))]
    for lean, least in splits:
        lifts: dict[str, float] = {}
        for _ in range(TURNS):
            choice = _choice(rates, row_bytes, uniform, _lifted(trial_weight, lifts, task), lean, least)
            if choice is None or np.unique(choice).size < 2:
                break
            after = judged(coded(vectors, rates, choice))
            held = kept_places(after, exact, task)
            trials.append(Trial(lean, least, _shares(held), _pays(before, after, held_before, held), tuple(sorted(lifts.items()))))
            payers = {part for said in trials[-1].pays for part in BUCKETS if part in said}
            if not payers or trial_weight is None or not lean:
                break
            lifts |= {part: LIFT * lifts.get(part, 1.0) for part in payers}
        if _passes(trials):
            break
    best = trials[-1]
    choice = _choice(rates, row_bytes, uniform, _lifted(weight, dict(best.lifts), task), best.lean or 0.0, best.least) if _passes(trials) else None
    if choice is None:
        return Tiering(None, tuple(trials), _refusal(trials))
    told = f"{trials[0].kept[FIRST]:.1%} to {best.kept[FIRST]:.1%}"
    why = f"Rows of several sizes in the same bytes: on users kept apart, the exact top 10 is kept from {told}, and no popularity bucket pays."
    return Tiering(coded(vectors, rates, choice, progress=progress), tuple(trials), why)


def _passes(trials: Sequence[Trial]) -> bool:
    """Whether the last trial keeps more than the first, the table of one size, and nobody pays."""
    return len(trials) > 1 and not trials[-1].pays and trials[-1].kept[FIRST] > trials[0].kept[FIRST]


def _lifted(weight: F32 | None, lifts: dict[str, float], task: Task) -> F32 | None:
    """The weights (n,) with those of the named buckets' rows raised."""
    if weight is None or not lifts:
        return weight
    buckets = popularity_buckets(task.events(weight.size))
    factors = np.array([lifts.get(name, 1.0) for name in buckets.names], np.float32)
    return weight * factors[buckets.number]


def _refusal(trials: Sequence[Trial]) -> str:
    if len(trials) == 1:
        return "Tiers were refused: in these bytes no split into several sizes can be had that pays for its codebooks."
    payers = ", ".join(dict.fromkeys(name for trial in trials[1:] for name in trial.pays))
    return f"Tiers were refused: on users kept apart every split loses more than one size does ({payers or 'no gain'})."


def _shares(held: Held) -> dict[str, float]:
    """Share of the places of `kept_places` whose row is still in the list."""
    return {name: float(there.sum() / wanted.sum()) for name, (there, wanted) in held.items()}


def kept_places(after: Report, exact: Report, task: Task) -> Held:
    """Places of each query's exact list that are kept, and all of them, two int64 (q,): of all rows in the top 10, and of each popularity bucket.

    A bucket with fewer than 100 places in the top 10 is judged in the top 100, and not at all with fewer there.
    """
    kept: Held = {}
    for depth in DEPTHS:
        wanted, found = exact.ranking.rows[:, :depth], after.ranking.rows[:, :depth]
        there = wanted >= 0
        held = there & (places(wanted, found) < found.shape[1])
        kept.setdefault(FIRST, (held.sum(axis=1), there.sum(axis=1)))
        if task.popularity is None:
            continue
        buckets = popularity_buckets(task.events(max(int(wanted.max()) + 1, task.popularity.size)))
        bucket = np.where(there, buckets.number[np.maximum(wanted, 0)], -1)
        for number, name in enumerate(buckets.names):
            mine = bucket == number
            if mine.sum() >= LEAST_PLACES and not any(key.startswith(f"{name}@") for key in kept):
                kept[f"{name}@{depth}"] = ((held & mine).sum(axis=1), mine.sum(axis=1))
    return kept


def _pays(uniform: Report, tiered: Report, before: Held, after: Held) -> tuple[str, ...]:
    """Where less is kept than in the table of one size, or recall of a bucket is lower, by more than chance (95 %, paired); and all, where NDCG@10 falls."""
    worse = [name for name in before if _falls(after[name][0] - before[name][0])]
    parts = {f"recall of {name}": losses.get(BUCKET_METRIC) for name, losses in compare_parts(uniform, tiered, draws=DRAWS).items()}
    quality = compare(uniform, tiered, draws=DRAWS).get(QUALITY)
    fell = quality is not None and quality.is_known and (quality.low > 0 or quality.drop > SAME_LOSS)
    worse += [name for name, loss in parts.items() if loss is not None and loss.is_known and loss.low > 0]
    return (*worse, f"{QUALITY} of all") if fell else tuple(worse)


def _falls(change: np.ndarray) -> bool:
    """Whether changes (q,) sum up to less than 0 by more than chance."""
    return bool(change.sum() < -Z95 * change.std() * np.sqrt(change.size)) and bool(change.sum() < 0)


def _guard(vectors: Vectors, evidence: Evidence, weight: F32 | None, seed: int) -> tuple[Task, F32 | None]:
    """The users to judge trials on, and weights from the other choosing users."""
    whole = evidence.choose.task
    if weight is None or whole.count < 4:
        return whole, weight
    mixed = np.random.default_rng(seed).permutation(whole.count)
    givers, judges = np.sort(mixed[: whole.count // 2]), np.sort(mixed[whole.count // 2 :])
    given = whole.take(givers)
    return whole.take(judges), exposure(given.queries, as_searched(vectors, evidence.unit), exclude=given.seen if evidence.judged else None, seed=seed)


def _choice(rates: Rates, row_bytes: float, uniform: Table, weight: F32 | None, lean: float, least: float) -> np.ndarray | None:
    """The rates of all rows, none below the least size; None where the bytes do not suffice."""
    try:
        return choose_within(rates, row_bytes, least, weight=weight, lean=lean, codebooks=uniform.parts()["codebooks"])
    except BudgetError:
        return None

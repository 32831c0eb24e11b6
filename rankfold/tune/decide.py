"""Decide: a budget in, a decision out. Candidates are cut by arithmetic, halved on few rows and users, and the last few measured in full."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..arrays import F32, unit_rows
from ..codec import Codec, describe
from ..compression import norms_vary
from ..errors import InputError
from ..interactions import Interactions
from ..progress import Progress, silent
from ..vectors import Vectors
from .budget import Ask, ask_for, seconds_for
from .candidates import as_used, candidates, row_limit, smaller_alike
from .clock import Clock
from .compressibility import LEFT_OUT_ERROR, compressibility
from .decision import Decision, Tried, kept_of
from .evidence import Evidence, item_evidence, user_evidence
from .goals import Pairs, most_faithful, smallest
from .halving import Search, Tell, in_full, quiet
from .losses import loss_of
from .measure import Point, family, measure
from .recipe import Recipe
from .rungs import rungs_of
from .shortlist import shortlist
from .trials import Trial, Trials

SAMPLE_ROWS = 20_000
# How far below the size that is asked codecs are tried: rows of less than half of it lose more, unless codebooks weigh too.
REACH, REACH_IN_ALL, REACH_IN_TIME = 2, 4, 16
# Sizes at which the family that was taken is shown too, for the frontier.
SHOWN_PARTS = (2, 4)
# So many are measured on the reporting half: the choice, and what stands on the frontier of the choosing half.
MOST_POINTS = 6
Listing = Callable[[int, int], list[Codec]]


def decide(
    items: Vectors,
    users: F32 | Vectors | None = None,
    interactions: Interactions | None = None,
    *,
    row_bytes: int | None = None,
    target: str | None = None,
    total: str | int | None = None,
    max_loss: str | float | None = None,
    p99: str | float | None = None,
    unit: bool = False,
    weight: str = "auto",
    seed: int = 0,
    work: Path | str | None = None,
    time_limit: str | float | None = None,
    progress: Progress = silent,
    tell: Tell = quiet,
) -> Decision:
    """The codec to take for these vectors within a budget, with every point measured on users who chose nothing.

    users: (u, d) or Vectors; interactions: rows of users and items. Without interactions agreement with the exact lists is what counts, without users that
    of the rows' own neighbours. The budget, at least one of: row_bytes or target ("16x"), total ("2GB", all files on disk), max_loss ("1%", by the upper end
    of the interval: the smallest table is taken then), p99 ("5ms", single searches for 100 rows on this machine). unit: rank by cosine. weight: "auto" or
    "none". work: folder for finished trials, so that an interrupted run goes on; time_limit: such as "10m", kept.
    Raises InputError, and BudgetError with the nearest possible when nothing keeps to the budget.
    """
    clock = Clock(None if time_limit is None else seconds_for(time_limit))
    ask = ask_for(items.dim, row_bytes=row_bytes, target=target, total=total, max_loss=max_loss, p99=p99)
    if interactions is not None and users is None:
        raise InputError("interactions: given without users; expected the user vectors too: losses are measured on the lists of users.")
    check_ask(ask, items)
    progress("rank exactly", 0, 1)
    evidence = item_evidence(items, seed=seed, unit=unit) if users is None else user_evidence(items, users, interactions, seed=seed, unit=unit)
    progress("rank exactly", 1, 1)
    folder = None if work is None else Path(work)
    return decide_on(items, evidence, ask, weight=weight, seed=seed, work=folder, clock=clock, progress=progress, tell=tell)


def check_ask(ask: Ask, items: Vectors) -> None:
    """Refuse, before anything is measured, an ask that arithmetic alone rules out. Raises InputError for none, BudgetError with the smallest possible."""
    if ask.is_empty:
        raise InputError('budget: got none; expected at least one of row_bytes or target ("16x"), total ("2GB"), max_loss ("1%"), p99 ("5ms").')
    if ask.total_bytes is not None:
        row_limit(ask.total_bytes, rows=items.count, id_bytes=items.ids.dtype.itemsize)


def decide_on(
    vectors: Vectors,
    evidence: Evidence,
    ask: Ask,
    *,
    weight: str = "auto",
    seed: int = 0,
    work: Path | None = None,
    clock: Clock | None = None,
    progress: Progress = silent,
    tell: Tell = quiet,
) -> Decision:
    """As `decide`, with the evidence there already: its choosing half chooses, its reporting half gives every figure. Raises as `decide`."""
    search = search_of(vectors, evidence, ask, weight=weight, seed=seed, work=work)
    search.clock, search.progress, search.tell = clock or search.clock, progress, tell
    found, listed = chosen(search)
    spent = search.trials.core_seconds
    found += shown_beside(search, found, listed) if ask.max_loss is None else []
    return _decided(search, found, spent)


def search_of(vectors: Vectors, evidence: Evidence, ask: Ask, *, weight: str = "auto", seed: int = 0, work: Path | None = None) -> Search:
    """A search that has not begun. Raises InputError, and BudgetError for an ask that arithmetic rules out."""
    if weight not in ("auto", "none"):
        raise InputError(f'weight: got {weight!r}; expected "auto" or "none".')
    check_ask(ask, vectors)
    weights = evidence.weight if weight == "auto" else None
    queries = None if evidence.weight is None else evidence.choose.task.queries

    def recipe(codec: Codec) -> Recipe:
        return Recipe(codec, evidence.unit, weight, seed)

    trials = Trials(vectors, evidence, weight=weights, queries=queries, seed=seed, folder=work, recipe=recipe)
    return Search(trials, ask, rungs_of(vectors, evidence, seed=seed))


def chosen(search: Search) -> tuple[Pairs, Listing]:
    """Trials in full that keep to the limits, the one to take first, by the choosing half alone; and what lists candidates. Raises BudgetError."""
    vectors, ask = search.trials.vectors, search.ask
    rows = sample_rows(vectors, search.trials.evidence.unit)
    listed = listing(vectors, rows, ask)
    limit = most_row_bytes(vectors, ask)
    if ask.max_loss is not None:
        return smallest(search, listed, limit), listed
    among = listed(reach(ask, limit), limit) or listed(1, limit)
    if not among:
        # Says what the smallest size is.
        shortlist(vectors.dim, limit, rows=vectors.count, norms_vary=norms_vary(rows))
    search.candidates = among
    if ask.total_bytes is None and ask.p99_ms is None:
        smaller = smaller_alike(among, rows)
        search.fates |= dict.fromkeys(smaller, "the same codec fits with more bytes a row")
        among = [one for one in among if one not in smaller]
    return most_faithful(search, among), listed


def sample_rows(vectors: Vectors, unit: bool) -> F32:
    """Some rows as they are ranked, (s, d): what says whether lengths vary."""
    _, x = vectors.sample(min(SAMPLE_ROWS, vectors.count), np.random.default_rng(0))
    return unit_rows(x) if unit else x


def most_row_bytes(vectors: Vectors, ask: Ask) -> int:
    """The most bytes that a row may take, by all limits: two a dimension (and its length) keep everything that float32 has to say."""
    sizes = [2 * vectors.dim + 1]
    if ask.row_bytes is not None:
        sizes.append(ask.row_bytes)
    if ask.total_bytes is not None:
        sizes.append(row_limit(ask.total_bytes, rows=vectors.count, id_bytes=vectors.ids.dtype.itemsize))
    return min(sizes)


def reach(ask: Ask, limit: int) -> int:
    """The fewest bytes a row that are worth a trial where `limit` is allowed."""
    parts = [REACH]
    if ask.total_bytes is not None:
        parts.append(REACH_IN_ALL)
    if ask.p99_ms is not None:
        parts.append(REACH_IN_TIME)
    return max(1, limit // max(parts))


def listing(vectors: Vectors, rows: F32, ask: Ask) -> Listing:
    """(least, most) -> candidates of these sizes; each codec's own ladder too where only one size is looked for."""

    def listed(least: int, most: int) -> list[Codec]:
        ladders = ask.max_loss is None and ask.p99_ms is None
        return candidates(rows, most, rows=vectors.count, least=least, ladders=ladders)

    return listed


def shown_beside(search: Search, found: Pairs, listed: Listing) -> Pairs:
    """The family that was taken at half and a quarter of its size, in full, where time allows: what smaller rows would lose."""
    best = found[0][1]
    beside: list[Codec] = []
    for part in SHOWN_PARTS:
        size = best.row_bytes // part
        alike = [one for one in (listed(max(1, size // 2), size) if size else ()) if family(one) == best.family]
        beside += alike[:1]
    known = {one for one, _ in found}
    return [pair for pair in in_full(search, [one for one in dict.fromkeys(beside) if one not in known]) if not pair[1].failed]


def _decided(search: Search, found: Pairs, choice_core_seconds: float) -> Decision:
    """The finalists measured on the reporting half, the first of them taken."""
    trials, evidence, ask = search.trials, search.trials.evidence, search.ask
    found, left = worth_measuring(search, found)
    search.fates |= left
    search.progress("measure", 0, len(found))
    points: dict[str, Point] = {}
    totals: dict[str, int] = {}
    p99: dict[str, float] = {}
    spent = 0.0
    for number, (codec, trial) in enumerate(found):
        began = search.clock.elapsed
        if points and not search.clock.allows(spent):
            break
        table = trials.table(codec)
        point = measure(table, evidence, evidence.report, fit_s=trial.seconds, seed=trials.seed)
        spent = search.clock.elapsed - began
        if point.name in points:
            continue
        points[point.name] = point
        totals[point.name] = search.total_of(trial)
        if codec in search.latencies:
            p99[point.name] = search.latencies[codec].p99_ms
        search.progress("measure", number + 1, len(found))
    codec, trial = found[0]
    best, table = next(iter(points.values())), trials.table(codec)
    recipe = _recipe(search, codec, best)
    loss = best.loss if evidence.judged else loss_of(evidence, evidence.report, best.after, seed=trials.seed)
    kept = kept_of(ask, best, loss, totals[best.name], p99.get(best.name))
    return Decision(
        ask,
        best,
        tuple(points.values()),
        table,
        _why(search, len(search.fates) + len(found)),
        recipe,
        evidence,
        kept,
        tried_of(search, found),
        totals,
        p99,
        search.clock.elapsed,
        trials.core_seconds,
        choice_core_seconds,
        forecast_of(search, best),
    )


def forecast_of(search: Search, best: Point) -> dict[str, float | None]:
    """What the rows alone said of the size that was taken, beside what was measured there; see tune/compressibility.py."""
    evidence = search.trials.evidence
    metric = "overlap@10" if evidence.judged else best.metric
    queries = None if evidence.weight is None else evidence.choose.task.queries
    size = max(1, round(best.row_bytes))
    found = compressibility(search.trials.vectors, [size], queries=queries, depth=int(metric.split("@")[1]), unit=evidence.unit, seed=search.trials.seed)
    facts: dict[str, float | None] = {name: getattr(found, name) for name in ("effective_rank", "length_variation", "hubness", "top_share")}
    return facts | {"row_bytes": best.row_bytes, "expected": 1 - found.loss[size], "measured": best.fidelity[metric].mean, "usual_error": LEFT_OUT_ERROR}


def worth_measuring(search: Search, found: Pairs) -> tuple[Pairs, dict[Codec, str]]:
    """The first, then those that no other beats in bytes and agreement together by the choosing half; and why not the rest."""
    sizes = [(search.total_of(trial), -trial.overlap) for _, trial in found]
    ahead = [not any(a <= size[0] and b <= size[1] and (a, b) != size for a, b in sizes) for size in sizes]
    order = sorted(range(1, len(found)), key=lambda place: (not ahead[place], sizes[place][1]))
    kept = [0, *order[: MOST_POINTS - 1]] if len(found) > MOST_POINTS else list(range(len(found)))
    return [found[place] for place in kept], {
        found[place][0]: f"{found[place][1].overlap:.1%} of the exact lists in full, on choosing users; others were nearer or smaller"
        for place in range(len(found)) if place not in kept
    }  # fmt: skip


def _recipe(search: Search, codec: Codec, best: Point) -> Recipe:
    trials = search.trials
    measured: dict[str, float | str] = {"codec": best.name, "row_bytes": best.row_bytes}
    if best.loss is not None and best.loss.is_known:
        measured |= {"metric": best.metric, "loss": best.loss.drop, "loss_low": best.loss.low, "loss_high": best.loss.high}
    return replace(trials.recipe(codec), inputs=trials.inputs_digest(), budget=search.ask.to_dict(), measured=measured)


def _why(search: Search, count: int) -> str:
    evidence, ask = search.trials.evidence, search.ask
    users = evidence.choose.baseline.count
    who = f"{users:,} {'users' if evidence.weight is not None else 'rows'} kept apart from these figures"
    if ask.max_loss is not None:
        return f"Fewest bytes in all of {count} codecs whose loss of {evidence.metric} is within {ask.max_loss:.2%}, upper end included, on {who}."
    if evidence.judged:
        return f"Least loss of {evidence.metric} of {count} codecs within the budget, on {who}; between equal losses, the most faithful lists."
    return f"Highest {evidence.metric} with the exact lists of {count} codecs within the budget, on {who}."


def tried_of(search: Search, found: Pairs) -> tuple[Tried, ...]:
    """Every codec of the search with the largest trial that it had, finalists first."""
    vectors = search.trials.vectors
    shares = [*(rung.share for rung in search.rungs), 1.0]
    rows = sample_rows(vectors, search.trials.evidence.unit)
    said = []
    for codec in dict.fromkeys([*(one for one, _ in found), *search.fates]):
        known: Sequence[Trial] = [trial for share in shares if (trial := search.trials.find(codec, share)) is not None]
        last = known[-1] if known else None
        if last is None or last.failed:
            size = as_used(codec, rows).row_bytes(vectors.dim)
            said.append(Tried(describe(codec), family(codec), size, None, 0.0, None, sum(one.seconds for one in known), search.fates.get(codec, "")))
        else:
            total, spent = search.total_of(last), sum(one.seconds for one in known)
            fate = search.fates.get(codec, "") if codec not in {one for one, _ in found} else ""
            said.append(Tried(last.name, last.family, last.row_bytes, total, last.share, last.overlap, spent, fate))
    return tuple(said)

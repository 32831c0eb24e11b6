"""Backtest: the loss in one window of time after another, each judged on what came next and masked by what came before; the worst window first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ..arrays import F32, as_matrix
from ..errors import InputError
from ..interactions import Interactions
from ..progress import Progress, silent
from .compare import Loss, compare, compare_parts
from .exact import ExactSearcher
from .intervals import Mean
from .leakage import Memory, find_leaks, memory
from .measure import Searches, evaluate, weak_teacher
from .offpolicy import clip_bias, reweighted_recall
from .ownmetric import Metric, sort_metrics
from .popularity import PopularitySearcher
from .report import Finding, Report
from .split import Split, by_column
from .task import Task

WINDOWS = 6
MOST_WINDOWS = 100
# Share of the events that only serve as history where nothing says until when the vectors were trained.
HISTORY = 0.5
METRICS = ("ndcg@10", "recall@10")
NEW, KNOWN, NEW_ITEMS = "new users", "known users", "new items"
USERS = 4_000


class Span(NamedTuple):
    """A span of time, from `start` to before `stop` (the last window: to `stop`, the last event), in the unit of the events."""

    start: float
    stop: float


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What happened in one window.

    span: its time. events: how many fall in it; repeats: those of items that their user had before, which are not asked for. users: how many were judged.
    losses: metric -> paired loss. fidelity: overlap, rbo and kendall at each depth. parts: "new users" (no event before), "known users" and "new items" (no
    event before, recall of those alone) -> loss of the first metric, of recall for items; only those that there are. popularity: mean of the first metric by
    plain popularity. weak: whether the uncompressed vectors are not better than that.
    """

    span: Span
    events: int
    repeats: int
    users: int
    losses: Mapping[str, Loss]
    fidelity: Mapping[str, Mean]
    parts: Mapping[str, Loss]
    popularity: float
    weak: bool

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "start": self.span.start,
            "stop": self.span.stop,
            "events": self.events,
            "repeats": self.repeats,
            "users": self.users,
            "losses": {name: loss.to_dict() for name, loss in self.losses.items()},
            "fidelity": {name: mean.to_dict() for name, mean in self.fidelity.items()},
            "parts": {name: loss.to_dict() for name, loss in self.parts.items()},
            "popularity": self.popularity,
            "weak": self.weak,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """Windows in the order of time. metric: the first metric, by which windows are ordered. memory: whether the vectors seem to know what came later."""

    windows: tuple[Window, ...]
    metric: str
    memory: Memory | None = None
    findings: tuple[Finding, ...] = field(default=())

    def worst_first(self) -> list[Window]:
        """Windows by the loss of the metric, the largest first; those whose loss is not known before all others: they show nothing good."""
        return sorted(self.windows, key=lambda window: -window.losses[self.metric].drop if window.losses[self.metric].is_known else -np.inf)

    @property
    def worst(self) -> Window:
        """The first of `worst_first`."""
        return self.worst_first()[0]

    def to_dict(self) -> dict[str, object]:
        """JSON-ready; windows with the worst first."""
        return {
            "metric": self.metric,
            "windows": [window.to_dict() for window in self.worst_first()],
            "memory": None if self.memory is None else self.memory.to_dict(),
            "findings": [finding._asdict() for finding in self.findings],
        }


def backtest(
    before: Searches,
    after: Searches,
    queries: F32,
    events: Interactions,
    *,
    windows: int = WINDOWS,
    trained_until: float | None = None,
    metrics: Sequence[str | Metric] = METRICS,
    clip: float | None = None,
    users: int = USERS,
    seed: int = 0,
    progress: Progress = silent,
) -> Backtest:
    """Replay time: in each window users are asked for what they took in it, with everything they took before it masked. Nothing is trained here.

    before, after: searchers of the uncompressed and of the compressed vectors, of the same rows. queries: (users, d). events: with times.
    windows: so many windows of about as many events each; events of one moment are never parted. They begin after `trained_until`, the time of the last
    event that the vectors were trained on; with a split column after its last event of train or valid; else after half of the events, with a finding.
    metrics: names and own metrics (`Metric`); windows are ordered by the first. With propensities, "recall@10 reweighted" is measured too; clip: its largest
    weight. users: at most so many a window, drawn at random.
    Raises InputError: without times, for leaks (training events inside the windows, test events in training), and for windows that cannot be judged.
    """
    x = as_matrix(queries, "queries")
    when = _times(events)
    sort_metrics(metrics)
    if before.count != after.count:
        raise InputError(f"after: ranks {after.count} rows; expected {before.count}, as before.")
    if isinstance(windows, bool) or not isinstance(windows, int) or not 1 <= windows <= MOST_WINDOWS:
        raise InputError(f"windows: got {windows!r}; expected 1 to {MOST_WINDOWS}.")
    first, findings = _first(events, when, trained_until)
    if events.propensity is not None and clip is not None:
        bias = clip_bias(events.propensity, clip)
        findings.append(Finding("clipped", f"Weights above {clip:g} were cut, which moves a reweighted recall by at most {bias:.3f}."))
    done, spans = [], _spans(when, first, windows)
    for number, span in enumerate(spans):
        progress("windows", number, windows)
        part = Split(when < span.start, np.zeros(when.size, np.bool_), _inside(when, span, last=number == windows - 1), f"window {number + 1}")
        done.append(_window(before, after, x, events, part, span, metrics, clip, users, seed))
    progress("windows", windows, windows)
    known = _memory(before, x, events, when, spans[0].start, seed)
    findings += [known.finding] if known is not None and known.finding is not None else []
    weak = sum(window.weak for window in done)
    if weak:
        findings.append(Finding("weak-teacher", f"In {weak} of {windows} windows the uncompressed vectors are not better than plain popularity."))
    name = metrics[0].name if isinstance(metrics[0], Metric) else metrics[0]
    return Backtest(tuple(done), name, known, tuple(findings))


def _times(events: Interactions) -> np.ndarray:
    if events.time is None:
        raise InputError("interactions: have no time; expected a time for every event: a backtest cuts by time. Name the column (time, timestamp, ts).")
    return events.time


def _first(events: Interactions, when: np.ndarray, trained_until: float | None) -> tuple[np.ndarray, list[Finding]]:
    """Mask of the events that windows may hold, and what must be said of it. Raises InputError for leaks."""
    findings = []
    if events.split is not None and (events.split == 0).any() and (events.split == 2).any():
        leaks = find_leaks(events, by_column(events.split))
        leaks.refuse()
        trained = events.split < 2
        last = when[trained].max()
        if trained_until is not None and trained_until < last:
            late = int((when[trained] > trained_until).sum())
            raise InputError(
                f"trained_until: got {trained_until}, but {late:,} training events by the split column are younger (leak); expected at least {last}."
            )
        trained_until = last if trained_until is None else trained_until
    if trained_until is None:
        findings.append(
            Finding(
                "training-unknown", "Nothing says until when the vectors were trained: windows they have seen flatter them. Give trained_until, or a split."
            )
        )
        return when >= np.sort(when)[int(HISTORY * when.size)], findings
    later = when > trained_until
    if not later.any() or later.all():
        what = "none is later" if not later.any() else "none is earlier: nothing is known of any user"
        raise InputError(f"trained_until: got {trained_until}; of {when.size:,} events from {when.min()} to {when.max()} {what}. Expected a time between them.")
    return later, findings


def _spans(when: np.ndarray, first: np.ndarray, windows: int) -> list[Span]:
    """Spans of about as many events each. Raises InputError where there are too few moments."""
    ordered = np.sort(when[first])
    cuts = ordered[np.arange(windows) * ordered.size // windows]
    if np.unique(cuts).size < windows or not (when < cuts[0]).any():
        moments = np.unique(ordered).size
        raise InputError(f"windows: {windows} do not fit the {ordered.size:,} events at {moments} moments after the history; expected fewer windows.")
    stops = [*cuts[1:].tolist(), when.max().item()]
    return [Span(start, stop) for start, stop in zip(cuts.tolist(), stops)]


def _inside(when: np.ndarray, span: Span, *, last: bool) -> np.ndarray:
    return (when >= span.start) & ((when <= span.stop) if last else (when < span.stop))


def _window(
    before: Searches,
    after: Searches,
    queries: F32,
    events: Interactions,
    part: Split,
    span: Span,
    metrics: Sequence[str | Metric],
    clip: float | None,
    users: int,
    seed: int,
) -> Window:
    whole = Task.from_interactions(queries, events, part, rows=before.count)
    able = whole.answerable()
    if not able.size:
        raise InputError(f"windows: nobody took anything new from {span.start} to {span.stop}; expected at least one user. Take fewer windows.")
    chosen = able if able.size <= users else np.sort(np.random.default_rng(seed).choice(able, users, replace=False))
    task = _grouped(whole.take(chosen))
    fresh = np.bincount(events.item[part.train], minlength=before.count) == 0
    asked = [*metrics, *_new_items(task, fresh), *_reweighted(task, chosen, events, part, clip)]
    exact = evaluate(before, task, metrics=asked)
    found = evaluate(after, task, metrics=asked, baseline=exact)
    plain = evaluate(PopularitySearcher(task.events(before.count)), task, metrics=metrics)
    losses = compare(exact, found)
    first = next(iter(losses))
    groups = compare_parts(exact, found)
    parts = {name: groups[f"group: {name}"][first] for name in (NEW, KNOWN) if f"group: {name}" in groups}
    if NEW_ITEMS in losses:
        parts[NEW_ITEMS] = losses.pop(NEW_ITEMS)
    held_out = int(part.test.sum())
    repeats = held_out - int(np.isin(_pairs(events, part.test, before.count), whole.relevant.queries() * before.count + whole.relevant.values).sum())
    weak = weak_teacher(_named(exact, plain), plain, seed=seed) is not None
    fidelity = found.fidelity.means() if found.fidelity is not None else {}
    return Window(span, held_out, repeats, task.count, losses, fidelity, parts, float(plain.means()[first].mean), weak)


def _named(report: Report, like: Report) -> Report:
    """The report with the metrics of another alone."""
    fields = {name: getattr(report, name) for name in Report.__slots__}
    return Report(**{**fields, "values": {name: report.values[name] for name in like.values}})


def _grouped(task: Task) -> Task:
    """The task with users who had taken something before apart from those who had not, where there are both."""
    known = task.seen.lengths() > 0 if task.seen is not None else np.zeros(task.count, np.bool_)
    if known.all() or not known.any():
        return task
    return Task(task.queries, task.relevant, task.seen, {NEW: ~known, KNOWN: known}, task.popularity)


def _new_items(task: Task, fresh: np.ndarray) -> list[Metric]:
    """Recall of the relevant rows that nobody had taken before; none where there is no such row."""
    new = task.relevant.where(fresh[task.relevant.values])
    if not new.values.size:
        return []

    def measure(rows: np.ndarray, relevant: object) -> np.ndarray:
        asked = new.lengths()
        return np.where(asked > 0, new.holds(rows).sum(axis=1) / np.maximum(asked, 1), np.nan)

    return [Metric(NEW_ITEMS, 10, measure)]


def _reweighted(task: Task, chosen: np.ndarray, events: Interactions, part: Split, clip: float | None) -> list[Metric]:
    """Recall by the propensities of the events; that of a pair's first event counts."""
    if events.propensity is None:
        return []
    span = int(max(task.relevant.values.max(), events.item.max())) + 1
    pairs, first = np.unique(_pairs(events, part.test, span), return_index=True)
    at = np.searchsorted(pairs, chosen[task.relevant.queries()] * span + task.relevant.values)
    return [reweighted_recall(task.relevant, events.propensity[part.test][first][at], clip=clip)]


def _pairs(events: Interactions, mask: np.ndarray, span: int) -> np.ndarray:
    return events.user[mask] * span + events.item[mask]


def _memory(before: Searches, queries: F32, events: Interactions, when: np.ndarray, start: float, seed: int) -> Memory | None:
    """Whether the vectors rank what came from `start` on as if they had seen it; None for a searcher of one's own, or where no user has both."""
    if not isinstance(before, ExactSearcher):
        return None
    early = when < start
    task = Task.from_interactions(queries, events, Split(early, np.zeros(when.size, np.bool_), ~early, "before and after"), rows=before.count)
    if task.seen is None or not ((task.seen.lengths() > 0) & (task.relevant.lengths() > 0)).any():
        return None
    return memory(before.vectors, queries, task.seen, task.relevant, unit=before.unit, seed=seed)

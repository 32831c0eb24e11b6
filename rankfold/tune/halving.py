"""Successive halving: many codecs on few rows and users, fewer of them on more, the last few in full (Jamieson and Talwalkar, 2016; Karnin et al., 2013)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from ..codec import Codec
from ..errors import BudgetError
from ..progress import Progress, silent
from .budget import Ask
from .candidates import HEADERS
from .choose import HEAVY_OVERLAP
from .clock import Clock
from .latency import Latency, latency
from .rungs import Rung
from .trials import Trial, Trials

FINALISTS = 3
# More than one is tried in full where the last rung cannot tell them from the best: rungs are right to about so many points of agreement.
CLOSE = 0.05
# What a search may cost against trying every candidate in full, as far as rungs can tell; one is always tried in full.
EFFORT = 0.22
# From one rung to the next one in three goes on, and never fewer than twice the finalists.
KEEP = 1 / 3
# Without a limit on all bytes, a limit on those of a row must not be got round by codebooks of more than this many times the codes.
MOST_OUTWEIGHED = 3
# A rough time from a rung rules a codec out only when it is this many times too slow.
SURELY_SLOW = 2.0
Tell = Callable[[str], None]


def quiet(text: str) -> None:
    """Say nothing."""


@dataclass(slots=True)
class Search:
    """A search under way: what it may use, what it must keep to, and what became of every codec.

    candidates: all that there are. fates: codec -> why it went no further. latencies: of whole tables, where a latency is asked.
    """

    trials: Trials
    ask: Ask
    rungs: Sequence[Rung]
    clock: Clock = field(default_factory=Clock)
    progress: Progress = silent
    tell: Tell = quiet
    candidates: Sequence[Codec] = ()
    fates: dict[Codec, str] = field(default_factory=dict)
    latencies: dict[Codec, Latency] = field(default_factory=dict)

    def total_of(self, trial: Trial) -> int:
        """Bytes of all files: exact after a trial in full, else codes, ids and codebooks by arithmetic."""
        if trial.total_bytes is not None:
            return trial.total_bytes
        vectors = self.trials.vectors
        return vectors.count * (trial.row_bytes + vectors.ids.dtype.itemsize) + trial.state_bytes + HEADERS

    def breaks(self, codec: Codec, trial: Trial) -> str:
        """Which limit on size or time the codec does not keep, in words, or ""."""
        if trial.failed:
            return trial.failed
        if self.ask.total_bytes is not None and self.total_of(trial) > self.ask.total_bytes:
            return f"{self.total_of(trial):,} bytes in all are more than {self.ask.total_bytes:,}"
        if self.ask.total_bytes is None and trial.state_bytes > MOST_OUTWEIGHED * trial.row_bytes * self.trials.vectors.count:
            return f"codebooks of {trial.state_bytes:,} bytes take more than {MOST_OUTWEIGHED} times what the codes take"
        if self.ask.p99_ms is not None and trial.scan_ms is not None and trial.scan_ms > SURELY_SLOW * self.ask.p99_ms:
            return f"one search would take about {trial.scan_ms:.3g} ms, more than {self.ask.p99_ms:g} ms"
        if self.ask.p99_ms is not None and trial.share == 1.0 and self.latency(codec).p99_ms > self.ask.p99_ms:
            return f"99 of 100 searches take up to {self.latency(codec).p99_ms:.3g} ms, more than {self.ask.p99_ms:g} ms"
        return ""

    def latency(self, codec: Codec) -> Latency:
        """Measured once, when no trial runs beside it."""
        if codec not in self.latencies:
            self.latencies[codec] = latency(self.trials.table(codec), self.trials.evidence.choose.task.queries)
        return self.latencies[codec]

    def score(self, trial: Trial) -> float:
        """Overlap with the exact lists; codebooks that outweigh codes must earn it, unless the total is what was asked for."""
        return trial.overlap - HEAVY_OVERLAP * (trial.outweighed and self.ask.total_bytes is None)

    def effort(self, more: float) -> float:
        """What the search costs with `more` seconds of one core, as a part of what every candidate in full would cost; those never tried as the others."""
        first = self.rungs[0].share
        known = [found.seconds / first for one in self.candidates if (found := self.trials.find(one, first)) is not None]
        whole = sum(known) * len(self.candidates) / len(known) if known else 0.0
        return (self.trials.core_seconds + more) / whole if whole else 0.0

    def seconds_in_full(self, codec: Codec, share: float) -> float:
        """What a trial at `share` may take on the clock, from the largest rung that this codec was on; 0 where it was on none."""
        known = [found for rung in self.rungs if (found := self.trials.find(codec, rung.share)) is not None]
        return known[-1].seconds * share / known[-1].share * self.trials.slowdown if known else 0.0


def narrow(search: Search, codecs: Sequence[Codec], *, keep: int = 2 * FINALISTS) -> list[Codec]:
    """Every codec on every rung as long as it is among the best there, the best first; all of them where there are no rungs.

    At most half of those that go on are of one family: what is best on few rows need not be on all.
    """
    left = list(codecs)
    for place, rung in enumerate(search.rungs):
        found = search.trials.run(left, rung, search.progress, may_start=partial(_may_start, search, rung.share, place == 0))
        for one in set(left) - {one for one, _ in found}:
            search.fates[one] = "not tried: the time limit" if place == 0 else "went no further: the time limit"
        within = sorted(_within(search, found), key=lambda pair: -search.score(pair[1]))
        goal = keep if place == len(search.rungs) - 1 else max(keep, round(KEEP * len(within)))
        left = spread_over_families(within, goal)
        for one, trial in within:
            if one not in left:
                search.fates[one] = f"{trial.overlap:.1%} of the exact lists on 1/{round(1 / trial.share)} of the rows; others found more"
        if within:
            search.tell(f"best on 1/{round(1 / rung.share)} of the rows: {within[0][1].name}, {within[0][1].overlap:.1%} of the exact lists")
    return left


def _within(search: Search, found: Sequence[tuple[Codec, Trial]]) -> list[tuple[Codec, Trial]]:
    """Those that keep to the limits; what the others break is their fate."""
    kept = []
    for one, trial in found:
        broken = search.breaks(one, trial)
        if broken:
            search.fates[one] = broken
        else:
            kept.append((one, trial))
    return kept


def _may_start(search: Search, share: float, first: bool, codec: Codec) -> bool:
    return search.clock.allows_more_of_the_first() if first else search.clock.allows(search.seconds_in_full(codec, share))


def spread_over_families(ranked: Sequence[tuple[Codec, Trial]], goal: int) -> list[Codec]:
    """The first `goal` of the ranked, at most half of them of one family as long as there are others."""
    taken: list[Codec] = []
    counts: dict[str, int] = {}
    for codec, trial in ranked:
        if len(taken) < goal and counts.get(trial.family, 0) < -(-goal // 2):
            taken.append(codec)
            counts[trial.family] = counts.get(trial.family, 0) + 1
    rest = [codec for codec, _ in ranked if codec not in taken]
    return taken + rest[: max(0, goal - len(taken))]


def in_full(search: Search, codecs: Sequence[Codec], *, needed: bool = False) -> list[tuple[Codec, Trial]]:
    """The trials in full of those that the time limit allows (needed: the first in any case), one line told of each."""

    def may_start(one: Codec) -> bool:
        return search.clock.allows(search.seconds_in_full(one, 1.0)) or (needed and one == codecs[0])

    found = search.trials.run(codecs, None, search.progress, may_start=may_start)
    for one in set(codecs) - {one for one, _ in found}:
        search.fates[one] = "not tried in full: the time limit"
    for _, trial in found:
        if not trial.failed:
            loss = "" if trial.loss is None else f", loss of {trial.loss.metric} {trial.loss.drop:.1%}"
            search.tell(f"in full: {trial.name}, {trial.overlap:.1%} of the exact lists{loss}")
    return found


def best_within(search: Search, ranked: Sequence[Codec]) -> list[tuple[Codec, Trial]]:
    """Trials in full of the first few that keep to the limits, more of the ranked where none of these does; of all where there were no rungs to rank them.

    Raises BudgetError when none does.
    """
    finalists = how_many(search, ranked)
    acceptable: list[tuple[Codec, Trial]] = []
    left = list(ranked)
    tried: list[tuple[Codec, Trial]] = []
    while left and len(acceptable) < (1 if tried else finalists):
        batch, left = left[: finalists - len(acceptable)], left[finalists - len(acceptable) :]
        fresh = in_full(search, batch, needed=not tried)
        tried += fresh
        if not fresh:
            break
        acceptable += _within(search, fresh)
    if acceptable:
        return acceptable
    raise BudgetError(nothing_fits(search, tried))


def how_many(search: Search, ranked: Sequence[Codec]) -> int:
    """How many of the ranked are tried in full: the first, and more that are close to it as long as the effort allows; all where nothing ranked them."""
    known = [search.trials.find(one, search.rungs[-1].share) for one in ranked[:FINALISTS]] if search.rungs else []
    told = [trial for trial in known if trial is not None]
    if not told:
        return len(ranked)
    costs = [trial.seconds / trial.share for trial in told]
    count = 1
    while count < len(told) and search.score(told[count]) >= search.score(told[0]) - CLOSE and search.effort(sum(costs[: count + 1])) <= EFFORT:
        count += 1
    return count


def nothing_fits(search: Search, tried: Sequence[tuple[Codec, Trial]]) -> str:
    """Which limits nothing keeps to, and the nearest that can be had."""
    good = [(one, trial) for one, trial in tried if not trial.failed]
    if not good:
        reasons = "; ".join(sorted({trial.failed for _, trial in tried})) or "nothing was tried in full"
        return f"budget: no codec could be tried within it: {reasons}."
    said = []
    if search.ask.total_bytes is not None:
        nearest = min(good, key=lambda pair: search.total_of(pair[1]))[1]
        if search.total_of(nearest) > search.ask.total_bytes:
            said.append(f"total: {search.ask.total_bytes:,} bytes; the nearest that was made takes {search.total_of(nearest):,} ({nearest.name})")
    if search.ask.p99_ms is not None:
        codec, nearest = min(good, key=lambda pair: search.latency(pair[0]).p99_ms)
        if search.latency(codec).p99_ms > search.ask.p99_ms:
            said.append(f"p99: {search.ask.p99_ms:g} ms; the nearest that was measured takes {search.latency(codec).p99_ms:.3g} ms ({nearest.name})")
    return "budget: nothing keeps to " + " and to ".join(said or ["all limits at once; each alone can be kept"]) + ". Allow more."

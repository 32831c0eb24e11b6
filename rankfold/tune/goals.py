"""Goals of a search: the best that a size allows, or the smallest size that a loss allows."""

from collections.abc import Callable, Sequence

from ..codec import Codec
from ..errors import BudgetError
from .candidates import SIZES
from .choose import Judgement, best_of
from .halving import Search, best_within, in_full, narrow
from .losses import HEADROOM
from .trials import Trial

Pairs = list[tuple[Codec, Trial]]
# At one size in the search for the smallest, so many are tried in full.
PROBES = 2


def most_faithful(search: Search, codecs: Sequence[Codec]) -> Pairs:
    """Finalists that keep to the limits, the one to take first: the least loss, then the nearest lists. Raises BudgetError with the nearest possible."""
    ranked = narrow(search, codecs)
    if not ranked:
        # Nothing seems to fit: the smallest is made in full, to be sure, and to say what can be had.
        known = [(one, trial) for rung in search.rungs for one in codecs if (trial := search.trials.find(one, rung.share)) is not None and not trial.failed]
        ranked = [min(known, key=lambda pair: search.total_of(pair[1]))[0]] if known else list(codecs[:1])
    return best_first(search, best_within(search, ranked))


def best_first(search: Search, found: Pairs) -> Pairs:
    """The same, the best in front by the rule of `choose`; where a total was asked, codebooks need not earn their bytes again."""
    judged = search.trials.evidence.judged
    judgements = [
        Judgement(_drop(trial) if judged else None, trial.overlap, search.total_of(trial), trial.outweighed and search.ask.total_bytes is None)
        for _, trial in found
    ]
    best = best_of(judgements)
    return [found[best], *(pair for place, pair in enumerate(found) if place != best)]


def _drop(trial: Trial) -> float:
    return 0.0 if trial.loss is None else trial.loss.drop


def smallest(search: Search, at_size: Callable[[int, int], list[Codec]], limit: int) -> Pairs:
    """Trials in full, first the one of fewest bytes in all whose loss is within what is asked: by bisection over the sizes of the grid up to `limit`.

    at_size(least, most): candidates whose rows take that many bytes. At each size the best by rungs is tried in full, and one whose codebooks do not outweigh
    its codes. A size is good when one of them is within, with headroom. Raises BudgetError, saying what the best of the largest size loses.
    """
    sizes = sorted({*(size for size in SIZES if size < limit), limit})
    low, high = -1, len(sizes)
    tried: Pairs = []
    while high - low > 1:
        place = (low + high) // 2
        least = sizes[place - 1] + 1 if place else 1
        found = _probe(search, at_size(least, sizes[place]))
        tried += [pair for pair in found if pair not in tried]
        if any(is_good(search, pair) for pair in found):
            high = place
        else:
            low = place
    if high == len(sizes):
        raise BudgetError(_too_lossy(search, tried))
    within = [pair for pair in tried if is_good(search, pair)]
    best = min(within, key=lambda pair: (search.total_of(pair[1]), -pair[1].overlap))
    return [best, *(pair for pair in tried if pair is not best and not search.breaks(*pair))]


def is_good(search: Search, pair: tuple[Codec, Trial]) -> bool:
    """Whether a trial in full keeps to all limits and to the loss, with headroom."""
    loss, allowed = pair[1].loss, search.ask.max_loss
    return not search.breaks(*pair) and loss is not None and allowed is not None and loss.is_within(allowed, headroom=HEADROOM)


def _probe(search: Search, codecs: Sequence[Codec]) -> Pairs:
    if not codecs:
        return []
    ranked = narrow(search, codecs, keep=2 * PROBES)
    chosen = ranked[:1]
    rungs = search.rungs
    light = [one for one in ranked[1:] if not rungs or not (found := search.trials.find(one, rungs[-1].share)) or not found.outweighed]
    chosen += light[: PROBES - 1] or ranked[1:PROBES]
    return [pair for pair in in_full(search, chosen, needed=True) if not pair[1].failed]


def _too_lossy(search: Search, tried: Pairs) -> str:
    allowed = search.ask.max_loss or 0.0
    others = [name for name, value in search.ask.to_dict().items() if name != "max_loss"]
    known = [(one, trial) for one, trial in tried if trial.loss is not None]
    if not known:
        return f"max_loss: no loss could be measured with an interval; allowed are {allowed:.1%}. Give more users, or their events."
    within = [pair for pair in known if not search.breaks(*pair)] or known
    best = min(within, key=lambda pair: pair[1].loss.high if pair[1].loss else 1.0)[1]
    loss = best.loss
    said = f"max_loss: {allowed:.2%} of {loss.metric} cannot be had" if loss else "max_loss: cannot be had"
    said += f" together with {' and '.join(others)}" if others else ""
    figures = f"{loss.drop:.2%}, up to {loss.drop + HEADROOM * (loss.high - loss.drop):.2%} as far as the choosing users can tell" if loss else ""
    return f"{said}; the nearest that was measured is {best.name} with {figures}. Allow more loss or more bytes, or give more users."

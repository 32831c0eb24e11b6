"""Recipe: how a dictionary and its encoder are trained, beside how many atoms it has and how many of them a row may use."""

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from ..errors import InputError
from .gradients import Term

MOST_STEPS = 1_000_000
MOST_BATCH = 1 << 20
WARM_STEPS = 10


@dataclass(frozen=True, slots=True)
class Recipe:
    """Defaults are the best that was measured; see docs/training.md.

    steps: of Adam (Kingma and Ba, 2015). batch: rows a step. rate: length of its steps, rising over the first 10. decay: whether it falls along half a cosine.
    tied: atoms and encoder start as rows of the data (Gao et al., 2024); else both at random, each on its own.
    wide: how many times the nonzeros the second loss has. wide_weight: what it counts, 0 for none. wide_share: on which share of a batch's rows it is taken;
    it counts the more there.
    nested: also a loss at a quarter and at half of the nonzeros, so that a row cut short is a good shorter code (Matryoshka: Kusupati et al., 2022).
    first: the values a row may use fall from so many times the nonzeros to the nonzeros, over the share `falling` of the steps (Guo et al., CSRv2, 2026).
    dead_rows: a latent that has not been used in so many rows is dead. revive: how many dead latents a row may draw to what is left of it, 0 for none.
    revive_weight: what that loss counts. average: the weights kept are a running mean that forgets at this rate a step, 0 for the last ones (Polyak averaging).
    rounds: after the steps, of search and least squares, where rows will be coded by search; 0 for none. A round takes all rows once, at most 64 an atom.
    ranking: what the list-wise loss counts where there are queries. temperature: of its softmaxes, in spreads of a query's exact scores.

    Raises InputError for a value out of range.
    """

    steps: int = 500
    batch: int = 4096
    rate: float = 1e-2
    decay: bool = False
    tied: bool = True
    wide: int = 4
    wide_weight: float = 0.125
    wide_share: float = 0.25
    nested: bool = False
    first: int = 1
    falling: float = 0.7
    dead_rows: int = 200_000
    revive: int = 256
    revive_weight: float = 1 / 32
    average: float = 0.98
    ranking: float = 0.03
    temperature: float = 1.0
    rounds: int = 4

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = RANGES[field.name]
            value = getattr(self, field.name)
            if (isinstance(value, bool) and field.type is not bool) or not low <= value <= high or (field.type is int and value != int(value)):
                raise InputError(f"{field.name}: got {value!r}; expected {'a whole number of ' if field.type is int else ''}{low} to {high}.")

    def rate_at(self, step: int) -> float:
        """The rate of a step, from 0."""
        fall = 0.5 * (1 + math.cos(math.pi * step / self.steps)) if self.decay else 1.0
        return self.rate * fall * min(1.0, (step + 1) / WARM_STEPS)

    def terms(self, step: int, nonzeros: int, latents: int, rows: int) -> list[Term]:
        """The losses of a step on `rows` rows, of rising counts."""
        fallen = min(1.0, step / max(1.0, self.falling * self.steps))
        now = min(latents, round(nonzeros * (self.first - (self.first - 1) * fallen)))
        wanted = [Term(now, 1.0, rows)]
        if self.nested:
            wanted += [Term(max(1, now // 2), 0.5, rows, main=False), Term(max(1, now // 4), 0.25, rows, main=False)]
        if self.wide_weight:
            wanted.append(Term(min(latents, nonzeros * self.wide), self.wide_weight, max(1, round(rows * self.wide_share)), main=False))
        # Of terms with one count the first stands.
        return sorted({term.count: term for term in reversed(wanted)}.values(), key=lambda term: term.count)

    def to_dict(self) -> dict[str, Any]:
        """The settings, ready for JSON."""
        return asdict(self)


RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, MOST_STEPS),
    "batch": (1, MOST_BATCH),
    "rate": (1e-8, 1.0),
    "decay": (0, 1),
    "tied": (0, 1),
    "wide": (2, 64),
    "wide_weight": (0, 100),
    "wide_share": (1e-3, 1),
    "nested": (0, 1),
    "first": (1, 64),
    "falling": (0, 1),
    "dead_rows": (1, 1 << 40),
    "revive": (0, 65_536),
    "revive_weight": (0, 100),
    "average": (0, 0.99999),
    "ranking": (0, 1_000),
    "temperature": (1e-3, 1_000),
    "rounds": (0, 1_000),
}


def published(**changes: Any) -> Recipe:
    """The recipe of CompresSAE as written (Kasalicky et al., "The future is sparse", 2025, arXiv 2505.11388), for comparison.

    Linear encoder with a bias, the largest by magnitude with their signs, a decoder of unit rows without a bias, both at random; one minus the cosine at k, and
    at 4 k with an eighth of the weight, on all rows; 500 steps of 100,000 rows. The paper names no rate: of 1e-3, 3e-3 and 6e-3, tried on
    sentence vectors, 3e-3 ends best.
    """
    plain: dict[str, Any] = {
        "batch": 100_000, "decay": False, "tied": False, "wide_share": 1.0, "first": 1, "revive": 0, "average": 0.0, "ranking": 0.0, "nested": False,
        "rounds": 0,
    }  # fmt: skip
    return Recipe(**(plain | changes))

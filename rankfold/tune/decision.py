"""Decision: measured points, the one to take, why, and how to make it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from ..errors import MissingExtra
from ..evaluate.compare import Loss
from ..table import Table
from .budget import Ask
from .evidence import Evidence
from .losses import LossOnChoosers
from .measure import Point
from .recipe import Recipe

Holds = Literal["yes", "no", "unsure"]


@dataclass(frozen=True, slots=True)
class Kept:
    """One limit: what was asked, what was got, and whether it holds; unsure where the interval of a loss reaches beyond."""

    name: str
    asked: float
    got: float | None
    holds: Holds

    def to_dict(self) -> dict:
        """JSON-ready."""
        return {"name": self.name, "asked": self.asked, "got": self.got, "holds": self.holds}


@dataclass(frozen=True, slots=True)
class Tried:
    """One codec of the search. share: 1 in full, else of the largest rung that it was on, 0 for none. overlap: on choosing users.

    fate: why it was left, or "".
    """

    codec: str
    family: str
    row_bytes: int
    total_bytes: int | None
    share: float
    overlap: float | None
    seconds: float
    fate: str

    def to_dict(self) -> dict:
        """JSON-ready."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """What was decided, and on what.

    best: the point to take, points: every codec that was tried in full, all measured on users who chose nothing. table: the compressed rows; recipe: how to
    make them again. kept: every limit that was asked, and whether it holds. tried: every codec of the search and its fate. total_bytes: of the artifact
    on disk, by name of a point. seconds: on the clock; core_seconds: of one core, in all trials; choice_core_seconds:
    in those that made the choice, without the smaller sizes shown beside it. forecast: what was predicted before any fit, and how it held.
    """

    ask: Ask
    best: Point
    points: tuple[Point, ...]
    table: Table
    why: str
    recipe: Recipe
    evidence: Evidence
    kept: tuple[Kept, ...]
    tried: tuple[Tried, ...]
    total_bytes: Mapping[str, int]
    p99_ms: Mapping[str, float]
    seconds: float
    core_seconds: float
    choice_core_seconds: float
    forecast: Mapping[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> Holds:
        """Whether every limit holds: no if one does not, unsure if one is."""
        found = {one.holds for one in self.kept}
        return "no" if "no" in found else "unsure" if "unsure" in found else "yes"

    def frontier(self) -> list[dict[str, Any]]:
        """One dictionary a point, by bytes in all: codec, bytes, loss with its interval, agreement, p99_ms, chosen, and whether it is on the frontier.

        On the frontier is a point when no other has at most its bytes in all and finds at least as much of the exact lists, one of them better.
        """
        rows = [self._row(point) for point in self.points]
        for row in rows:
            row["on_frontier"] = not any(_beats(other, row) for other in rows)
        return sorted(rows, key=lambda row: (row["total_bytes"], row["codec"]))

    def frame(self) -> Any:
        """`frontier()` as a pandas DataFrame, or a polars one where there is no pandas. Raises MissingExtra where there is neither."""
        for name in ("pandas", "polars"):
            if find_spec(name) is not None:
                return import_module(name).DataFrame(self.frontier())
        raise MissingExtra("pandas", "frames")

    def to_dict(self) -> dict[str, Any]:
        """What a report says of the search under the key "tuning"; see Tuning in report/content.py."""
        return {
            "asked": self.ask.to_dict(),
            "kept": [one.to_dict() for one in self.kept],
            "frontier": [row["codec"] for row in self.frontier() if row["on_frontier"]],
            "tried": [one.to_dict() for one in self.tried],
            "total_bytes": dict(self.total_bytes),
            "p99_ms": dict(self.p99_ms),
            "chosen_on": self.evidence.choose.baseline.count,
            "reported_on": self.evidence.report.baseline.count,
            "seconds": self.seconds,
            "core_seconds": self.core_seconds,
            "choice_core_seconds": self.choice_core_seconds,
            "forecast": dict(self.forecast) or None,
        }

    def _row(self, point: Point) -> dict[str, Any]:
        loss = point.loss
        agreement = point.fidelity["overlap@10" if self.evidence.judged else point.metric]
        return {
            "codec": point.name,
            "row_bytes": point.row_bytes,
            "total_bytes": self.total_bytes[point.name],
            "metric": point.metric,
            "loss": None if loss is None or not loss.is_known else loss.drop,
            "loss_low": None if loss is None or not loss.is_known else loss.low,
            "loss_high": None if loss is None or not loss.is_known else loss.high,
            "agreement": agreement.mean,
            "p99_ms": self.p99_ms.get(point.name),
            "chosen": point is self.best,
        }


def _beats(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    mine, theirs = (one["total_bytes"], -one["agreement"]), (other["total_bytes"], -other["agreement"])
    return all(a <= b for a, b in zip(mine, theirs)) and mine != theirs


def kept_of(ask: Ask, point: Point, loss: LossOnChoosers | Loss | None, total_bytes: int, p99_ms: float | None) -> tuple[Kept, ...]:
    """Every limit that was asked, held against what was measured; loss: on the reporting half."""
    found: list[Kept] = []
    if ask.row_bytes is not None:
        found.append(Kept("row_bytes", ask.row_bytes, point.row_bytes, "yes" if point.row_bytes <= ask.row_bytes else "no"))
    if ask.total_bytes is not None:
        found.append(Kept("total_bytes", ask.total_bytes, total_bytes, "yes" if total_bytes <= ask.total_bytes else "no"))
    if ask.max_loss is not None:
        found.append(_kept_loss(ask.max_loss, point, loss))
    if ask.p99_ms is not None:
        found.append(Kept("p99_ms", ask.p99_ms, p99_ms, "unsure" if p99_ms is None else "yes" if p99_ms <= ask.p99_ms else "no"))
    return tuple(found)


def _kept_loss(allowed: float, point: Point, loss: LossOnChoosers | Loss | None) -> Kept:
    if loss is None or (isinstance(loss, Loss) and not loss.is_known):
        return Kept("max_loss", allowed, None, "unsure")
    # The lower end of a share of lists not found is as far below as the upper end is above.
    low = loss.low if isinstance(loss, Loss) else 2 * loss.drop - loss.high
    return Kept("max_loss", allowed, loss.high, "yes" if loss.high <= allowed else "no" if low > allowed else "unsure")

"""The task suite as tables of a report (see content.py)."""

from collections.abc import Iterator

from ..evaluate import CalibrationError, Change, Loss, Mean, Suite
from ..evaluate.intervals import finite
from ..evaluate.scenarios import WORST
from .content import Measures

TASKS, SCENARIOS, CALIBRATION = "Tasks beside ranking", "Scenarios", "Calibration of clicks"
ABOUT_TASKS = (
    "Lost: share lost of what is better when larger, with its interval (from, to) over users or items. Changed: after - before, where a share means nothing: "
    "AUC, log loss, normalised entropy, RMSE, silhouette; its interval likewise. Communities: before is a second k-means of the same vectors. Cold rows: "
    "before is the share of the list kept of fitted rows, after that of rows that were only encoded."
)
ABOUT_SCENARIOS = "Share of the exact first 10 that is kept, with its interval over queries."
ABOUT_CALIBRATION = (
    "On users that no map was fitted on. ECE: mean distance of predicted and true rates over 15 bins of equal mass; by chance: of a faultless one."
)
Line = list[float | None]


def suite_tables(suite: Suite) -> list[Measures]:
    """Tasks, scenarios and, where clicks are known, calibration; a line each, None where there is no number."""
    tasks: Measures = {"title": TASKS, "about": ABOUT_TASKS, "columns": ["before", "after", "lost", "changed", "from", "to", "n"], "lines": dict(_tasks(suite))}
    lists: dict[str, Line] = {}
    for name, mean in suite.scenarios.overlap.items():
        lists[f"{name}: {suite.scenarios.worst_category}" if name == WORST else name] = _mean(mean)
    if suite.cold is not None:
        lists["cold rows"] = _mean(suite.cold.cold)
    tables = [tasks] if tasks["lines"] else []
    tables.append({"title": SCENARIOS, "about": ABOUT_SCENARIOS, "columns": [f"overlap@{suite.scenarios.k}", "from", "to", "n"], "lines": lists})
    if suite.clicks is not None:
        errors = {name: _error(error) for name, error in suite.clicks.errors.items()}
        columns = ["ECE", "by chance", "log loss", "normalised entropy", "predicted / true", "pairs"]
        tables.append({"title": CALIBRATION, "about": ABOUT_CALIBRATION, "columns": columns, "lines": errors})
    return tables


def _tasks(suite: Suite) -> Iterator[tuple[str, Line]]:
    if suite.gauc is not None:
        yield "GAUC, whole catalogue", _loss(suite.gauc)
    if suite.clicks is not None:
        yield "AUC of clicks on shown items", _change(suite.clicks.auc)
        yield "log loss of clicks", _change(suite.clicks.log_loss)
        yield "normalised entropy of clicks", _change(suite.clicks.normalised_entropy)
    if suite.ratings is not None:
        yield "RMSE of ratings", _change(suite.ratings.rmse)
    if suite.cooccurrence is not None:
        yield f"items that go together, recall@{suite.cooccurrence.k} in {suite.cooccurrence.depth}", _loss(suite.cooccurrence.recall)
    for name, probe in suite.probes.items():
        yield f"{name}, read by a linear probe", _loss(probe.accuracy)
    for name, apart in suite.separability.items():
        yield f"{name}, share among the {apart.k} nearest", _loss(apart.purity)
        yield f"{name}, silhouette", _change(apart.silhouette)
    if suite.communities is not None:
        found = suite.communities
        yield "communities, mutual information", [finite(found.again), finite(found.nmi), finite(1 - found.kept), None, None, None, found.stayed.n]
        stayed = found.stayed
        lost = [finite(1 - value) for value in (stayed.mean, stayed.high, stayed.low)]
        yield "items that stay in their community", [1.0, finite(stayed.mean), lost[0], None, lost[1], lost[2], stayed.n]
    if suite.cold is not None:
        warm, cold, gap = suite.cold.warm, suite.cold.cold, suite.cold.gap
        yield "cold rows, share of lists kept", [*map(finite, (warm.mean, cold.mean)), None, *map(finite, (-gap.mean, -gap.high, -gap.low)), gap.n]


def _mean(mean: Mean) -> Line:
    return [finite(mean.mean), finite(mean.low), finite(mean.high), mean.n]


def _loss(loss: Loss) -> Line:
    return [finite(loss.before), finite(loss.after), finite(loss.drop), None, finite(loss.low), finite(loss.high), loss.n]


def _change(change: Change) -> Line:
    return [finite(change.before), finite(change.after), None, finite(change.change), finite(change.low), finite(change.high), change.n]


def _error(error: CalibrationError) -> Line:
    return [finite(value) for value in (error.ece, error.by_chance, error.log_loss, error.normalised_entropy, error.ratio, error.n)]

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.evaluate.suite import suite
from rankfold.interactions import Interactions
from rankfold.report.content import Measures
from rankfold.report.schema import check_shape
from rankfold.report.suitetables import CALIBRATION, SCENARIOS, TASKS, suite_tables
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def done():
    rng = np.random.default_rng(0)
    items, users = rng.standard_normal((300, 8)).astype(np.float32), rng.standard_normal((60, 8)).astype(np.float32)
    item = np.argsort(-(users @ items.T + rng.gumbel(size=(60, 300))), axis=1)[:, :10].ravel()
    events = Interactions(
        np.repeat(np.arange(60), 10), item, weight=rng.integers(1, 6, 600).astype(np.float32), split=np.tile([0] * 6 + [2] * 4, 60).astype(np.int8)
    )
    table = compress(as_vectors(items), from_spec({"codec": "sign"}))
    full = suite(table, as_vectors(items), users=users, events=events, attributes={"side": np.where(items[:, 0] > 0, "left", "right")})
    return full, suite(table, as_vectors(items), cold=False)


def test_tables_fit_a_report(done):
    for one in done:
        tables = suite_tables(one)
        check_shape(tables, list[Measures], "measures")
        assert all(len(line) == len(table["columns"]) for table in tables for line in table["lines"].values())


def test_lines_say_what_was_measured(done):
    tasks, lists, calibration = suite_tables(done[0])
    assert [table["title"] for table in (tasks, lists, calibration)] == [TASKS, SCENARIOS, CALIBRATION]
    assert len(tasks["lines"]) == 12 and "side, read by a linear probe" in tasks["lines"] and "RMSE of ratings" in tasks["lines"]
    before, after, lost, changed, low, high, n = tasks["lines"]["GAUC, whole catalogue"]
    assert lost == pytest.approx(1 - after / before, abs=1e-5) and changed is None and low <= lost <= high and n == done[0].gauc.n
    before, after, lost, changed, low, high, _ = tasks["lines"]["AUC of clicks on shown items"]
    assert lost is None and changed == pytest.approx(after - before, abs=1e-5) and low <= changed <= high
    warm, cold, _, changed, low, high, _ = tasks["lines"]["cold rows, share of lists kept"]
    assert low <= changed <= high and (warm, cold) == (round(done[0].cold.warm.mean, 6), round(done[0].cold.cold.mean, 6))
    assert any(name.startswith("within one category, the worst: ") for name in lists["lines"]) and "cold rows" in lists["lines"]


def test_without_events_there_are_fewer(done):
    assert [table["title"] for table in suite_tables(done[1])] == [TASKS, SCENARIOS]

"""Decisions: the frontier, what holds, and frames where there is a library for them."""

from importlib.util import find_spec

import numpy as np
import pytest

from rankfold.errors import MissingExtra
from rankfold.evaluate.compare import Loss
from rankfold.report import content
from rankfold.report.schema import check_shape
from rankfold.tune import decision as module
from rankfold.tune.budget import Ask
from rankfold.tune.decide import decide
from rankfold.tune.decision import kept_of
from rankfold.tune.losses import LossOnChoosers


@pytest.fixture(scope="module")
def decision(world):
    return decide(*world, row_bytes=8)


def test_the_frontier_is_by_bytes_and_nothing_beats_it(decision):
    rows = decision.frontier()
    assert [row["total_bytes"] for row in rows] == sorted(row["total_bytes"] for row in rows)
    assert sum(row["chosen"] for row in rows) == 1 and rows[0]["on_frontier"]
    best = [row["agreement"] for row in rows if row["on_frontier"]]
    assert best == sorted(best) and all(row["row_bytes"] <= 8 for row in rows)
    for row in rows:
        if not row["on_frontier"]:
            assert any(other["total_bytes"] <= row["total_bytes"] and other["agreement"] >= row["agreement"] for other in rows if other is not row)


def test_what_a_report_says_is_of_its_kind(decision):
    said = decision.to_dict()
    check_shape(said, content.Tuning, "tuning")
    assert said["frontier"] and said["asked"] == {"row_bytes": 8} and {one["codec"] for one in said["tried"] if not one["fate"]} == set(said["total_bytes"])


def point_of(decision, **changes):
    from dataclasses import replace

    return replace(decision.best, **changes)


def test_limits_are_held_against_what_was_got(decision):
    ask = Ask(row_bytes=8, total_bytes=100, max_loss=0.01, p99_ms=2.0)
    loss = Loss(0.5, 0.5, 0.005, -0.001, 0.009, 100)
    assert [one.holds for one in kept_of(ask, decision.best, loss, 100, 2.0)] == ["yes"] * 4
    assert [one.holds for one in kept_of(ask, decision.best, loss, 101, 2.1)] == ["yes", "no", "yes", "no"]
    wide, beyond = Loss(0.5, 0.5, 0.005, -0.02, 0.03, 100), Loss(0.5, 0.4, 0.2, 0.1, 0.3, 100)
    unknown = Loss(0.0, 0.0, np.nan, np.nan, np.nan, 0, "no query")
    held = [kept_of(Ask(max_loss=0.01), decision.best, one, 1, None)[0].holds for one in (wide, beyond, unknown, None)]
    assert held == ["unsure", "no", "unsure", "unsure"]
    held = [kept_of(Ask(max_loss=0.1), decision.best, LossOnChoosers("overlap@100", drop, drop + 0.01), 1, None)[0].holds for drop in (0.05, 0.095, 0.2)]
    assert held == ["yes", "unsure", "no"]


def test_frames_need_a_library(decision, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="pandas"):
        decision.frame()


@pytest.mark.skipif(find_spec("pandas") is None and find_spec("polars") is None, reason="neither pandas nor polars is there")
def test_a_frame_has_a_row_for_each_point(decision):
    assert len(decision.frame()) == len(decision.points)


def test_a_frame_is_made_of_the_frontier(decision, monkeypatch):
    class Pandas:
        @staticmethod
        def DataFrame(rows):
            return ("frame", rows)

    monkeypatch.setattr(module, "find_spec", lambda name: object() if name == "polars" else None)
    monkeypatch.setattr(module, "import_module", lambda name: Pandas)
    assert decision.frame() == ("frame", decision.frontier())

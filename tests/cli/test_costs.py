"""Bytes and losses as people read them."""

import numpy as np
import pytest

from rankfold.cli import costs
from rankfold.evaluate import Loss, Mean, PopularitySearcher, Task, evaluate
from rankfold.search import Rows
from rankfold.tune.measure import Point


@pytest.fixture
def point(files):
    loss = Loss(before=0.25, after=0.2475, drop=0.01, low=0.004, high=0.016, n=1_200)
    return Point(
        codec=files.table.segments[0].codec,
        row_bytes=32,
        total_row_bytes=40.0,
        parts=files.table.parts(),
        metric="ndcg@10",
        loss=loss,
        losses={"ndcg@10": loss},
        fidelity={"overlap@10": Mean(0.93, 0.92, 0.94, 1_200)},
        buckets={"tail": loss},
        scan_ms=0.5,
        fit_s=1.0,
        after=None,
    )


def test_parts_add_up(files):
    text = "\n".join(costs.bytes_lines(files.table))
    assert "vectors    38.4 kB" in text
    assert "4.80 kB  4.80 kB" in text
    assert "24.0 kB" in text
    assert "2.00x smaller" in text
    assert "scales" not in text


def test_the_loss_names_its_interval_and_n(point):
    text = "\n".join(costs.quality_lines(point, 1_200))
    assert "0.2500 -> 0.2475: loss 1.0 % (0.4 to 1.6), n = 1,200" in text
    assert "overlap@10 93.0 %" in text
    assert "tail" in text


def test_a_missing_loss_is_said(point):
    unknown = Point(**{name: getattr(point, name) for name in point.__slots__} | {"loss": None, "buckets": {}})
    assert "not measured" in costs.quality_lines(unknown, 10)[0]


def test_the_document_holds_the_spec(point):
    assert costs.point_document(point)["codec"] == {"codec": "half", "version": 1}


def test_lists_are_described_before_and_after():
    task = Task(np.eye(3, dtype=np.float32), Rows.from_lists([[0], [1], [2]]))
    before = evaluate(PopularitySearcher([3, 2, 1]), task, metrics=["ndcg@1"])
    after = evaluate(PopularitySearcher([1, 2, 3]), task, metrics=["ndcg@1"], baseline=before)
    text = "\n".join(costs.list_lines(before, after))
    assert "coverage@1 33.3 % -> 33.3 %" in text and "rbo@1 0.000" in text
    assert costs.coverages(before, after) == {"coverage@1": {"before": 1 / 3, "after": 1 / 3}}

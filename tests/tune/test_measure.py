"""A point says what a table costs and keeps."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.adaptive.tiers import compress_tiered
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.evaluate import Loss
from rankfold.tune.evidence import item_evidence, user_evidence
from rankfold.tune.measure import family, measure


def test_half_floats_lose_nothing(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    point = measure(compress(vectors, from_spec({"codec": "half"})), evidence, evidence.report)
    assert abs(point.loss.drop) < 0.02 and point.fidelity["overlap@10"].mean > 0.98
    assert set(point.buckets) == {"head", "mid", "tail"} and point.scan_ms > 0
    assert point.total_row_bytes == pytest.approx(2 * 16 + 8, abs=0.1)


def test_a_crude_codec_loses_and_says_so_in_report_form(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    table = compress(vectors, from_spec({"codec": "reduced", "dims": 2, "inner": {"codec": "scalar", "bits": 2}}))
    point = measure(table, evidence, evidence.report)
    assert point.loss.low > 0.05
    said = point.to_dict()
    assert said["quality"]["drop"] == point.loss.drop and said["family"] == "reduced scalar"
    assert said["bytes"]["codes"] + said["bytes"]["scales"] == 600 * 2
    assert all(isinstance(said["buckets"][name]["kept"], float) for name in said["buckets"])


def test_without_users_a_point_has_no_quality(world):
    vectors, _, _ = world
    evidence = item_evidence(vectors, queries=40)
    point = measure(compress(vectors, from_spec({"codec": "int8"})), evidence, evidence.report)
    assert point.loss is None and point.to_dict()["quality"] is None
    assert point.to_dict()["fidelity"]["metric"] == "overlap@100" and point.fidelity["overlap@100"].mean > 0.95


def test_a_drop_that_is_not_known_is_not_shown_as_none_lost(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    point = measure(compress(vectors, from_spec({"codec": "half"})), evidence, evidence.report)
    assert point.to_dict()["quality"]["low"] == point.loss.low
    unknown = replace(point, loss=Loss(0.0, 0.3, np.nan, np.nan, np.nan, 3, "the baseline is 0"))
    assert unknown.to_dict()["quality"] is None


def test_families():
    assert family(from_spec({"codec": "normed", "inner": {"codec": "pq", "groups": 4}})) == "pq"
    assert family(from_spec({"codec": "reduced", "dims": 4, "inner": {"codec": "int8"}})) == "reduced int8"


def test_a_table_of_several_codecs_in_another_order(world):
    vectors, users, events = world
    evidence = user_evidence(vectors, users, events)
    sizes = [from_spec({"codec": "scalar", "bits": bits}) for bits in (4, 8)]
    table = compress_tiered(vectors, sizes, 12.0, weight=evidence.weight)
    point = measure(table, evidence, evidence.report, ids=vectors.ids, timed=False)
    assert point.fidelity["overlap@10"].mean > 0.8 and 9 <= point.row_bytes <= 12
    assert point.name == "tiers(scalar(bits=8), scalar(bits=4))" and sum(rows for _, rows in point.tiers) == vectors.count
    assert [tier["codec"] for tier in point.spec()["tiers"]] == ["scalar", "scalar"] and point.to_dict()["family"] == "tiers"
    assert measure(table, evidence, evidence.report, timed=False).fidelity["overlap@10"].mean < 0.5

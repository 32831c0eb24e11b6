"""Two measurements beside each other: what is better, what is missing, what was not the same."""

import json

import pytest

from rankfold.cli.comparing import compared, differences, read_measured
from rankfold.errors import InputError


def measured(**more):
    document = {"rows": 10, "dim": 4, "k": 3, "refine": None, "float32_bytes": 160, "rows_per_s": 100.0, "cold_start": {"load_ms": 4.0}}
    return document | {"single": {"p50_ms": 2.0, "joules_per_query": None}} | more


def test_better_is_more_of_rates_and_less_of_times():
    rows = {row["figure"]: row for row in compared(measured(), measured(rows_per_s=300.0, single={"p50_ms": 1.0, "joules_per_query": 0.1}))}
    assert rows["one query p50, ms"]["better"] == 2.0 and rows["rows/s by one query"]["better"] == 3.0
    assert rows["joules a query"] == {"figure": "joules a query", "first": None, "second": 0.1, "better": None}
    assert rows["mixed load p99, ms"]["first"] is None


def test_measurements_of_other_things_are_told():
    assert differences(measured(), measured()) == []
    assert differences(measured(), measured(rows=20, k=5)) == ["rows: 10 and 20", "k: 3 and 5"]


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(measured()))
    assert read_measured(tmp_path / "a.json")["rows"] == 10
    for text, message in (("[]", "no measurement"), ('{"single": 3}', "no measurement"), ("{", "not JSON")):
        (tmp_path / "b.json").write_text(text)
        with pytest.raises(InputError, match=message):
            read_measured(tmp_path / "b.json")

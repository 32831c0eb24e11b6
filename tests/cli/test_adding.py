import json

import pytest

from rankfold.cli.adding import add_measures, read_report
from rankfold.errors import InputError

TABLE = {"title": "Backtest", "about": "Windows.", "columns": ["loss"], "lines": {"first": [0.01]}}


@pytest.fixture
def path(tmp_path, section):
    content = {"title": "t", "made_with": {}, "sections": [section], "reproduce": ["rankfold evaluate x"]}
    (tmp_path / "report.json").write_text(json.dumps(content))
    return tmp_path / "report.json"


def test_a_table_is_added_and_replaces_the_one_of_its_title(path):
    add_measures(path, read_report(path), [TABLE], "rankfold backtest x")
    add_measures(path, read_report(path), [{**TABLE, "lines": {"first": [float("nan")]}}], "rankfold backtest x")
    content = read_report(path)
    assert [one["lines"] for one in content["sections"][0]["measures"]] == [{"first": [None]}]
    assert content["reproduce"] == ["rankfold evaluate x", "rankfold backtest x"]


def test_what_is_no_report_of_one_data_set_is_refused(path, section):
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "sections": [section, {**section, "name": "other"}]}))
    with pytest.raises(InputError, match="has 2 data sets; expected one"):
        read_report(path)
    path.write_text("{}")
    with pytest.raises(InputError, match="report: lacks title"):
        read_report(path)
    path.write_text("[1")
    with pytest.raises(InputError, match="is not JSON"):
        read_report(path)

"""The content of a report: the sample is one, and what contradicts itself is refused."""

import json

import pytest

from rankfold.errors import InputError
from rankfold.report.content import check


def test_the_sample_is_a_report_and_survives_json(sample):
    check(sample)
    check(json.loads(json.dumps(sample, allow_nan=False)))


def put(place, value):
    """Set one place of a report, given as a path of keys."""

    def change(report):
        for key in place[:-1]:
            report = report[key]
        report[place[-1]] = value

    return change


FIRST = ("sections", 0, "points", 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put(("sections",), []), "got none; expected at least one data set"),
        (put(("title",), 3), r"report\.title: .*expected text"),
        (put(("sections", 0, "rows"), 0), "got 0 rows"),
        (put(("sections", 0, "points"), []), "expected at least one, each named once"),
        (put((*FIRST, "codec"), "int8"), "each named once"),
        (put(("sections", 0, "choice", "codec"), "elsewhere"), r"choice\.codec: got 'elsewhere'; expected the name of a point"),
        (put((*FIRST, "quality"), None), "some have a quality and some have none"),
        (put((*FIRST, "quality", "drop"), float("nan")), r"sections\[0\]\.points\[0\]\.quality\.drop: got 'nan'"),
        (put((*FIRST, "quality", "low"), 0.9), "low at most high"),
        (put((*FIRST, "fidelity", "mean"), 1.2), "a share from 0 to 1"),
        (put((*FIRST, "fidelity", "low"), 1.1), r"fidelity: got an interval"),
        (put((*FIRST, "buckets", "tail", "low"), 9.0), r"buckets\['tail'\]: got an interval"),
        (put((*FIRST, "total_row_bytes"), 0), "expected more than 0"),
        (put((*FIRST, "bytes", "ids"), -1), "expected more than 0"),
        (put((*FIRST, "scan_ms"), -0.1), "scan_ms: got -0.1"),
        (put(("sections", 0, "baseline", "float32 vectors", "low"), 0.9), r"baseline\['float32 vectors'\]"),
    ],
)
def test_what_contradicts_itself_is_refused(sample, change, message):
    change(sample)
    with pytest.raises(InputError, match=message):
        check(sample)


def test_nothing_may_fit_and_nothing_need_be_timed(sample):
    sample["sections"][0]["choice"] = None
    sample["sections"][0]["points"][0]["scan_ms"] = None
    check(sample)


def test_further_tables_have_one_number_a_column(sample):
    measures = {"title": "Lists", "about": "What users see.", "columns": ["mean", "n"], "lines": {"float32": [0.5, 3], "compressed": [None, 3]}}
    sample["sections"][0]["measures"] = [measures]
    check(sample)
    measures["lines"]["float32"].append(1.0)
    with pytest.raises(InputError, match=r"measures\[0\]\.lines: expected 2 numbers"):
        check(sample)

"""Numbers as people read them: known answers."""

import pytest

from rankfold.report import numbers


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (12345, "12,345"), (-3, "\u22123"), (-0.2, "0")])
def test_whole(value, text):
    assert numbers.whole(value) == text


@pytest.mark.parametrize(("value", "text"), [(17, "17"), (41.21, "41.2"), (16.99, "17"), (1536, "1,536"), (0.25, "0.2")])
def test_row_bytes(value, text):
    assert numbers.row_bytes(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_293_568, "1.3 MB"), (126_000, "126 kB"), (999_999, "1.0 MB"), (4e15, "4000 TB")]
)
def test_size(value, text):
    assert numbers.size(value) == text.replace(" ", numbers.NARROW_SPACE)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0.0"), (0.012, "1.2"), (0.0063, "0.63"), (0.00996, "1.0"), (-0.0004, "\u22120.04"), (-0.00001, "0.0"), (0.999, "99.9"), (1, "100.0")],
)
def test_percent(share, text):
    assert numbers.percent(share) == text


def test_interval_times_and_metrics():
    assert numbers.interval(-0.002, 0.004) == "\u22120.20 to 0.40"
    assert numbers.times(15.94) == "15.9\u00d7"
    assert numbers.times(1234.4) == "1,234\u00d7"
    assert numbers.metric(0.44266) == "0.4427"
    assert numbers.metric_name("ndcg@10") == "NDCG@10"
    assert numbers.metric_name("agreement@100") == "Agreement@100"
    assert [numbers.milliseconds(value) for value in (0.0914, 1.914, 38.04, 1234.5)] == ["0.091", "1.91", "38.0", "1,234"]


def test_measures_are_whole_or_have_digits_that_say_something():
    assert [numbers.measure(value) for value in (150_505, 0.00052, 0.0103, 1.25, 0, -0.001)] == ["150,505", "0.00052", "0.0103", "1.2500", "0", "\u22120.00100"]

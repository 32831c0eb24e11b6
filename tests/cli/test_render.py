"""Numbers as people read them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.cli import render


@pytest.mark.parametrize(
    ("byte_count", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.00 kB"), (9_995, "9.99 kB"), (12_345_678, "12.3 MB"), (999_900_000, "1.00 GB"), (5e12, "5.00 TB"), (None, "-")],
)
def test_sizes(byte_count, text):
    assert render.size(byte_count) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.0042, "0.00420"), (1.23456, "1.23"), (12.3456, "12.3"), (1234.56, "1,235"), (0, "0"), (None, "-"), (float("nan"), "-")]
)
def test_three_digits(value, text):
    assert render.number(value) == text


@pytest.mark.parametrize(("share", "text"), [(0.012, "1.2 %"), (-0.0001, "0.0 %"), (1, "100.0 %"), (float("inf"), "-"), (None, "-")])
def test_percentages(share, text):
    assert render.percent(share) == text


def test_an_interval_names_both_ends():
    assert render.interval(0.004, -0.001, 0.0072) == "0.4 % (-0.1 to 0.7)"


def test_an_interval_that_is_missing_is_said():
    assert render.interval(0.004, None, None) == "0.4 % (no interval)"
    assert render.interval(None, None, None) == "-"


@pytest.mark.parametrize(("value", "text"), [(0.0123, "12.3 ms"), (1.5, "1.50 s"), (119, "119 s"), (150, "2 min 30 s"), (None, "-")])
def test_spans_of_time(value, text):
    assert render.seconds(value) == text


def test_row_sizes_show_a_fraction_only_when_there_is_one():
    assert (render.row_size(17.0), render.row_size(41.23), render.row_size(None)) == ("17 B", "41.2 B", "-")


def test_rates_and_ratios():
    assert render.rate(12_345_678, "rows") == "12.3 M rows/s"
    assert render.rate(12, "queries") == "12.0 queries/s"
    assert render.ratio(512, 32) == "16.0x"
    assert render.ratio(512, 0) == "-"


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_no_number_shows_seven_decimals_or_an_exponent(value):
    for text in (render.number(value), render.percent(value), render.quality(value), render.size(abs(value))):
        assert not re.search(r"\.\d{7}|e[+-]?\d", text)


def test_columns_align_text_left_and_numbers_right():
    assert render.columns(["codec", "loss"], [["pq", "0.4 %"], ["residual", "12.0 %"]]) == [
        "  codec       loss",
        "  --------  ------",
        "  pq         0.4 %",
        "  residual  12.0 %",
    ]


def test_pairs_stand_under_each_other():
    assert render.pairs([("a", "1"), ("long", "2")]) == ["  a     1", "  long  2"]

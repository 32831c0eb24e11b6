"""Axes: values land between the ends in order, ticks are round and apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.report.axes import decade_ticks, even_axis, even_ticks, log_axis, log_ticks, root_axis, root_ticks, signed_root

percents = st.lists(st.floats(-50, 100), min_size=1, max_size=12)


def test_log_axis_gives_equal_ratios_equal_room():
    axis = log_axis([8, 128], 0, 100)
    assert axis.at(16) - axis.at(8) == pytest.approx(axis.at(128) - axis.at(64))
    assert log_ticks(axis) == [8, 32, 128]
    assert log_ticks(log_axis([8, 512], 0, 400)) == [8, 16, 32, 64, 128, 256, 512]


def test_a_single_value_has_an_axis():
    assert 0 < log_axis([64], 0, 100).at(64) < 100
    assert 0 < root_axis([0.0], 0, 100).at(0.0) < 100
    assert 0 <= even_axis([50], 100, 0, step=10, least=0, most=100).at(50) <= 100
    assert even_axis([100], 100, 0, step=10, least=0, most=100).at(100) == 0
    assert even_axis([0], 100, 0, step=10, least=0, most=100).at(0) == 100


@given(percents)
def test_root_axis_keeps_order_and_holds_zero(values):
    axis = root_axis(values, 10, 300)
    ordered = sorted([*values, 0.0])
    places = [axis.at(value) for value in ordered]
    assert places == sorted(places)
    assert places[0] >= 10 and places[-1] <= 300
    ticks = root_ticks(axis)
    assert ticks[0] == 0
    assert all(abs(axis.at(a) - axis.at(b)) >= 18 for a in ticks for b in ticks if a != b)


@given(percents)
def test_even_axis_holds_its_values_between_round_ends(values):
    values = [abs(value) for value in values]
    axis = even_axis(values, 300, 10, step=10, least=0, most=100)
    assert axis.low <= min(values) + 1e-9 and max(values) - 1e-9 <= axis.high
    assert axis.low % 10 == 0 and axis.high % 10 == 0
    assert {axis.low, axis.high} <= set(even_ticks(axis, 10))


def test_values_beyond_the_ends_lie_on_the_ends():
    axis = even_axis([20, 80], 0, 100, step=10, least=0, most=100)
    assert axis.at(-5) == 0 and axis.at(500) == 100


def test_signed_root():
    assert signed_root(-9) == -3 and signed_root(0) == 0 and signed_root(4) == 2


def test_decade_ticks_are_round_and_apart():
    assert decade_ticks(log_axis([1_000, 100_000], 0, 400)) == [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5]
    assert decade_ticks(log_axis([2_100, 2_900], 0, 400))[0] == 2e3
    axis = log_axis([3, 5e8], 0, 400)
    ticks = decade_ticks(axis)
    assert ticks == sorted(ticks) and min(axis.at(b) - axis.at(a) for a, b in zip(ticks, ticks[1:])) >= 52

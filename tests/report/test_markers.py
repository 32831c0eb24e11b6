"""Markers: families differ in colour and in shape, and shapes lie around their point."""

import re

import pytest

from rankfold.report.markers import COLOURS, SHAPES, Families, outline


def test_families_differ_in_colour_and_in_shape():
    names = [f"family {number}" for number in range(8)]
    families = Families([*names, "family 0"])
    assert families.names == names
    assert len({families.colour(name) for name in names}) == COLOURS
    assert {families.shape(name) for name in names} == set(SHAPES)


def test_a_second_round_of_colours_has_other_shapes():
    names = [f"family {number}" for number in range(40)]
    families = Families(names)
    assert len({(families.colour(name), families.shape(name)) for name in names}) == 40


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_lie_around_their_point(shape):
    path = outline(shape, 100, 50, 5)
    assert path.startswith("M") and path.endswith("z")
    if shape != "circle":
        corners = [tuple(map(float, pair.split())) for pair in re.findall(r"-?[\d.]+ -?[\d.]+", path)]
        assert len(corners) >= 3 and len(set(corners)) == len(corners)
        assert sum(x for x, _ in corners) / len(corners) == pytest.approx(100, abs=0.2)
        assert sum(y for _, y in corners) / len(corners) == pytest.approx(50, abs=0.2)
        assert all(3 <= ((x - 100) ** 2 + (y - 50) ** 2) ** 0.5 <= 7.5 or shape in ("plus", "cross") for x, y in corners)


def test_a_key_is_silent_for_screen_readers():
    assert 'aria-hidden="true"' in Families(["a"]).key("a")

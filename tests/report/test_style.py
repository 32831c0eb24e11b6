"""The style sheet: readable in light and dark, nothing fetched, every class that is used has its rule."""

import re

import pytest

from rankfold.report.page import render
from rankfold.report.style import CSS


def palette(block):
    return dict(re.findall(r"--([a-z0-9]+):(#[0-9a-f]{3,6})", block))


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("block", [CSS.split("@media")[0], CSS.split("@media")[1], CSS.split("@media print")[1]], ids=["light", "dark", "print"])
def test_text_and_markers_stand_out(block):
    colours = palette(block)
    assert {"bg", "fg", "muted", "warn", "c0", "c7"} <= colours.keys()
    for name in ("fg", "muted", "ink", "warn", *(f"c{number}" for number in range(8))):
        assert contrast(colours[name], colours["bg"]) >= 4.5, name
    assert contrast(colours["warn"], colours["warnbg"]) >= 4.5
    assert contrast(colours["muted"], colours["pick"]) >= 4.5


def test_nothing_is_fetched():
    assert "url(" not in CSS and "@import" not in CSS and "</" not in CSS


def test_braces_are_balanced():
    assert CSS.count("{") == CSS.count("}")


def test_classes_in_use_have_rules(sample):
    page = render(sample).split("</style>")[1]
    used = {name for names in re.findall(r'class="([^"]*)"', page) for name in names.split()}
    ruled = set(re.findall(r"\.([a-z][a-z0-9-]*)", CSS))
    assert used - ruled <= {"top", "note", "p-codes"}

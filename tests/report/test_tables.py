"""Tables: captions, scopes, and the numbers of the content."""

from xml.etree import ElementTree

import pytest

from rankfold.report.markers import Families
from rankfold.report.tables import DASH, baseline_table, bucket_table, bytes_table, everything_tried, measure_table, neighbour_table


def cells(table):
    """The text of every cell of the body, line by line."""
    root = ElementTree.fromstring(table)
    return [["".join(cell.itertext()) for cell in line] for line in root.find("table/tbody")]


@pytest.fixture
def packages(sample):
    return sample["sections"][0]


def tried(section):
    return everything_tried(section, Families([point["family"] for point in section["points"]]))


def test_every_table_has_a_caption_scopes_and_a_box_for_the_keyboard(packages):
    lines = [(1, packages["points"][0])]
    shown = {"item": "x", "before": ["a"], "after": ["b"]}
    for table in (tried(packages), baseline_table(packages), bucket_table(lines, "c"), bytes_table(lines, 10, "c"), neighbour_table(shown)):
        root = ElementTree.fromstring(table)
        assert root.get("class") == "scroll" and root.get("tabindex") == "0" and root.get("role") == "region"
        assert "".join(root.find("table/caption").itertext()) == root.get("aria-label") != ""
        assert all(cell.get("scope") for cell in root.iter("th"))
        widths = {sum(int(cell.get("colspan", 1)) for cell in line) for line in root.find("table/tbody")}
        assert len(widths) == 1


def test_everything_tried_shows_the_numbers_of_the_content(packages):
    line = cells(tried(packages))[2]
    assert line == ["3. sign", "18", "39", "13.1\u00d7", "0.4015", "9.3", "8.7 to 9.9", "95.5", "90.2", "84.1", "66.1", "65.7 to 66.5", "0.310"]


def test_heads_are_as_wide_as_bodies(sample):
    for section in sample["sections"]:
        root = ElementTree.fromstring(tried(section))
        first, second = root.find("table/thead")
        width = sum(int(cell.get("colspan", 1)) for cell in first)
        over_two = len([cell for cell in first if cell.get("rowspan")])
        assert width == len(second) + over_two == len(root.find("table/tbody")[0])


def test_quality_is_not_shown_where_there_is_none(sample):
    table = tried(sample["sections"][1])
    assert "Quality" not in table and "lost" not in table and "Fidelity" in table


def test_the_choice_is_marked_in_words(packages):
    assert [line[0] for line in cells(tried(packages)) if "taken" in line[0]] == ["13. scalar 4 bits taken"]


def test_notes_and_missing_times_are_shown(packages):
    packages["points"][0]["note"] = "slow <here>"
    packages["points"][0]["scan_ms"] = None
    first, second = cells(tried(packages))[:2]
    assert first[-2:] == [DASH, "slow <here>"] and second[-1] == ""


def test_bucket_and_bytes_tables(packages):
    point = packages["points"][2]
    assert cells(bucket_table([(3, point)], "c"))[0][:3] == ["3. sign", "95.5", "95.1 to 95.9"]
    assert cells(bytes_table([(3, point)], 5_053, "c"))[0] == ["3. sign", "17", "8", "1", "13", "39", "197\u202fkB"]


def test_neighbours_are_marked_in_words_and_signs():
    shown = {"item": "x", "before": ["a", "b", "c", "d"], "after": ["a", "c", "b", "e"]}
    assert cells(neighbour_table(shown)) == [["1", "a", "a"], ["2", "b", "c \u21911"], ["3", "c", "b \u21931"], ["4", "d gone", "e new"]]


def test_items_of_one_name_stay_apart():
    assert cells(neighbour_table({"item": "x", "before": ["a", "a"], "after": ["a"]})) == [["1", "a", "a"], ["2", "a gone", DASH]]


def test_baselines(packages):
    assert cells(baseline_table(packages))[1] == ["plain popularity", "0.1702", "0.1638 to 0.1767"]


def test_further_tables_show_their_numbers_and_gaps():
    text = measure_table({"title": "Lists", "about": "What users see.", "columns": ["mean", "n"], "lines": {"a < b": [0.125, 30_000], "c": [None, 1]}})
    assert "What users see." in text and "a &lt; b" in text and "0.1250" in text and "30,000" in text and DASH in text

"""The decision of a search: limits, frontier, forecast, and the fate of every codec."""

import re

import pytest

from rankfold.report.markers import Families
from rankfold.report.searchtables import forecast_parts, frontier_table, how_chosen, limit_table, tried_table


@pytest.fixture
def section(decided):
    return decided["sections"][0]


def lines(markup):
    """Text of every row, cells apart by |."""
    rows = re.findall(r"<tr.*?</tr>", markup)
    return ["|".join(re.sub("<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)) for row in rows]


def test_limits_say_what_was_asked_and_whether_it_holds(section):
    found = lines(limit_table(section["tuning"]["kept"]))
    assert found[1:] == [
        "bytes a row|70|65|holds", "loss, by its upper end|1.0 %|0.35 %|holds", "99 of 100 searches, ms|5.00|\u2013|cannot be told",
    ]  # fmt: skip


def test_the_frontier_is_sorted_by_bytes_and_marks_the_choice(section):
    found = lines(frontier_table(section))
    assert [line.split("|")[0] for line in found[1:]] == ["scalar 2 bits", "scalar 4 bits taken", "normed(pq 64x8)"]
    assert found[2] == "scalar 4 bits taken|371\u202fkB|0.21|0.07 to 0.35|95.7|0.874|yes" and found[3].endswith("|\u2013|no")


def test_without_a_known_loss_the_frontier_has_fidelity_alone(section):
    for point in section["points"]:
        point["quality"] = None
    assert lines(frontier_table(section))[0].split("|")[1:3] == ["on disk", "Overlap@10, %"]


def test_the_forecast_is_held_to_account(section):
    said = re.sub("<[^>]+>", " ", "".join(forecast_parts(section["tuning"]["forecast"])))
    assert "93.0 % of the exact lists were expected to be kept at 65 bytes a row; measured were 95.7 %, 2.7 points more" in said
    assert "usually off by 2.1 points" in said and "effective rank  41.5000" in said and "hubness" not in said
    said = "".join(forecast_parts({"expected": 0.9, "measured": 0.8, "usual_error": None}))
    assert "10.0 points less. How far off such forecasts usually are is not known." in said
    assert forecast_parts({"hubness": None}) == []


def test_what_was_tried_and_why_it_was_left(section):
    found = lines(tried_table(section["tuning"]["tried"], "x"))
    assert [line.split("|")[0] for line in found[1:]] == ["scalar 4 bits", "pruned 40", "scalar 3 bits"]
    assert found[2] == "pruned 40|63|361\u202fkB|25.0|41.2|0.420|41.2% of the exact lists on a quarter; others were nearer"
    assert found[3].endswith("|\u2013|\u2013|\u2013|0.420|the same codec fits with more bytes a row")


def test_a_search_without_sizes_limits_and_forecast_is_drawn_all_the_same(section, decided):
    families = Families([point["family"] for point in section["points"]])
    section["tuning"] |= {"kept": [], "total_bytes": {}, "frontier": [], "forecast": None, "tried": []}
    assert len(how_chosen(section, families, "c")) == 2
    assert how_chosen(decided["sections"][1], families, "c") == []

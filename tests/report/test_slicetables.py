"""For whom a table loses: the worst first, every number that of the JSON, dashes where there is none."""

import re

from rankfold.report.page import render
from rankfold.report.slicetables import for_whom, power_sentences, slice_table, worst_sentences


def cells(markup):
    return [re.sub("<[^>]+>", "", row).strip() for row in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", markup)]


def test_slices_keep_their_order_and_say_their_numbers(decided):
    sliced = decided["sections"][0]["sliced"]
    found = cells(slice_table(sliced["slices"], "ndcg@10", "x"))
    assert found[7:14] == ["country: fr", "6.1", "3.1 to 9.2", "6.1", "3.1 to 9.2", "611", "loses, worse"]
    assert found[21:] == ["cold items: cold", "\u2013", "\u2013", "\u2013", "\u2013", "13", "unclear"]


def test_exposure_worst_users_and_power_are_said(decided):
    text = re.sub("<[^>]+>", " ", render(decided))
    assert "The 10 % of users hurt most lose 4.4 % of NDCG@10 (95 % interval 1.1 to 7.7 %)" in text and "it looks like 31.0 %" in text
    assert "With these 3,977 users a loss of 1.1 % would be seen with a chance of 80 %, one of 1.3 % with 90 %." in text
    assert "a loss of 1.0 % with 90 % takes 6,853 users" in text
    assert re.search(r"popularity: tail\s+35\.0\s+32\.8\s+\u22126\.4\s+\u221212\.5 to \u22120\.06\s+812\s+loses", text)


def test_what_is_not_known_is_not_said(decided):
    section = decided["sections"][0]
    assert worst_sentences(None) == power_sentences(None) == []
    assert worst_sentences({**section["sliced"]["worst_users"], "drop": None}) == []
    assert "too few users for an interval" in worst_sentences({**section["sliced"]["worst_users"], "low": None})[0]
    assert power_sentences({**section["sliced"]["power"], "detectable_90": None}) == []
    assert "takes" not in power_sentences({**section["sliced"]["power"], "needed": None})[0]
    section["sliced"] = {"metric": "recall@10", "slices": [], "exposure": [], "worst_users": None, "power": None}
    assert for_whom(section) == [] == for_whom(decided["sections"][1])

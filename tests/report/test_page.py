"""The whole page: complete, self-contained, escaped, and saying what the content says."""

import copy
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.report.page import MAX_BYTES, render

VOID = {"meta", "br", "col"}
EVIL = "</td><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x00"


class Page(HTMLParser):
    """Elements, ids and text of a page; fails on elements that are not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.ids, self.references, self.attributes, self.text = [], [], [], [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, element, attributes):
        self.elements.append(element)
        self.attributes += [name for name, _ in attributes]
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name == "aria-labelledby":
                self.references += value.split()
        if element not in VOID:
            self.open.append(element)

    def handle_endtag(self, element):
        assert self.open.pop() == element

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.text += data


@pytest.mark.parametrize("which", ["sample", "decided"])
def test_the_page_is_whole_and_fetches_nothing(which, request):
    text = render(request.getfixturevalue(which))
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>") and '<html lang="en">' in text
    assert not {"script", "link", "img", "iframe", "object", "use", "image", "form"} & set(page.elements)
    assert not {"src", "href", "xlink:href", "action", "style"} & set(page.attributes)
    assert not any(name.startswith("on") for name in page.attributes)
    assert re.findall(r"https?://", text) == []
    assert len(set(page.ids)) == len(page.ids)
    assert set(page.references) <= set(page.ids)
    assert len(text.encode()) < 200_000


@pytest.mark.parametrize("which", ["sample", "decided"])
def test_headings_do_not_skip_a_level(which, request):
    levels = [int(name[1]) for name in Page(render(request.getfixturevalue(which))).elements if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(levels, levels[1:]))


def test_the_decision_is_said_in_numbers(sample):
    text = Page(render(sample)).text
    assert "Take scalar 4 bits: 73 bytes a row with every part counted, instead of 512: 7.0\u00d7 smaller." in text
    assert "NDCG@10 falls from 0.4427 to 0.4418: 0.21 % lost (95 % interval of the loss 0.07 to 0.35 %)." in text
    assert "Agreement@100 with the float32 list is 78.4 % (95 % interval 77.8 to 79.0 %)." in text


def test_a_gain_is_called_a_gain(sample):
    sample["sections"][0]["points"][12]["quality"] = {"before": 0.44, "after": 0.4444, "drop": -0.01, "low": -0.02, "high": 0.001}
    text = Page(render(sample)).text
    assert "NDCG@10 rises from 0.4400 to 0.4444: 1.0 % gained (95 % interval of the loss \u22122.0 to 0.10 %)." in text


def test_no_choice_is_said_so(sample):
    sample["sections"][0]["choice"] = None
    text = Page(render(sample)).text
    assert "No codec was taken." in text and "none fits" in text


def test_warnings_come_before_notes(sample):
    text = Page(render(sample)).text
    assert text.index("Norms differ") < text.index("Codebooks weigh")


def test_everything_of_the_content_is_on_the_page(sample):
    text = Page(render(sample)).text
    for section in sample["sections"]:
        for wanted in (section["name"], section["about"], section["choice"]["why"], *(point["codec"] for point in section["points"])):
            assert wanted in text
        for shown in section["neighbours"]:
            assert all(label in text for label in (shown["item"], *shown["before"], *shown["after"]))
    for name, value in sample["made_with"].items():
        assert name in text and str(value) in text
    assert "\n".join(sample["reproduce"]) in text


def every_text(value, replacement):
    if isinstance(value, str):
        return replacement(value)
    if isinstance(value, list):
        return [every_text(entry, replacement) for entry in value]
    if isinstance(value, dict):
        return {key: entry if key in ("level", "holds", "verdict") else every_text(entry, replacement) for key, entry in value.items()}
    return value


def test_evidence_is_drawn_where_it_is_there_and_nowhere_else(sample, decided):
    headings = ("How it was chosen", "For whom it loses", "Other metrics", "First screens", "Calibration", "What these figures are about")
    page = render(decided)
    first, second = page.split('<section class="set"')[1:]
    assert all(f">{heading}</h3>" in first and f">{heading}</h3>" not in second for heading in headings)


def test_every_table_has_a_caption_and_scoped_headings(decided):
    page = render(decided)
    assert page.count("<table") == page.count("<caption>") > 15
    assert re.findall(r"<th(?![^>]*scope=)[ >]", page) == []


def test_no_end_of_lists_breaks_the_page(decided):
    section = decided["sections"][0]
    for lists, key, name in ((section["sliced"]["slices"], "slices", "name"), (section["tuning"]["tried"], "tried", "codec")):
        lists += [{**lists[0], name: f"{key} number {number}, with a long name that takes some room"} for number in range(3_000)]
    page = render(decided)
    assert len(page.encode()) < MAX_BYTES // 2 and "more come after these; the JSON file has them all" in page and "more are in the JSON file" in page


def test_no_text_becomes_an_element(sample):
    before = Page(render(sample)).elements
    evil = every_text(copy.deepcopy(sample), lambda text: text + EVIL)
    evil["sections"][0]["baseline"] = {name + EVIL: one for name, one in evil["sections"][0]["baseline"].items()}
    evil["made_with"] = {name + EVIL: one for name, one in evil["made_with"].items()}
    text = render(evil)
    assert Page(text).elements == before
    assert "<script" not in text and "<img" not in text


def test_no_text_of_evidence_becomes_an_element(decided):
    text = render(every_text(decided, lambda text: text + EVIL))
    Page(text)
    assert "<script" not in text and "<img" not in text and text.count("&lt;script") > 60


@settings(max_examples=25)
@given(st.text(max_size=30))
def test_any_text_makes_a_page_that_can_be_stored(letters):
    content = every_text(copy.deepcopy(SMALL), lambda text: text + letters)
    Page(render(content).encode().decode())


SMALL = {
    "title": "t",
    "made_with": {"seed": 0},
    "sections": [
        {
            "name": "n",
            "about": "a",
            "rows": 10,
            "dim": 4,
            "metric": "agreement@100",
            "baseline": {},
            "points": [
                {
                    "codec": "c",
                    "family": "f",
                    "row_bytes": 4,
                    "total_row_bytes": 12.5,
                    "bytes": {"codes": 40, "ids": 80, "scales": 0, "codebooks": 5},
                    "quality": None,
                    "fidelity": {"metric": "agreement@100", "mean": 0.5, "low": 0.4, "high": 0.6},
                    "buckets": None,
                    "scan_ms": None,
                }
            ],
            "choice": {"codec": "c", "why": "w"},
            "neighbours": [{"item": "i", "before": ["x"], "after": []}],
            "findings": [],
        }
    ],
    "reproduce": [],
}


def test_the_same_report_gives_the_same_page(sample):
    assert render(sample) == render(copy.deepcopy(sample))


def test_a_bad_report_is_refused(sample):
    sample["sections"][0]["points"][0]["fidelity"]["mean"] = float("nan")
    with pytest.raises(InputError, match="finite"):
        render(sample)


def test_a_page_above_a_megabyte_is_refused(sample):
    sample["sections"][0]["about"] = "x" * MAX_BYTES
    with pytest.raises(InputError, match="expected at most 1000000"):
        render(sample)

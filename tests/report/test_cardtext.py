"""The Markdown of a card: its headings, its numbers, and names that stay names."""

import re

from hypothesis import given
from hypothesis import strategies as st

from rankfold.report.card import card_of
from rankfold.report.cardtext import card_text, plain

HEADINGS = ["What was kept", "What was lost", "For whom", "What could not be checked", "Intended use", "Limits", "Where it comes from"]


def test_a_reader_finds_everything(decided):
    text = card_text(card_of(decided))
    assert re.findall("^## (.*)$", text, re.M) == HEADINGS
    for words in (
        "2.6\u202fMB of float32 became 329\u202fkB (codes, scales, codebooks). Discarded: 2.3\u202fMB.",
        "65 bytes a coded row, 73 with every part and the ids, instead of 512: 7.0\u00d7 smaller.",
        "All files on disk: 371\u202fkB.",
        "Asked: loss, by its upper end 1.0 %; got 0.35 %: holds.",
        "Asked: 99 of 100 searches, ms 5.00; got \u2013: cannot be told.",
        "| NDCG@10 | 0.4427 | 0.4418 | 0.21 | 0.07 to 0.35 | 3,977 |",
        "| MRR@10 | 0.1000 | 0.1000 | 0.0 | \u2013 | 3 |",
        "95.7 % (95.3 to 96.1) of the float32 lists are still found (Overlap@10).",
        "| tail | 99.4 |",
        "Worst of 3 slices: country: fr (6.1 % of NDCG@10 lost, 3.1 to 9.2 %, 611 queries, loses).",
        "Shown to lose: country: fr.",
        "The 10 % of users hurt most lose 4.4 % of NDCG@10.",
        "a loss of 1.3 % would be seen with a chance of 90 %",
        "artifact: 5986c1d58a61b030",
        "```sh\npip install rankfold\nrankfold demo --out report\n```",
        "Warning: Norms differ",
    ):
        assert words in text, words


def test_a_card_without_users_says_so(sample):
    sample["sections"].reverse()
    text = card_text(card_of(sample))
    assert "Nothing was sliced." in text and "only agreement with the exact lists was measured" in text and "| metric |" not in text


def test_a_table_that_grew_is_called_larger(sample):
    sample["sections"][0]["points"][12]["bytes"]["codebooks"] = 9_000_000
    assert "larger, for so few rows" in card_text(card_of(sample))


def test_names_are_never_markup(decided):
    section = decided["sections"][0]
    section["name"] = "a | b\n# <script>x</script> `c`"
    section["sliced"]["slices"][0]["name"] = "x](y)\n- z"
    decided["reproduce"] = ["rankfold tune '```'"]
    text = card_text(card_of(decided))
    assert re.findall("^## (.*)$", text, re.M) == HEADINGS and len(re.findall("^# ", text, re.M)) == 1
    assert "<" not in text and "\n- z" not in text and "````sh\nrankfold tune '```'\n````" in text


@given(st.text())
def test_any_text_stays_on_its_line_and_in_its_cell(text):
    found = plain(text)
    assert not set(found) & set("\n\r\x00<>") and not re.search(r"(?<!\\)(?:\\\\)*[|`]", found)

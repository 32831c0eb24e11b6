"""Markup: what came from outside can never become an element."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from rankfold.report.markup import Markup, escape, join, tag


class Seen(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.attributes, self.text = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, element, attributes):
        self.elements.append(element)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


def test_text_is_escaped_and_markup_is_not():
    assert tag("p", "<b>&", tag("i", "'x'"), class_='a"b') == '<p class="a&quot;b">&lt;b&gt;&amp;<i>&#x27;x&#x27;</i></p>'
    assert join(["<", Markup("<br>"), None, 3]) == "&lt;<br>3"
    assert isinstance(escape("x"), Markup)


def test_attribute_names():
    assert tag("svg", view_box="0 0 1 1", aria_hidden="true", x=None) == '<svg viewBox="0 0 1 1" aria-hidden="true"></svg>'
    assert tag("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_control_characters_and_direction_overrides_show_as_replaced():
    assert escape("a\x00b\u202ec\ud800d\n") == "a\ufffdb\ufffdc\ufffdd\n"


@given(st.text(), st.text())
def test_any_text_comes_back_as_text_alone(text, value):
    seen = Seen(tag("p", text, title=value))
    assert seen.elements == ["p"]
    assert seen.attributes == [("title", shown(value))]
    assert seen.text == shown(text)


def shown(text):
    """What a reader gets: the text, with what may not be printed replaced."""
    letters = []
    for letter in text:
        code = ord(letter)
        bad = code < 9 or code in (11, 12, 0xFFFE, 0xFFFF) or 14 <= code < 32 or 127 <= code < 160 or 0xD800 <= code < 0xE000
        letters.append("\ufffd" if bad or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 else letter)
    return "".join(letters)

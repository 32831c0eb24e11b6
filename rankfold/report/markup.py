"""HTML and SVG as text: everything is escaped unless it was made here."""

import html
import re

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_VOID = ("meta", "col", "br")


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def escape(text: object) -> Markup:
    """`text` safe inside an element or a quoted attribute; control characters and those that turn the reading direction show as U+FFFD."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(_UNPRINTABLE.sub("\ufffd", str(text)), quote=True))


def tag(element: str, *children: object, **attributes: object) -> Markup:
    """One element. Attribute names: `class_` gives class, `view_box` is spelled viewBox, other underscores give hyphens; None leaves one out."""
    parts = [element]
    for key, value in attributes.items():
        if value is not None:
            name = "viewBox" if key == "view_box" else key.rstrip("_").replace("_", "-")
            parts.append(f'{name}="{escape(value)}"')
    start = f"<{' '.join(parts)}>"
    return Markup(start if element in _VOID else f"{start}{join(children)}</{element}>")


def join(children: object) -> Markup:
    """Children one after the other, escaped where they are not markup; None is nothing."""
    return Markup("".join(escape(child) for child in children if child is not None))  # type: ignore[attr-defined]

"""How families of codecs are told apart: by colour and by shape, so that either is enough."""

import math

from .markup import Markup, tag

COLOURS = 8
SHAPES = ("circle", "square", "triangle", "diamond", "point", "plus", "hexagon", "cross")


class Families:
    """The families of one section, in order of first appearance; each has a colour class and a shape."""

    def __init__(self, names: list[str]):
        self.names = list(dict.fromkeys(names))

    def colour(self, family: str) -> str:
        """Its CSS class."""
        return f"c{self.names.index(family) % COLOURS}"

    def shape(self, family: str) -> str:
        """Its shape: a second round of colours comes with other shapes."""
        place = self.names.index(family)
        return SHAPES[(place + place // COLOURS) % len(SHAPES)]

    def marker(self, family: str, x: float, y: float, radius: float = 5) -> Markup:
        """Its marker around (x, y)."""
        return tag("path", d=outline(self.shape(family), x, y, radius), class_=f"mark {self.colour(family)}")

    def key(self, family: str) -> Markup:
        """Its marker as a picture of its own, for legends and tables; it says nothing to a screen reader, the name beside it does."""
        return tag("svg", self.marker(family, 7, 7), class_="key", view_box="0 0 14 14", aria_hidden="true", focusable="false")


def outline(shape: str, x: float, y: float, radius: float) -> str:
    """A path of about the same area whatever the shape."""
    if shape == "circle":
        return f"M{x - radius:.1f} {y:.1f}a{radius:.1f} {radius:.1f} 0 1 0 {2 * radius:.1f} 0a{radius:.1f} {radius:.1f} 0 1 0 {-2 * radius:.1f} 0z"
    if shape in ("plus", "cross"):
        return _polygon(_arms(radius), x, y, 0 if shape == "plus" else math.pi / 4)
    corners, turn, grow = {"square": (4, 45, 1.25), "diamond": (4, 0, 1.25), "triangle": (3, -90, 1.35), "point": (3, 90, 1.35), "hexagon": (6, 0, 1.1)}[shape]
    angles = [math.radians(turn + 360 * corner / corners) for corner in range(corners)]
    return _polygon([(grow * radius * math.cos(angle), grow * radius * math.sin(angle)) for angle in angles], x, y, 0)


def _arms(radius: float) -> list[tuple[float, float]]:
    long, short = 1.2 * radius, 0.42 * radius
    quarter = [(short, -short), (short, -long), (-short, -long)]
    corners = []
    for turns in range(4):
        for across, along in quarter:
            for _ in range(turns):
                across, along = along, -across
            corners.append((across, along))
    return corners


def _polygon(corners: list[tuple[float, float]], x: float, y: float, turn: float) -> str:
    cos, sin = math.cos(turn), math.sin(turn)
    return "M" + "L".join(f"{x + a * cos - b * sin:.1f} {y + a * sin + b * cos:.1f}" for a, b in corners) + "z"

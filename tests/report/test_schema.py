"""Checking JSON-able values against types: what passes, what does not, and where it says the fault is."""

from typing import Literal, NotRequired, TypedDict

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.report.schema import check_shape


class Leaf(TypedDict):
    name: str
    value: float
    note: NotRequired[str]


class Tree(TypedDict):
    kind: Literal["oak", "ash"]
    leaves: list[Leaf]
    facts: dict[str, str | int | float]
    age: int | None


def tree(**changes):
    return {"kind": "oak", "leaves": [{"name": "a", "value": 1}], "facts": {"x": 1, "y": "z", "w": 0.5}, "age": None} | changes


@pytest.mark.parametrize("changes", [{}, {"kind": "ash"}, {"leaves": []}, {"age": 3}, {"facts": {}}, {"leaves": [{"name": "", "value": 2.5, "note": "n"}]}])
def test_good_values_pass(changes):
    check_shape(tree(**changes), Tree, "tree")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "elm"}, r"tree\.kind: got 'elm' \(str\); expected one of 'oak', 'ash'"),
        ({"leaves": {}}, r"tree\.leaves: .*expected a list"),
        ({"leaves": [{"name": "a", "value": 1}, {"name": 3, "value": 1}]}, r"tree\.leaves\[1\]\.name: got '3' \(int\); expected text"),
        ({"leaves": [{"name": "a", "value": True}]}, r"value: got 'True' \(bool\)"),
        ({"leaves": [{"name": "a", "value": float("nan")}]}, r"value: got 'nan' .*finite"),
        ({"leaves": [{"name": "a", "value": float("-inf")}]}, r"value: got '-inf' .*finite"),
        ({"leaves": [{"name": "a", "value": np.float32(1)}]}, r"float32.*convert NumPy's with float"),
        ({"leaves": [{"name": "a"}]}, r"tree\.leaves\[0\]: lacks value"),
        ({"leaves": [{"name": "a", "value": 1, "colour": 2}]}, r"has unknown colour; expected the keys name, value, note"),
        ({"leaves": [None]}, r"leaves\[0\]: got 'None'.*object with name, value, note"),
        ({"facts": {"x": float("inf")}}, r"tree\.facts\['x'\]: got 'inf'"),
        ({"facts": {"x": True}}, r"tree\.facts\['x'\]: got 'True' \(bool\); expected str or int or float"),
        ({"facts": {1: "x"}}, r"tree\.facts: .*text keys"),
        ({"age": 1.5}, r"tree\.age: .*whole number"),
    ],
)
def test_bad_values_are_refused_with_their_place(changes, message):
    with pytest.raises(InputError, match=message):
        check_shape(tree(**changes), Tree, "tree")


def test_true_and_false_are_neither_numbers_nor_missing():
    check_shape(True, bool, "x")
    for value in (1, 0, "true", None):
        with pytest.raises(InputError, match="true or false"):
            check_shape(value, bool, "x")

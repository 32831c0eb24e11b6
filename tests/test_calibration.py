"""A calibration maps scores as its arrays say, keeps their order within a group, and refuses arrays that would not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.calibration import Calibration, logistic
from rankfold.errors import InputError


def f32(*values):
    return np.array(values, np.float32)


def steps(**changes):
    parts = {
        "kind": "isotonic",
        "target": "clicks",
        "groups": ("all", "new"),
        "arrays": {"starts": np.array([0, 3, 5]), "x": f32(0, 1, 3, -1, 1), "y": f32(0.1, 0.2, 0.6, 0, 1)},
    }
    arrays = parts["arrays"] | {name: value for name, value in changes.items() if name in parts["arrays"]}
    return Calibration(**(parts | {"arrays": arrays} | {name: value for name, value in changes.items() if name not in parts["arrays"]}))


def test_knots_are_joined_by_lines_and_flat_beyond():
    assert steps().apply([-5, 0, 0.5, 2, 3, 9]) == pytest.approx([0.1, 0.1, 0.15, 0.4, 0.6, 0.6])
    assert steps().apply([[0.0, 1.0], [0.0, 1.0]], group=[1, 0]) == pytest.approx(np.array([[0.5, 1.0], [0.1, 0.2]]))
    assert steps().apply([0.0, 0.0], group=[0, 1]) == pytest.approx([0.1, 0.5])


def test_lines_to_probabilities_and_to_scores():
    temperature = Calibration("temperature", "clicks", ("all",), {"slope": f32(2)})
    assert temperature.apply([0.0, 1.0, -1.0]) == pytest.approx([0.5, 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))])
    linear = Calibration("linear", "scores", ("all", "b"), {"slope": f32(2, 1), "offset": f32(1, -1)})
    assert linear.apply([[1, 2], [1, 2]], group=np.array([0, 1])).tolist() == [[3, 5], [0, 1]]
    assert np.isfinite(linear.apply(f32(3e38))).all()


def test_empty_places_stay_empty_and_names_find_their_group():
    assert steps().apply([-np.inf, 1.0]).tolist() == [-np.inf, pytest.approx(0.2)]
    assert steps().numbers(["new", "unheard of", "all"]).tolist() == [1, 0, 0]
    assert steps().nbytes == 24 + 20 + 20 and steps().apply(np.empty((0, 3))).shape == (0, 3)
    assert steps().entry() == {"kind": "isotonic", "target": "clicks", "groups": ["all", "new"]}


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20), st.integers(0, 1), st.sampled_from(["isotonic", "temperature", "linear"]))
def test_order_never_turns_around(scores, group, kind):
    arrays = {"slope": f32(0.5, 3)} | ({"offset": f32(0, -2)} if kind == "linear" else {})
    calibration = steps() if kind == "isotonic" else Calibration(kind, "clicks", ("all", "new"), arrays)
    values = calibration.apply(np.sort(f32(*scores)), group=np.full(len(scores), group))
    assert (np.diff(values) >= 0).all() and (values >= 0).all() and (values <= 1).all()


def test_the_logistic_function_does_not_overflow():
    assert logistic(np.array([-1e300, 0, 1e300])).tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "magic"},
        {"target": "money"},
        {"groups": ()},
        {"groups": ("new", "all")},
        {"groups": ("all", "all")},
        {"groups": ("all",)},
        {"groups": ("all", "b", "c")},
        {"arrays": {"x": f32(1), "y": f32(1)}},
        {"kind": "linear"},
        {"starts": np.array([0, 3, 6])},
        {"starts": np.array([0, 0, 5])},
        {"starts": np.array([1, 3, 5])},
        {"starts": np.array(3)},
        {"starts": np.array([0, 3, 5], np.int32)},
        {"x": f32(0, 1, 3, -1, np.nan)},
        {"x": f32(0, 1, 1, -1, 1)},
        {"x": f32(0, 1, 3, 2, 1)},
        {"x": f32(0, 1, 3, -1)},
        {"x": np.zeros((5, 1), np.float32)},
        {"y": f32(0.3, 0.2, 0.6, 0, 1)},
        {"y": f32(0.1, 0.2, 0.6, 0, 1.5)},
        {"y": f32(0.1, 0.2, np.inf, 0, 1)},
        {"y": np.array([0.1, 0.2, 0.6, 0, 1])},
    ],
)
def test_what_is_no_calibration_is_refused(change):
    with pytest.raises(InputError):
        steps(**change)


@pytest.mark.parametrize("slope", [f32(-1), f32(np.nan), f32(1, 2), np.ones(1), f32()])
def test_lines_that_fall_or_lie_are_refused(slope):
    with pytest.raises(InputError, match="slope"):
        Calibration("temperature", "clicks", ("all",), {"slope": slope})


@pytest.mark.parametrize(("scores", "group"), [([np.nan], None), ([np.inf], None), (["a"], None), ([1.0], [2]), ([1.0], [-1]), ([1.0], [0.0]), ([1.0], [0, 0])])
def test_bad_scores_and_groups_are_refused(scores, group):
    with pytest.raises(InputError):
        steps().apply(np.array(scores), group=group)

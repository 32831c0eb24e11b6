import numpy as np
import pytest

from rankfold.codecs.half import Half
from rankfold.codecs.reduced import Reduced
from rankfold.errors import SpecError


def test_rows_in_a_plane_need_two_axes(coded, gaussian):
    x = gaussian(200, 2) @ gaussian(2, 10, seed=1)
    state, codes, decoded = coded(Reduced(2, inner=Half()), x)
    assert np.abs(decoded - x).max() < 0.01 * np.abs(x).max()
    assert codes.row_bytes == 4 and state["axes"].dtype == np.float16


def test_rows_in_a_shifted_plane_need_the_mean(coded, gaussian):
    x = gaussian(200, 2) @ gaussian(2, 10, seed=1) + 20 * gaussian(1, 10, seed=2)
    with_mean = coded(Reduced(2, centre=True, inner=Half()), x)[2]
    without = coded(Reduced(2, inner=Half()), x)[2]
    assert np.abs(with_mean - x).max() < 0.1 < np.abs(without - x).max()


def test_leading_coordinates_stay_and_the_rest_is_zero(coded, gaussian):
    x = gaussian(20, 9)
    decoded = coded(Reduced(4, method="leading", inner=Half()), x)[2]
    assert np.allclose(decoded[:, :4], x[:, :4], atol=2e-3) and not decoded[:, 4:].any()


def test_weight_chooses_the_axes(coded):
    x = np.repeat(np.eye(4), 10, axis=0)
    decoded = coded(Reduced(1, inner=Half()), x, np.repeat([1, 1, 5, 1], 10))[2]
    assert np.allclose(decoded[20:30], x[20:30], atol=1e-3) and np.abs(decoded[:20]).max() < 1e-3


def test_bad_settings_are_refused():
    with pytest.raises(SpecError, match="dims: got 9; expected 1 to 8"):
        Reduced(9).row_bytes(8)
    with pytest.raises(SpecError, match="method: got 'best'"):
        Reduced(4, method="best")
    with pytest.raises(SpecError, match="centre: got True"):
        Reduced(4, method="leading", centre=True)

import numpy as np
import pytest

from rankfold.codecs.half import Half
from rankfold.codecs.int8 import Int8
from rankfold.codecs.largest import Largest
from rankfold.codecs.rotated import Rotated
from rankfold.errors import SpecError


@pytest.mark.parametrize("kind", ["random", "pca"])
def test_a_rotation_alone_loses_next_to_nothing(coded, gaussian, kind):
    x = gaussian(100, 37)
    decoded = coded(Rotated(kind, Half()), x)[2]
    assert np.abs(decoded - x).max() < 0.005 * np.abs(x).max()


def test_random_rotation_spreads_a_spike_that_would_cost_all_others_their_steps(coded, gaussian):
    x = gaussian(200, 256)
    x[:, 7] = 300.0
    plain, turned = coded(Int8(), x)[2] - x, coded(Rotated("random", Int8()), x)[2] - x
    assert np.square(turned).mean() < 0.2 * np.square(plain).mean()


def test_principal_axes_gather_energy_in_few_coordinates(coded, gaussian):
    x = gaussian(300, 4) @ gaussian(4, 64, seed=1)
    plain, turned = coded(Largest(4), x)[2] - x, coded(Rotated("pca", Largest(4)), x)[2] - x
    assert np.square(turned).sum() < 0.01 * np.square(plain).sum()


def test_bytes_are_the_inner_ones():
    assert Rotated("pca", Int8()).row_bytes(10) == 11


def test_other_kinds_are_refused():
    with pytest.raises(SpecError, match="kind: got 'learned'"):
        Rotated("learned")

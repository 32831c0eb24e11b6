import numpy as np
import pytest

from rankfold.codecs.half import Half
from rankfold.codecs.largest import Largest
from rankfold.codecs.normed import Normed
from rankfold.codecs.reduced import Reduced
from rankfold.codecs.scalar import Scalar


@pytest.mark.parametrize("inner", [Half(), Scalar(1), Largest(3), Reduced(4)])
def test_lengths_come_back_whatever_the_inner_code_lost(coded, gaussian, inner):
    x = gaussian(300, 32) * np.random.default_rng(0).lognormal(0, 1.5, (300, 1)).astype(np.float32)
    state, codes, decoded = coded(Normed(inner), x)
    ratio = np.linalg.norm(decoded, axis=1) / np.linalg.norm(x, axis=1)
    assert np.abs(np.log(ratio)).max() <= 0.501 * state["grid"][1] + 1e-4
    assert codes.row_bytes == Normed(inner).row_bytes(32) == inner.row_bytes(32) + 1


def test_directions_do_not_depend_on_lengths(coded, gaussian):
    x = gaussian(50, 16)
    state, codes, _ = coded(Normed(Half()), x)
    longer = Normed(Half()).encode(state, x * np.float32(2))
    assert np.array_equal(longer["inner.values"], codes["inner.values"])
    assert (longer["scale"] > codes["scale"]).all()


def test_rows_of_zeros_get_byte_zero(coded, gaussian):
    x = gaussian(10, 16)
    x[3] = 0
    _, codes, decoded = coded(Normed(), x)
    assert np.flatnonzero(codes["scale"] == 0).tolist() == [3] and not decoded[3].any()

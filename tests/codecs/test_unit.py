import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.codecs.half import Half
from rankfold.codecs.pq import PQ
from rankfold.codecs.reduced import Reduced
from rankfold.codecs.residual import Residual
from rankfold.codecs.unit import MOST_STRETCH, Unit


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.mark.parametrize("inner", [Half(), Reduced(16), PQ(4), Residual(2, refits=1)])
def test_decoded_rows_have_the_common_length_and_no_byte_is_spent(coded, gaussian, inner):
    x = 7 * unit(gaussian(300, 32))
    _, codes, decoded = coded(Unit(inner), x)
    np.testing.assert_allclose(np.linalg.norm(decoded, axis=1), 7, rtol=1e-5)
    assert codes.row_bytes == Unit(inner).row_bytes(32) == inner.row_bytes(32)


def test_directions_are_those_of_the_inner_codec(coded, gaussian):
    x = unit(gaussian(300, 16))
    _, codes, decoded = coded(Unit(Residual(2, refits=1)), x)
    _, plain_codes, plain = coded(Residual(2, refits=1), x)
    assert np.mean(codes["inner.codes"] == plain_codes["codes"]) > 0.99
    np.testing.assert_allclose(unit(decoded)[:20], unit(plain)[:20], atol=1e-4)


def test_it_finds_more_than_the_inner_codec_alone(coded, gaussian, agreement):
    x = unit(gaussian(3000, 32) * np.linspace(2, 0.2, 32, dtype=np.float32))
    plain, lifted = (coded(one, x)[2] for one in (Residual(2, refits=2), Unit(Residual(2, refits=2))))
    queries = unit(gaussian(200, 32, 1) * np.linspace(2, 0.2, 32, dtype=np.float32))
    assert agreement(queries, x, lifted, 50) > agreement(queries, x, plain, 50) + 0.01


def test_zeros_stay_zeros_and_stretching_ends(coded):
    x = np.eye(8, dtype=np.float32)
    one = Unit(from_spec({"codec": "reduced", "dims": 2, "method": "leading", "inner": {"codec": "half"}}))
    x[3, 0] = 1 / (4 * MOST_STRETCH)
    _, _, decoded = coded(one, x)
    assert not decoded[2].any() and not decoded[4:].any()
    assert np.linalg.norm(decoded[3]) == pytest.approx(MOST_STRETCH * x[3, 0], rel=0.01)
    assert np.linalg.norm(decoded[0]) == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_tiny_and_huge_lengths(coded, gaussian, scale):
    x = unit(gaussian(100, 16)) * np.float32(scale)
    _, _, decoded = coded(Unit(PQ(4)), x)
    np.testing.assert_allclose(np.linalg.norm((decoded / np.float32(scale)).astype(np.float64), axis=1), 1, rtol=1e-4)


def test_rows_of_another_length_are_known(coded, gaussian):
    x = 3 * unit(gaussian(50, 16))
    state, _, _ = coded(Unit(Half()), x)
    assert Unit(Half()).loses_length(state, x * np.array([1, 1.001, 1.1, 0.5, 0])[np.arange(50) % 5, None]).tolist() == [False, False, True, True, True] * 10

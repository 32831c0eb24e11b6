import numpy as np
import pytest

from rankfold.codecs.scalar import Scalar
from rankfold.errors import SpecError


@pytest.mark.parametrize(("bits", "decibel"), [(2, 9.30), (3, 14.62), (4, 20.22)])
def test_distortion_is_that_of_lloyd_max_on_a_gaussian(coded, gaussian, bits, decibel):
    x = gaussian(800, 256)
    x[:, 128:] *= 0.01
    _, codes, decoded = coded(Scalar(bits), x)
    # The scale is the unbiased one, whose error is 1 / (1 - d) times that of the scale of least error, d = its distortion.
    least = 10 ** (-decibel / 10)
    assert np.square(decoded - x).sum() / np.square(x).sum() == pytest.approx(least / (1 - least), rel=0.06)


@pytest.mark.parametrize(("bits", "dim", "row_bytes"), [(1, 9, 3), (2, 9, 4), (3, 100, 39), (4, 9, 6), (5, 8, 6), (8, 9, 10)])
def test_row_bytes(coded, gaussian, bits, dim, row_bytes):
    assert Scalar(bits).row_bytes(dim) == row_bytes
    assert coded(Scalar(bits), gaussian(5, dim))[1].row_bytes == row_bytes


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_a_row_scores_itself_without_bias(coded, gaussian, bits):
    x = gaussian(500, 128)
    decoded = coded(Scalar(bits), x)[2]
    assert np.einsum("nd,nd->n", x, decoded).mean() == pytest.approx(np.square(x).sum(axis=1).mean(), rel=0.01)


def test_more_bits_agree_more(coded, gaussian, agreement):
    x, queries = gaussian(1000, 64), gaussian(50, 64, seed=1)
    found = [agreement(queries, x, coded(Scalar(bits), x)[2]) for bits in (1, 2, 4, 6, 8)]
    assert found == sorted(found) and found[0] > 0.3 and found[-1] > 0.98


def test_levels_of_a_gaussian_are_the_known_ones_and_symmetric(coded, gaussian):
    levels = coded(Scalar(2), gaussian(400, 256))[0]["levels"]
    assert levels.dtype == np.float16 and np.array_equal(levels, -levels[::-1])
    assert levels.astype(float) == pytest.approx([-1.51, -0.4528, 0.4528, 1.51], abs=0.03)


def test_levels_follow_the_weight(coded, gaussian):
    x = np.repeat(gaussian(2, 16), 50, axis=0)
    first, second = (coded(Scalar(2), x, np.repeat(weight, 50))[2] - x for weight in ([1, 0], [0, 1]))
    assert np.square(first[:50]).sum() < np.square(second[:50]).sum()
    assert np.square(second[50:]).sum() < np.square(first[50:]).sum()


@pytest.mark.parametrize("bits", [3, 4, 5, 8])
def test_scans_of_many_bits_are_far_more_exact_than_the_codes(coded, gaussian, bits):
    x, queries = gaussian(100, 65), gaussian(20, 65, seed=1)
    state, codes, decoded = coded(Scalar(bits), x)
    out = np.empty((20, 100), np.float32)
    bound = Scalar(bits).scan(Scalar(bits).prepare(state, queries), Scalar(bits).pack(state, codes), out)
    lengths = np.linalg.norm(queries, axis=1) * np.linalg.norm(decoded, axis=1).max()
    assert (bound < 0.001 * lengths).all()
    assert (np.abs(out - queries @ decoded.T) <= bound[:, None]).all()


def test_eight_bits_are_not_spoiled_by_the_byte_of_the_scale(coded, gaussian):
    x = gaussian(300, 128) * np.random.default_rng(1).lognormal(0, 2, (300, 1)).astype(np.float32)
    decoded = coded(Scalar(8), x)[2]
    lengths = np.linalg.norm(decoded, axis=1) / np.linalg.norm(x, axis=1)
    assert np.abs(lengths - 1).max() < 0.006


@pytest.mark.parametrize("bits", [0, 9, True])
def test_bad_widths_are_refused(bits):
    with pytest.raises(SpecError, match="bits: got"):
        Scalar(bits)

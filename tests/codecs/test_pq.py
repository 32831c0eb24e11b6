"""Product quantization: exact on its own codewords, weights honoured, rotation useful, bad settings refused."""

import numpy as np
import pytest

from rankfold.codecs.pq import PQ, balanced_axes, power_of_two
from rankfold.codes import Codes
from rankfold.errors import SpecError
from tests.codecs.fits import coded, error, fitted, ones


def correlated(count=3000, dim=16, seed=0):
    rng = np.random.default_rng(seed)
    scales = np.exp(-np.arange(dim) / 3).astype(np.float32)
    mix = np.linalg.qr(rng.standard_normal((dim, dim)))[0].astype(np.float32)
    return (rng.standard_normal((count, dim)).astype(np.float32) * scales) @ mix


@pytest.mark.parametrize("bits", [8, 4])
def test_rows_made_of_codewords_come_back_exactly(bits):
    rng = np.random.default_rng(0)
    size = 1 << bits
    # Whole numbers below 2048 are float16 values.
    books = rng.integers(-2000, 2000, (4, size, 3)).astype(np.float16)
    state = {"books": books, "scale": np.array([4.0], np.float32), "dim": np.array([12], np.int32)}
    labels = rng.integers(0, size, (3000, 4))
    x = 4 * np.concatenate([books[group][labels[:, group]] for group in range(4)], axis=1).astype(np.float32)
    np.testing.assert_array_equal(coded(PQ(4, bits), state, x), x)


def test_few_distinct_values_are_learned():
    rng = np.random.default_rng(0)
    words = rng.standard_normal((4, 100, 3)).astype(np.float32)
    x = np.concatenate([word[rng.integers(0, 100, 4000)] for word in words], axis=1)
    assert error(PQ(4), x) < 1e-3


def test_four_clusters_of_each_group():
    rng = np.random.default_rng(1)
    corners = np.array([[0, 0], [8, 0], [0, 8], [8, 8]], np.float32)
    x = np.concatenate([corners[rng.integers(0, 4, 2000)] for _ in range(2)], axis=1) + rng.normal(0, 0.1, (2000, 4)).astype(np.float32)
    assert error(PQ(2, 4), x) < 2e-4


def test_books_are_float16_and_codes_are_as_promised():
    x = correlated()
    for codec, row_bytes in ((PQ(4), 4), (PQ(4, 4), 2), (PQ(4, rotation="learned"), 4)):
        state = fitted(codec, x)
        assert state["books"].dtype == np.float16
        assert "rotation" not in state or state["rotation"].dtype == np.float16
        codes = Codes(codec.encode(state, x[:10]))
        assert codes.row_bytes == row_bytes == codec.row_bytes(16)
        assert codes["codes"].dtype == np.uint8 and codes["codes"].flags.c_contiguous


@pytest.mark.parametrize("rotation", ["none", "learned"])
@pytest.mark.parametrize("bits", [4, 8])
def test_scan_equals_decoded_rows(rotation, bits):
    x = correlated(700, 13)
    queries = np.random.default_rng(3).standard_normal((5, 13)).astype(np.float32)
    codec = PQ(6, bits, rotation)
    state = fitted(codec, x)
    codes = Codes(codec.encode(state, x))
    out = np.empty((5, 700), np.float32)
    prepared = codec.prepare(state, queries)
    bound = codec.scan(prepared, codec.pack(state, codes), out)
    exact = queries.astype(np.float64) @ codec.decode(state, codes).T.astype(np.float64)
    assert (np.abs(out - exact).max(axis=1) <= bound).all()
    assert np.corrcoef(out.ravel(), exact.ravel())[0, 1] > 0.999
    some = np.array([3, 600, 3])
    np.testing.assert_allclose(codec.score(state, prepared, np.full(len(codes.rows(some)["codes"]), 4), codes.rows(some)), exact[4, some], rtol=1e-4, atol=1e-4)


def test_dimensions_that_do_not_divide():
    x = correlated(2000, 13)
    for rotation in ("none", "learned"):
        assert coded(PQ(4, rotation=rotation), fitted(PQ(4, rotation=rotation), x), x).shape == x.shape
        assert error(PQ(4, rotation=rotation), x) < 0.2


def test_a_learned_rotation_loses_less():
    x = correlated(4000, 24)
    assert error(PQ(4, rotation="learned"), x) < 0.8 * error(PQ(4), x)


def test_weights_are_honoured():
    x = np.random.default_rng(2).standard_normal((4000, 8)).astype(np.float32)
    heavy = np.arange(4000) < 300
    weight = np.where(heavy, 100, 1).astype(np.float32)
    for codec in (PQ(2, 4), PQ(2, 4, "learned")):
        assert error(codec, x, x[heavy], weight=weight) < 0.9 * error(codec, x, x[heavy])


@pytest.mark.parametrize("count", [1, 2, 40, 255])
def test_fewer_rows_than_codewords(count):
    x = correlated(count)
    for codec in (PQ(4), PQ(4, rotation="learned")):
        np.testing.assert_allclose(coded(codec, fitted(codec, x), x), x, atol=5e-3)


@pytest.mark.parametrize("size", [1e-20, 1e-6, 1e8])
def test_any_size_of_values(size):
    x = correlated() * np.float32(size)
    assert error(PQ(4), x) == pytest.approx(error(PQ(4), correlated()), rel=0.05)


def test_same_seed_same_bytes():
    x = correlated()
    for codec in (PQ(4), PQ(4, rotation="learned")):
        first, again, other = (fitted(codec, x, seed=seed)["books"].tobytes() for seed in (1, 1, 2))
        assert first == again != other


def test_zero_rows():
    x = np.zeros((20, 6), np.float32)
    for codec in (PQ(3), PQ(3, rotation="learned")):
        np.testing.assert_array_equal(coded(codec, fitted(codec, x), x), x)


def test_axes_are_dealt_evenly():
    x = np.random.default_rng(0).standard_normal((4000, 4)).astype(np.float32) * np.array([8, 4, 2, 1], np.float32)
    axes = balanced_axes(x, ones(4000), 2)
    np.testing.assert_allclose(axes.T @ axes, np.eye(4), atol=1e-5)
    variances = np.var(x @ axes, axis=0).reshape(2, 2).prod(axis=1)
    # 8 * 1 against 4 * 2: equal products of variances.
    np.testing.assert_allclose(variances, [64, 64], rtol=0.2)


def test_power_of_two():
    assert [power_of_two(np.array([value], np.float32)) for value in (0, 1, -3, 0.3)] == [1, 1, 4, 0.5]


def test_bad_settings_are_refused():
    for settings, message in (
        ({"groups": 0}, "groups: got 0"),
        ({"bits": 5}, "bits: got 5"),
        ({"groups": 3, "bits": 4}, "an even number of groups"),
        ({"rotation": "both"}, "rotation: got 'both'"),
    ):
        with pytest.raises(SpecError, match=message):
            PQ(**settings)
    with pytest.raises(SpecError, match="groups: got 16 for 8 dimensions"):
        PQ(16).row_bytes(8)
    assert all(codec.groups <= 20 for codec in PQ.ladder(20))

"""Trellis codes: what a direction gets by its variance, when axes pay, any size of values, few rows, and budgets that cannot be."""

import numpy as np
import pytest

from rankfold.codecs.trellis import Trellis
from rankfold.codes import Codes
from rankfold.errors import SpecError
from tests.codecs.fits import coded, error, fitted


def gaussian(count=600, dim=12, seed=0):
    return np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)


def decaying(count=600, dim=16, seed=0):
    """Rows whose directions fall off fast, turned so that no coordinate shows it, and their true axes."""
    turn = np.linalg.qr(np.random.default_rng(99).standard_normal((dim, dim)))[0]
    return ((gaussian(count, dim, seed) * 0.6 ** np.arange(dim)) @ turn.T).astype(np.float32), turn


def test_strong_directions_get_more_bits_and_all_bits_are_given():
    x, turn = decaying()
    state = fitted(Trellis(4, 6), x)
    assert state["advance"].sum() == 32 and (np.diff(state["advance"].astype(int)) <= 0).all()
    coordinates = len(state["advance"])
    assert coordinates < 16 and state["axes"].shape == (coordinates, 16) and state["axes"].dtype == np.float16
    # What is coded is the span of the strongest true axes, within what a sample shows of them.
    inside = np.square(state["axes"].astype(np.float64) @ turn[:, :coordinates]).sum()
    assert inside > 0.9 * coordinates


def test_error_is_near_what_reverse_water_filling_promises():
    x, _ = decaying(1500)
    variance = 0.36 ** np.arange(16)
    low, high = 0.0, 1.0
    for _ in range(60):
        water = (low + high) / 2
        low, high = (low, water) if np.log2(np.maximum(variance / water, 1)).sum() / 2 < 32 else (water, high)
    bound = np.minimum(variance, water).sum() / variance.sum()
    found = error(Trellis(4), x, decaying(500, seed=1)[0])
    assert bound < found < 2.2 * bound


def test_flat_rows_take_a_random_rotation_and_store_next_to_nothing():
    x = gaussian(800, 32)
    state = fitted(Trellis(8), x)
    assert "axes" not in state and state["signs"].dtype == np.int8 and set(state["advance"]) == {2}
    assert sum(array.nbytes for array in state.values()) < 1_200
    assert error(Trellis(8), x) < 1.1 * error(Trellis(8, rotation="pca"), x, gaussian(300, 32, seed=4))
    assert "axes" in fitted(Trellis(8), decaying(dim=32)[0])


def test_more_bytes_lose_less_on_rows_not_seen():
    x, fresh = gaussian(800, 16), gaussian(300, 16, seed=1)
    errors = [error(Trellis(size, 6), x, fresh) for size in (2, 4, 8)]
    assert errors[0] > 2.5 * errors[1] > 6 * errors[2]


def test_scan_and_score_equal_decoded_rows_within_a_narrow_bound():
    x, queries = decaying(700)[0] + np.float32(0.3), gaussian(5, 16, seed=9)
    codec = Trellis(6)
    state = fitted(codec, x)
    codes = Codes(codec.encode(state, x))
    out = np.empty((5, 700), np.float32)
    prepared = codec.prepare(state, queries)
    bound = codec.scan(prepared, codec.pack(state, codes), out)
    exact = queries.astype(np.float64) @ codec.decode(state, codes).T.astype(np.float64)
    assert (np.abs(out - exact).max(axis=1) <= bound).all()
    assert (bound < 0.02 * exact.std(axis=1)).all()
    some = np.array([3, 600, 3])
    np.testing.assert_allclose(codec.score(state, prepared, np.full(3, 4), codes.rows(some)), exact[4, some], rtol=1e-4, atol=1e-4)


def test_weights_count_in_centre_axes_and_tables():
    strong, other = gaussian(600, 16), gaussian(600, 16, seed=2)
    strong[:, 4:] *= 0.05
    other[:, :12] *= 0.05
    strong += 1
    x, weight = np.concatenate([strong, other]), np.repeat([100.0, 1.0], 600).astype(np.float32)
    codec = Trellis(2)
    state = fitted(codec, x, weight)
    np.testing.assert_allclose(state["centre"] * state["scale"], np.average(x, axis=0, weights=weight), atol=1e-4)
    assert error(codec, x, strong, weight=weight) < 0.7 * error(codec, x, strong)


@pytest.mark.parametrize("dim", [2, 3, 7, 65])
def test_any_dimension(dim):
    x = decaying(300, dim)[0]
    for size in {1, 6 * dim // 8}:
        codec = Trellis(size)
        state = fitted(codec, x)
        assert state["advance"].sum() == 8 * size and Codes(codec.encode(state, x)).row_bytes == size == codec.row_bytes(dim)
        assert error(codec, x) < 0.6


def test_constant_columns_and_identical_rows_come_back():
    x = gaussian(200, 8)
    x[:, [1, 6]] = 5
    decoded = coded(Trellis(2), fitted(Trellis(2), x), x)
    np.testing.assert_allclose(decoded[:, [1, 6]], 5, atol=0.02)
    same = np.repeat(gaussian(1, 8), 50, axis=0)
    np.testing.assert_allclose(coded(Trellis(2), fitted(Trellis(2), same), same), same, atol=1e-3)
    one = gaussian(1, 8)
    np.testing.assert_allclose(coded(Trellis(2), fitted(Trellis(2), one), one), one, rtol=1e-5)


@pytest.mark.parametrize("size", [1e-37, 1e-20, 1e8, 1e20, 3e37])
@pytest.mark.parametrize("rotation", ["pca", "random"])
def test_any_size_of_values(size, rotation):
    x = decaying(400)[0]
    codec = Trellis(4, rotation=rotation)
    scaled = x * np.float32(size)
    decoded = coded(codec, fitted(codec, scaled), scaled) / np.float64(size)
    assert np.square(decoded - x).sum() / np.square(x).sum() == pytest.approx(error(codec, x), rel=0.1)


def test_same_seed_same_bytes():
    x = decaying(200)[0]
    first, again, other = (fitted(Trellis(4), x, seed=seed) for seed in (1, 1, 2))
    assert all(first[name].tobytes() == again[name].tobytes() for name in first)
    assert first["tables"].tobytes() != other["tables"].tobytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bytes": 0}, "bytes: got 0"),
        ({"bytes": 1, "window": 9}, "bytes: got 1; expected 2"),
        ({"window": 5}, "window: got 5"),
        ({"window": 13}, "window: got 13"),
        ({"rotation": "none"}, "rotation: got 'none'"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(SpecError, match=message):
        Trellis(**settings)


def test_more_bits_than_coordinates_can_hold_are_refused():
    with pytest.raises(SpecError, match="bytes: got 13 for 16 dimensions; expected at most 12"):
        Trellis(13).row_bytes(16)
    assert Trellis(12).row_bytes(16) == 12
    with pytest.raises(SpecError, match="expected at most 0"):
        Trellis(1).row_bytes(1)

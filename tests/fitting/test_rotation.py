import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rankfold.fitting import rotation

DIMS = [1, 2, 3, 7, 16, 65, 100, 384, 511]


def rows(count, dim, seed=0):
    return np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)


@pytest.mark.parametrize("dim", DIMS)
def test_random_rotation_is_orthogonal_and_undone(dim):
    signs = rotation.random_signs(dim, np.random.default_rng(1))
    matrix = rotation.rotate(signs, np.eye(dim, dtype=np.float32)).astype(np.float64)
    assert signs.dtype == np.int8 and set(np.unique(signs)) <= {-1, 1}
    assert np.abs(matrix @ matrix.T - np.eye(dim)).max() < 1e-5
    x = rows(9, dim)
    assert np.abs(rotation.unrotate(signs, rotation.rotate(signs, x)) - x).max() < 1e-5


@pytest.mark.parametrize("dim", [64, 65, 100, 384, 511])
def test_energy_of_a_few_coordinates_is_spread_over_all(dim):
    energy = np.zeros(dim)
    for seed in range(20):
        x = np.zeros((50, dim), np.float32)
        x[:, : dim // 10] = rows(50, dim // 10, seed)
        y = rotation.rotate(rotation.random_signs(dim, np.random.default_rng(seed)), x)
        energy += np.square(y).mean(axis=0)
    thirds = np.array([part.mean() for part in np.array_split(energy / energy.mean(), 3)])
    assert (np.abs(thirds - 1) < 0.15).all()


@given(st.integers(1, 130), st.integers(0, 2**31), st.integers(1, 40))
def test_a_row_turns_the_same_way_whatever_its_batch(dim, seed, count):
    signs = rotation.random_signs(dim, np.random.default_rng(seed))
    x = rows(count, dim, seed)
    whole = rotation.rotate(signs, x)
    assert np.array_equal(whole[count // 2 :], rotation.rotate(signs, x[count // 2 :]))
    assert np.array_equal(rotation.unrotate(signs, whole)[:1], rotation.unrotate(signs, whole[:1]))


def test_rotation_leaves_its_input_alone():
    signs = rotation.random_signs(8, np.random.default_rng(0))
    x = rows(4, 8)
    before = x.copy()
    rotation.rotate(signs, x)
    assert np.array_equal(x, before)


def test_pca_finds_planted_axes_in_order():
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.standard_normal((5, 5)))[0]
    x = ((rng.standard_normal((4000, 5)) * [9, 5, 3, 1, 0.3]) @ turn.T + 7).astype(np.float32)
    mean, axes = rotation.pca(x, np.ones(4000, np.float32), centre=True)
    assert np.abs(mean - 7).max() < 1
    assert (np.abs(np.einsum("ij,ji->i", axes, turn)) > 0.99).all()
    assert (np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1) > 0).all()


def test_pca_without_centring_leaves_the_mean_at_zero_and_counts_weights():
    x = np.array([[1, 0], [0, 1]], np.float32)
    mean, axes = rotation.pca(x, np.array([1, 9], np.float32), centre=False)
    assert not mean.any()
    assert np.allclose(axes, [[0, 1], [1, 0]])


def test_pca_weight_equals_repetition():
    x = rows(50, 4)
    times = np.random.default_rng(0).integers(1, 4, 50)
    weighted = rotation.pca(x, times.astype(np.float32), centre=True)
    repeated = rotation.pca(np.repeat(x, times, axis=0), np.ones(times.sum(), np.float32), centre=True)
    assert np.allclose(weighted[0], repeated[0], atol=1e-5) and np.allclose(weighted[1], repeated[1], atol=1e-4)


def test_procrustes_recovers_a_planted_rotation_and_obeys_weights():
    rng = np.random.default_rng(5)
    turn = np.linalg.qr(rng.standard_normal((6, 6)))[0].astype(np.float32)
    a = rows(100, 6)
    b = a @ turn
    assert np.abs(rotation.procrustes(a, b) - turn).max() < 1e-5
    b[50:] = rows(50, 6, 9)
    weight = np.repeat(np.array([1, 0], np.float32), 50)
    assert np.abs(rotation.procrustes(a, b, weight) - turn).max() < 1e-5
    assert np.abs(rotation.procrustes(a, b) - turn).max() > 1e-2

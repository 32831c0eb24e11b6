"""Learned dictionaries: atoms of length one, all in use, better than the rows they start from, and the same for the same seed."""

import numpy as np
import pytest

from rankfold.arrays import row_norms, unit_rows
from rankfold.fitting.dictionary import first_atoms, has_earlier_twin, improved_atoms, learn_dictionary, summed_atoms
from rankfold.fitting.sparsecoding import omp_codes

DIM, ATOMS, NONZEROS = 24, 40, 3


def ones(count):
    return np.ones(count, np.float32)


def planted(count=1500, seed=0, noise=0.02):
    """Rows that are sums of three signed atoms of a hidden dictionary."""
    rng = np.random.default_rng(seed)
    hidden = unit_rows(np.random.default_rng(99).standard_normal((ATOMS, DIM)).astype(np.float32))
    index = np.argsort(rng.random((count, ATOMS)), axis=1)[:, :NONZEROS]
    value = (rng.uniform(0.5, 1.5, index.shape) * rng.choice([-1, 1], index.shape)).astype(np.float32)
    return hidden, summed_atoms(hidden, index, value) + np.float32(noise) * rng.standard_normal((count, DIM)).astype(np.float32)


def learned(x, weight=None, latents=ATOMS, nonzeros=NONZEROS, seed=0, **options):
    return learn_dictionary(x, ones(len(x)) if weight is None else weight, latents, nonzeros, np.random.default_rng(seed), **options)


def error(atoms, x):
    return float(np.square(x - summed_atoms(atoms, *omp_codes(atoms, x, NONZEROS))).sum() / np.square(x).sum())


def test_sums_of_atoms():
    atoms = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(summed_atoms(atoms, np.array([[2, 0], [1, 1]]), np.array([[0.5, -2], [1, 3]], np.float32)), [[-2, 0, 0.5], [0, 4, 0]])


def test_learning_explains_rows_it_has_not_seen_better_than_rows_as_atoms_do():
    _, x = planted()
    fresh = planted(500, seed=1)[1]
    start, end = learned(x, passes=0.01), learned(x, passes=20)
    assert error(end, fresh) < 0.5 * error(start, fresh)


def test_most_of_a_hidden_dictionary_is_found():
    hidden, x = planted(4000)
    close = np.abs(hidden @ learned(x, latents=60, passes=20).T).max(axis=1)
    assert (close > 0.95).mean() > 0.8


def test_atoms_have_length_one_no_twins_and_are_all_used():
    _, x = planted()
    atoms = learned(x)
    assert atoms.shape == (ATOMS, DIM) and atoms.dtype == np.float32
    np.testing.assert_allclose(row_norms(atoms), 1, rtol=1e-5)
    assert not has_earlier_twin(atoms).any()
    assert (np.bincount(omp_codes(atoms, x, NONZEROS)[0].ravel(), minlength=ATOMS) > 0).all()


def test_same_seed_same_atoms_and_only_directions_count():
    _, x = planted(400)
    longer = x * np.random.default_rng(3).choice([0.25, 1, 64], (400, 1)).astype(np.float32)
    np.testing.assert_array_equal(learned(x), learned(x))
    np.testing.assert_allclose(learned(longer), learned(x), atol=1e-3)


def test_rows_of_no_weight_and_rows_of_zeros_are_as_if_not_there():
    _, x = planted(300)
    weight = np.zeros(300, np.float32)
    weight[:20] = 1
    for atoms in (learned(x, weight), learned(np.where(weight[:, None] > 0, x, 0))):
        assert len(atoms) == 20
        np.testing.assert_allclose(np.sort(np.abs(unit_rows(x[:20]) @ atoms.T).max(axis=1)), 1, atol=1e-5)


def test_heavy_rows_are_explained_better():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((600, DIM)).astype(np.float32)
    weight = np.where(np.arange(600) < 100, 50, 1).astype(np.float32)
    even, heavy = (error(learned(x, one), x[:100]) for one in (ones(600), weight))
    assert heavy < 0.9 * even


@pytest.mark.parametrize("count", [0, 1, 5])
def test_few_rows_are_filled_up_to_the_nonzeros(count):
    x = np.random.default_rng(5).standard_normal((count, 8)).astype(np.float32)
    atoms = learned(x, latents=64, nonzeros=7)
    assert atoms.shape == (7, 8)
    np.testing.assert_allclose(row_norms(atoms), 1, rtol=1e-5)
    np.testing.assert_allclose(np.abs(unit_rows(x) @ atoms.T).max(axis=1, initial=0), 1, rtol=1e-5)


def test_equal_and_opposite_rows_are_one_atom():
    x = np.repeat(np.eye(4, dtype=np.float32), 30, axis=0) * np.where(np.arange(120) % 2, -2, 3).astype(np.float32)[:, None]
    atoms = first_atoms(unit_rows(x), ones(120), 50, np.random.default_rng(0))
    assert len(atoms) == 4
    assert has_earlier_twin(np.concatenate([atoms, -atoms[:1]])).tolist() == [False] * 4 + [True]
    assert np.isfinite(learned(x, latents=50, nonzeros=2)).all()


def test_good_atoms_lose_nothing_to_few_rows_where_they_are_trusted():
    hidden, few = planted(60, noise=0.3)
    fresh = planted(1_000, seed=1, noise=0.3)[1]

    def after(trusted):
        given = hidden.copy()
        *_, atoms = improved_atoms(given, [(unit_rows(few), ones(60))] * 4, 4, NONZEROS, 60, trusted=trusted)
        np.testing.assert_array_equal(given, hidden)
        np.testing.assert_allclose(row_norms(atoms), 1, rtol=1e-5)
        return error(atoms, fresh)

    assert error(hidden, fresh) < after(True) < 1.2 * error(hidden, fresh) < after(False)


def test_trusted_atoms_that_no_row_uses_stay_and_others_turn_to_their_rows():
    x = unit_rows(np.array([[1, 0.5, 0], [1, 0.5, 0]], np.float32).repeat(50, axis=0))
    (atoms,) = improved_atoms(np.eye(3, dtype=np.float32), [(x, ones(100))], 1, 1, 100, trusted=True)
    np.testing.assert_array_equal(atoms[1:], np.eye(3)[1:])
    # 100 rows that count an eighth each, of value c = 2 / sqrt 5, and three rows' worth of the axis.
    c, weight = 2 / np.sqrt(5), 100 / 8
    expected = (weight * c * x[0] + 3 * np.eye(3)[0]) / (weight * c * c + 3)
    np.testing.assert_allclose(atoms[0], expected / np.linalg.norm(expected), atol=1e-5)

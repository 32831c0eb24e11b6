"""The NumPy twins of the encoders of sparse codes against loops that are too simple to be wrong."""

import numpy as np
import pytest

from rankfold import kernels


@pytest.fixture(autouse=True)
def on_reference():
    with kernels.use("reference"):
        yield


def pursued(atoms, x, nonzeros):
    """Pursuit by least squares: every atom is tried beside the chosen ones, and the one that leaves least is kept (Chen, Billings and Luo, 1989)."""
    atoms, x, chosen = atoms.astype(np.float64), x.astype(np.float64), []

    def fitted(some):
        values = np.linalg.lstsq(atoms[some].T, x, rcond=None)[0]
        return values, float(np.square(x - values @ atoms[some]).sum())

    while len(chosen) < nonzeros:
        others = [atom for atom in range(len(atoms)) if atom not in chosen]
        chosen.append(min(others, key=lambda atom: fitted([*chosen, atom])[1]))
    return chosen, fitted(chosen)[0]


@pytest.mark.parametrize("atoms,dim,nonzeros", [(8, 8, 8), (40, 16, 5), (200, 24, 6), (5, 30, 1)])
def test_omp_keeps_the_atom_that_leaves_least(atoms, dim, nonzeros):
    rng = np.random.default_rng(atoms)
    dictionary = rng.normal(size=(atoms, dim)).astype(np.float32)
    x = rng.normal(size=(20, dim)).astype(np.float32)
    index, value = kernels.omp(x @ dictionary.T, dictionary @ dictionary.T, nonzeros)
    for row in range(20):
        chosen, values = pursued(dictionary, x[row], nonzeros)
        assert index[row].tolist() == chosen
        np.testing.assert_allclose(value[row], values, rtol=0, atol=2e-3 if atoms == dim else 1e-5)


@pytest.mark.parametrize("atoms,dim,nonzeros", [(300, 40, 8), (2000, 24, 32), (50, 7, 50), (1, 1, 1)])
def test_topk_rows_are_the_largest_products(atoms, dim, nonzeros):
    rng = np.random.default_rng(atoms)
    encoder, bias = rng.normal(size=(atoms, dim)).astype(np.float32), rng.normal(size=atoms).astype(np.float32)
    x = rng.normal(size=(30, dim)).astype(np.float32)
    index, value = kernels.topk_rows(x, encoder, bias, nonzeros)
    exact = x.astype(np.float64) @ encoder.T + bias
    expected = np.argsort(-np.abs(exact), axis=1)[:, :nonzeros]
    assert (index == expected).mean() > 0.999
    np.testing.assert_allclose(value, np.take_along_axis(exact, index.astype(np.intp), axis=1), rtol=0, atol=1e-4)
    assert (np.diff(np.abs(value), axis=1) <= 0).all()

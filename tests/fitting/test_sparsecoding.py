"""Codes of rows are the same whatever comes with them, and as good as the kernels promise."""

import numpy as np
import pytest

from rankfold import runtime
from rankfold.errors import InputError
from rankfold.fitting import dictionary, sparsecoding
from rankfold.fitting.sparsecoding import SEARCH_ROWS, omp_codes, topk_codes


def case(rows, atoms=300, dim=40):
    rng = np.random.default_rng(rows)
    found = rng.normal(size=(atoms, dim)).astype(np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return found, rng.normal(size=(rows, dim)).astype(np.float32), (rng.normal(size=atoms) / 10).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("rows", [0, 1, SEARCH_ROWS - 1, SEARCH_ROWS, 3 * SEARCH_ROWS + 5])
def test_codes_do_not_depend_on_the_other_rows(rows, dtype):
    atoms, x, bias = case(rows)
    atoms = atoms.astype(dtype)
    for codes in (lambda x: omp_codes(atoms, x, 6), lambda x: topk_codes(atoms, bias, x, 6)):
        index, value = codes(x)
        assert index.shape == value.shape == (rows, 6) and index.dtype == np.int32 and value.dtype == np.float32
        for cut in (slice(0, 1), slice(0, 7), slice(SEARCH_ROWS, None)):
            part_index, part_value = codes(x[cut])
            np.testing.assert_array_equal(part_index, index[cut])
            np.testing.assert_array_equal(part_value, value[cut])


def test_longer_codes_are_nearer_and_the_search_beats_the_product():
    atoms, x, _ = case(200)
    errors = []
    for nonzeros in (1, 4, 16):
        index, value = omp_codes(atoms, x, nonzeros)
        errors.append(np.square(x - np.einsum("nk,nkd->nd", value, atoms[index])).sum())
    assert errors[0] > errors[1] > errors[2]
    index, value = topk_codes(atoms, np.zeros(300, np.float32), x, 16)
    assert errors[2] < 0.5 * np.square(x - np.einsum("nk,nkd->nd", value, atoms[index])).sum()


def test_rows_of_zeros_have_no_atoms():
    atoms, x, bias = case(2 * SEARCH_ROWS)
    x[1], x[SEARCH_ROWS:] = 0, 0
    for index, value in (omp_codes(atoms, x, 5), topk_codes(atoms, bias, x, 5)):
        assert (value[1] == 0).all() and (value[SEARCH_ROWS:] == 0).all()
        assert index[1].tolist() == index[-1].tolist() == [0, 1, 2, 3, 4]
        assert (value[0] != 0).all()


def test_only_fitted_atoms_are_remembered():
    atoms, x, _ = case(10)
    before = omp_codes(atoms, x, 3)
    atoms[:] = np.roll(atoms, 1, axis=0)
    np.testing.assert_array_equal(omp_codes(atoms, x, 3)[0], (before[0] + 1) % 300)
    fitted, made = atoms.astype(np.float16), []
    with pytest.MonkeyPatch.context() as patch:
        real = sparsecoding._search_tables
        patch.setattr(sparsecoding, "_search_tables", lambda given: made.append(1) or real(given))
        for _ in range(3):
            omp_codes(fitted, x, 3)
    assert len(made) == 1


def test_a_dictionary_whose_products_do_not_fit_is_refused_before_they_are_made(monkeypatch):
    monkeypatch.setattr(runtime, "available_memory", lambda: 4_000_000_000)
    atoms, x = np.broadcast_to(np.float16(0), (32_768, 4)), np.ones((1, 4), np.float32)
    with pytest.raises(InputError, match=r"dictionary: got 32,768 atoms, whose products with each other take 4.3 GB; 4.0 GB of memory are free"):
        omp_codes(atoms, x, 2)
    rows = np.broadcast_to(np.float32(1), (40_000, 4))
    with pytest.raises(InputError, match=r"got 32,768 atoms.* take 8.6 GB"):
        dictionary.learn_dictionary(rows, np.ones(40_000, np.float32), 32_768, 2, np.random.default_rng(0))
    monkeypatch.setattr(runtime, "available_memory", lambda: None)
    sparsecoding.expect_memory(32_768, 1)
    sparsecoding.expect_memory(100, 1)

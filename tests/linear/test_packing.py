"""Sparse factors in bytes: what they take, what comes back, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.arrays import unit_rows
from rankfold.errors import InputError, SpecError
from rankfold.linear import SparseFactors, pack_factors, unpack_factors
from rankfold.linear.packing import index_bits


def made(items, latents, nonzeros, seed=0):
    rng = np.random.default_rng(seed)
    index = np.argsort(rng.random((items, latents)), axis=1)[:, :nonzeros].astype(np.int32)
    value = unit_rows(rng.standard_normal((items, nonzeros)).astype(np.float32))
    order = np.argsort(-np.abs(value), axis=1, kind="stable")
    return SparseFactors(index, np.take_along_axis(value, order, axis=1), np.exp(rng.standard_normal(items)).astype(np.float32), latents)


@pytest.mark.parametrize(("form", "row_bytes"), [("ordered", 30), ("packed", 35)])
def test_bytes_of_16_nonzeros_of_5000_latents(form, row_bytes):
    packed = pack_factors(made(50, 5000, 16), form=form, value_bits=4)
    assert packed.rows.shape == (50, row_bytes) and packed.nbytes == 50 * row_bytes + packed.book.nbytes + 8


@given(st.integers(1, 40), st.integers(1, 300), st.integers(1, 8), st.sampled_from(["ordered", "packed"]), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_places_come_back_and_values_nearly(items, latents, nonzeros, form, seed):
    factors = made(items, latents, min(nonzeros, latents), seed)
    back = unpack_factors(pack_factors(factors, form=form, value_bits=8))
    np.testing.assert_array_equal(back.index, factors.index)
    assert back.latents == latents
    np.testing.assert_allclose(back.length, factors.length, rtol=0.06)
    np.testing.assert_allclose(np.linalg.norm(back.value, axis=1), 1, atol=1e-5)
    # With no more items than profiles every item has one of its own.
    assert np.einsum("nk,nk->n", back.value, factors.value).min() > 0.98


def test_more_bits_are_nearer():
    factors = made(400, 64, 8)
    errors = [np.square(unpack_factors(pack_factors(factors, form="packed", value_bits=bits)).value - factors.value).mean() for bits in (3, 4, 5, 6, 8)]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 1e-5


def test_items_that_nobody_took_stay_zeros():
    factors = made(5, 9, 2)
    factors.length[2], factors.value[2] = 0, 0
    for form in ("ordered", "packed"):
        back = unpack_factors(pack_factors(factors, form=form))
        assert not back.value[2].any() and back.length[2] == 0 and back.value[[0, 1, 3, 4]].all()


def test_the_same_factors_give_the_same_bytes():
    factors = made(300, 64, 8)
    np.testing.assert_array_equal(pack_factors(factors, seed=1).rows, pack_factors(factors, seed=1).rows)


def test_damaged_bytes_and_wrong_settings_are_refused():
    packed = pack_factors(made(20, 100, 4))
    with pytest.raises(InputError, match="Were they cut"):
        unpack_factors(replace(packed, rows=packed.rows[:, :-1]))
    with pytest.raises(InputError, match="damaged"):
        unpack_factors(replace(packed, rows=np.full_like(packed.rows, 255)))
    with pytest.raises(SpecError, match="form"):
        pack_factors(made(20, 100, 4), form="other")
    with pytest.raises(SpecError, match="value_bits"):
        pack_factors(made(20, 100, 4), form="packed", value_bits=1)


def test_index_bits():
    assert [index_bits(latents) for latents in (1, 2, 3, 4096, 4097)] == [1, 1, 2, 12, 13]

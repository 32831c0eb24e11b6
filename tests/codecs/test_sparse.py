"""Sparse codes: what is stored, that rows keep their lengths, settings that are settled from the data, and hostile shapes."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.arrays import row_norms, unit_rows
from rankfold.codec import Codec, decode_levels, depth, latents, settled
from rankfold.codecs import from_spec
from rankfold.codecs.sparse import Sparse
from rankfold.codes import Codes
from rankfold.compression import compress
from rankfold.errors import SpecError
from rankfold.fitting.bitpack import unpack_bits
from rankfold.vectors import as_vectors

SMALL = Sparse(nonzeros=6, dictionary=64)


def clustered(count=400, dim=20, seed=0):
    """Rows near few-atom sums, of lengths over a factor of about 30."""
    rng = np.random.default_rng([seed, 1])
    hidden = np.random.default_rng(7).standard_normal((30, dim))
    x = np.einsum("nk,nkd->nd", rng.uniform(0.3, 1, (count, 3)), hidden[rng.integers(0, 30, (count, 3))])
    return ((x + 0.1 * rng.standard_normal(x.shape)) * rng.lognormal(0, 0.8, (count, 1))).astype(np.float32)


def cosines(x, decoded):
    return np.einsum("nd,nd->n", unit_rows(x), unit_rows(decoded))


@pytest.mark.parametrize(("spec", "size"), [({"nonzeros": 32}, 55), ({"nonzeros": 9}, 18), ({"nonzeros": 32, "value_bits": 5, "dictionary": 4096}, 69)])
def test_row_bytes(spec, size):
    assert from_spec({"codec": "sparse", **spec}).row_bytes(384) == size


@pytest.mark.parametrize("one", [SMALL, replace(SMALL, value_bits=5), replace(SMALL, encoder="topk"), replace(SMALL, value_bits=8)])
def test_rows_keep_direction_and_length(coded, one):
    x = clustered()
    _, codes, decoded = coded(one, x)
    assert cosines(x, decoded).mean() > 0.9
    np.testing.assert_allclose(row_norms(decoded), row_norms(x), rtol=0.04)
    assert codes.row_bytes == one.row_bytes(20)


def test_a_byte_that_is_left_over_makes_the_scale_finer(coded):
    x = clustered()
    finer = replace(SMALL, bytes=SMALL.row_bytes(20) + 1)
    _, codes, decoded = coded(finer, x)
    np.testing.assert_allclose(row_norms(decoded), row_norms(x), rtol=3e-4)
    assert codes.row_bytes == finer.row_bytes(20) == finer.bytes
    longer = replace(SMALL, bytes=SMALL.row_bytes(20) + 3)
    np.testing.assert_array_equal(coded(longer, x)[2], decoded)


@pytest.mark.parametrize("rows", [clustered(), unit_rows(clustered()), 1e-20 * clustered()])
def test_fitted_lengths_leave_the_least_error(coded, rows):
    kept, fitted = (coded(replace(SMALL, lengths=lengths), rows)[2] for lengths in ("kept", "fitted"))
    np.testing.assert_allclose(unit_rows(fitted), unit_rows(kept), atol=1e-5)
    wanted = cosines(rows, kept) * row_norms(rows)
    np.testing.assert_allclose(row_norms(fitted), wanted, rtol=0.04)
    assert np.square(rows - fitted).sum(axis=1, dtype=np.float64).mean() < np.square(rows - kept).sum(axis=1, dtype=np.float64).mean()


def test_rows_of_one_length_keep_it_within_a_third_of_a_per_cent(coded):
    decoded = coded(SMALL, unit_rows(clustered()))[2]
    np.testing.assert_allclose(row_norms(decoded), 1, atol=4e-3)


def test_latents_are_what_is_summed_and_what_the_bits_say(coded):
    x = clustered()
    state, codes, decoded = coded(SMALL, x)
    found = latents(SMALL, state, codes)
    np.testing.assert_allclose(np.einsum("nk,nkd->nd", found.value, found.atoms[found.index]), decoded, rtol=1e-4, atol=1e-5)
    assert (np.diff(np.abs(found.value), axis=1) <= 1e-6).mean() > 0.99
    numbers = unpack_bits(codes["atoms"], 7, 6)
    np.testing.assert_array_equal(numbers & 63, found.index)
    np.testing.assert_array_equal(numbers >> 6, found.value < 0)
    assert (np.sort(found.index, axis=1)[:, 1:] != np.sort(found.index, axis=1)[:, :-1]).all()


def test_any_first_atoms_decode_and_more_of_them_come_nearer(coded):
    x = unit_rows(clustered())
    state, codes, decoded = coded(SMALL, x)
    assert depth(SMALL) == 6
    kept = [cosines(x, decode_levels(SMALL, state, codes, levels)).mean() for levels in range(1, 7)]
    assert (np.diff(kept) > 0).all()
    np.testing.assert_array_equal(decode_levels(SMALL, state, codes, 6), decoded)


def test_a_search_for_atoms_is_better_than_products_with_the_dictionary(coded):
    x = clustered()
    by_search, by_products = (cosines(x, coded(replace(SMALL, encoder=encoder), x)[2]).mean() for encoder in ("omp", "topk"))
    assert by_search > by_products + 0.01


def test_an_encoder_that_was_trained_is_the_one_that_encodes():
    x = clustered()
    one, weight, rng = replace(SMALL, encoder="topk"), np.ones(400, np.float32), np.random.default_rng(0)
    atoms = unit_rows(x[:64])
    plain = one.with_dictionary(atoms, x, weight, rng)
    trained = one.with_dictionary(atoms, x, weight, rng, encoder=np.roll(atoms, 1, axis=0), bias=np.zeros(64))
    first, second = (latents(one, state, Codes(one.encode(state, x))).index for state in (plain, trained))
    np.testing.assert_array_equal(np.sort((first + 1) % 64, axis=1), np.sort(second, axis=1))
    with pytest.raises(SpecError, match="atoms: got 3; expected 6 to 64"):
        one.with_dictionary(atoms[:3], x, weight, rng)


@pytest.mark.parametrize(
    ("spec", "rows", "expected"),
    [
        ({"bytes": 35}, 400_000, {"nonzeros": 19, "dictionary": 4096}),
        ({"bytes": 18}, 66_434, {"nonzeros": 9, "dictionary": 4096}),
        ({"bytes": 35}, 5_000, {"nonzeros": 25, "dictionary": 512}),
        ({"nonzeros": 32}, 5_000, {"bytes": 55, "dictionary": 4096}),
        ({"bytes": 64, "dictionary": 256, "value_bits": 4}, 5_000, {"nonzeros": 42}),
    ],
)
def test_open_settings_are_settled_by_bytes_and_rows(spec, rows, expected):
    x = np.broadcast_to(np.float32(1), (rows, 384))
    one = from_spec({"codec": "sparse", **spec})
    before = one.row_bytes(384)
    done = settled(one, x, np.ones(1, np.float32), np.random.default_rng(0))
    assert {name: getattr(done, name) for name in expected} == expected
    assert done.row_bytes(384) == before


def test_compress_settles_fits_and_ranks(agreement):
    x = unit_rows(clustered(1500))
    table = compress(as_vectors(x), from_spec({"codec": "sparse", "bytes": 12}))
    one = table.segments[0].codec
    assert isinstance(one, Codec) and one.nonzeros and one.dictionary == 256
    assert table.segments[0].codes.row_bytes == 12
    assert agreement(x[:50], x, table.decode()) > 0.6


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "bytes, nonzeros: got neither"),
        ({"bytes": 3}, "bytes: got 3; expected 5 to"),
        ({"bytes": 20, "nonzeros": 32}, "bytes: got 20; expected 55 to"),
        ({"nonzeros": 257}, "nonzeros: got 257; expected 1 to 256"),
        ({"nonzeros": 20, "dictionary": 16}, "nonzeros: got 20; expected 1 to 16"),
        ({"nonzeros": 2, "dictionary": 1}, "dictionary: got 1"),
        ({"nonzeros": 2, "lengths": "longer"}, "lengths: got 'longer'"),
        ({"nonzeros": 2, "encoder": "lasso"}, "encoder: got 'lasso'"),
        ({"nonzeros": 2, "value_bits": 2}, "value_bits: got 2; expected 3 to 8"),
    ],
)
def test_wrong_settings(spec, message):
    with pytest.raises(SpecError, match=message):
        from_spec({"codec": "sparse", **spec})


def test_a_fit_needs_settled_settings(gaussian):
    with pytest.raises(SpecError, match="nonzeros: left open"):
        Sparse(bytes=16).fit(gaussian(10, 4), np.ones(10, np.float32), np.random.default_rng(0))


@pytest.mark.parametrize("one", [Sparse(nonzeros=9, dictionary=40), Sparse(nonzeros=9, dictionary=40, encoder="topk")])
def test_more_atoms_than_dimensions_and_rows_that_one_atom_explains(coded, gaussian, one):
    x = gaussian(60, 3)
    decoded = coded(one, x)[2]
    assert np.isfinite(decoded).all() and cosines(x, decoded).mean() > 0.95
    single = np.repeat(np.eye(5, dtype=np.float32), 4, axis=0)
    np.testing.assert_allclose(coded(Sparse(nonzeros=3, dictionary=8), single)[2], single, atol=5e-3)


def test_pairs_of_atoms_that_are_nearly_one_do_no_harm(gaussian):
    x = unit_rows(gaussian(80, 16))
    atoms = np.concatenate([x[:20], x[:20] + np.float32(1e-4), -x[:20], np.zeros((4, 16), np.float32)])
    for encoder in ("omp", "topk"):
        one = Sparse(nonzeros=5, dictionary=64, encoder=encoder)
        state = one.with_dictionary(unit_rows(atoms), x, np.ones(80, np.float32), np.random.default_rng(0))
        decoded = one.decode(state, Codes(one.encode(state, x)))
        assert np.isfinite(decoded).all() and cosines(x, decoded).mean() > 0.3


@pytest.mark.parametrize("encoder", ["omp", "topk"])
def test_rows_that_no_atom_explains_keep_their_length_or_become_zeros(gaussian, encoder):
    x, half = gaussian(200, 16), np.arange(16) < 8
    fitted, strange = np.where(half, x, np.float32(0)), np.where(half, np.float32(0), x)
    for lengths, share in (("kept", 1.0), ("fitted", 0.0)):
        one = Sparse(nonzeros=4, dictionary=32, encoder=encoder, lengths=lengths)
        state = one.fit(fitted, np.ones(200, np.float32), np.random.default_rng(0))
        long = row_norms(one.decode(state, Codes(one.encode(state, strange))))
        np.testing.assert_allclose(long, share * row_norms(strange), rtol=0.04, atol=1e-6)

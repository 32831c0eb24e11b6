"""Pursuit codes: nearest sums of atoms, what is stored, prefixes, lengths that vary, hostile shapes."""

import numpy as np
import pytest

from rankfold.arrays import row_norms, unit_rows
from rankfold.codec import decode_levels, depth, latents
from rankfold.codecs import from_spec
from rankfold.codecs.pursuit import Pursuit
from rankfold.codecs.sparse import Sparse
from rankfold.codes import Codes
from rankfold.compression import compress
from rankfold.errors import SpecError
from rankfold.vectors import as_vectors

SMALL = Pursuit(nonzeros=4, dictionary=64, passes=4)


def clustered(count=600, dim=20, seed=0):
    """Rows near sums of three of 30 directions."""
    rng, hidden = np.random.default_rng([seed, 1]), np.random.default_rng(7).standard_normal((30, dim))
    x = np.einsum("nk,nkd->nd", rng.uniform(0.3, 1, (count, 3)), hidden[rng.integers(0, 30, (count, 3))])
    return (x + 0.3 * rng.standard_normal(x.shape)).astype(np.float32)


def error(x, decoded):
    return float(np.square(x - decoded).sum() / np.square(x).sum())


@pytest.mark.parametrize(("spec", "size"), [({}, 14), ({"nonzeros": 6, "dictionary": 2048}, 10), ({"nonzeros": 1, "dictionary": 2}, 2)])
def test_row_bytes(spec, size):
    assert from_spec({"codec": "pursuit", **spec}).row_bytes(384) == size


def test_it_comes_nearer_than_codes_that_keep_the_length_on_fewer_bytes(coded):
    x = unit_rows(np.random.default_rng(2).standard_normal((600, 40)).astype(np.float32))
    _, codes, decoded = coded(SMALL, x)
    kept = Sparse(nonzeros=4, dictionary=64)
    assert codes.row_bytes == SMALL.row_bytes(40) < kept.row_bytes(40)
    assert error(x, decoded) < 0.95 * error(x, coded(kept, x)[2])
    assert row_norms(decoded).mean() < 0.9


def test_known_atoms_and_magnitudes_come_back_exactly():
    rng = np.random.default_rng(0)
    atoms = np.eye(16, dtype=np.float16)
    book = np.zeros((256, 3), np.float16)
    book[1:] = np.sort(rng.permutation(np.arange(1, 766))[:765].reshape(255, 3) / 32, axis=1)[:, ::-1]
    one = Pursuit(nonzeros=3, dictionary=16)
    state = {"atoms": atoms, "magnitudes": book, "scale": np.array([4.0], np.float32)}
    chosen = np.array([rng.permutation(16)[:3] for _ in range(255)])
    signs = rng.choice([-1.0, 1.0], (255, 3))
    x = np.zeros((255, 16), np.float32)
    np.put_along_axis(x, chosen, (4 * signs * book[1:]).astype(np.float32), axis=1)
    codes = Codes(one.encode(state, x))
    np.testing.assert_array_equal(one.decode(state, codes), x)
    np.testing.assert_array_equal(codes["magnitude"], np.arange(1, 256))
    np.testing.assert_array_equal(one.chosen(state, codes)[0], chosen)


def test_the_strongest_atoms_come_first_and_any_first_ones_decode(coded):
    x = clustered()
    state, codes, decoded = coded(SMALL, x)
    assert depth(SMALL) == 4 and latents(SMALL, state, codes) is None
    assert (np.diff(np.abs(SMALL.chosen(state, codes)[1]), axis=1) <= 1e-3).mean() > 0.99
    errors = [error(x, decode_levels(SMALL, state, codes, levels)) for levels in (1, 2, 3, 4)]
    assert all(after < before for before, after in zip(errors, errors[1:]))
    np.testing.assert_array_equal(decode_levels(SMALL, state, codes, 4), decoded)


@pytest.mark.parametrize("size", [1e-20, 1e15])
def test_rows_of_any_size(coded, size):
    x = clustered() * np.float32(size)
    state, codes, decoded = coded(SMALL, x)
    assert np.isfinite(decoded).all() and error(x / np.float32(size), decoded / np.float32(size)) < 0.2


def test_rows_of_no_weight_count_nothing(coded):
    x, other = clustered(600), np.random.default_rng(3).standard_normal((600, 20)).astype(np.float32)
    both, weight = np.concatenate([x, other]), np.repeat([1, 0], 600)
    assert error(x, coded(SMALL, both, weight)[2][:600]) < error(x, coded(SMALL, both)[2][:600])


@pytest.mark.parametrize("count", [1, 3, 300])
def test_one_row_few_rows_equal_rows_and_zeros(coded, count):
    x = np.zeros((count + 2, 16), np.float32)
    x[2:] = clustered(1, 16)
    _, _, decoded = coded(SMALL, x)
    assert np.isfinite(decoded).all() and not decoded[:2].any()
    np.testing.assert_allclose(decoded[2:], x[2:], atol=0.02 * np.abs(x).max())


def test_compress_puts_lengths_around_it():
    x = clustered()
    varied = x * np.random.default_rng(0).lognormal(0, 1, (600, 1)).astype(np.float32)
    table = compress(as_vectors(varied), SMALL)
    assert table.segments[0].codec.name == "normed"
    np.testing.assert_allclose(row_norms(table.decode()), row_norms(varied), rtol=0.05)
    assert compress(as_vectors(unit_rows(x)), SMALL).segments[0].codec.name == "unit"


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"nonzeros": 0}, "nonzeros"), ({"nonzeros": 70, "dictionary": 64}, "nonzeros"), ({"dictionary": 1}, "dictionary"), ({"passes": 0}, "passes")],
)
def test_refusals(settings, message):
    with pytest.raises(SpecError, match=message):
        Pursuit(**settings)

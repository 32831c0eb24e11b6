import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.codec import decode_levels, depth, describe, settled, to_spec
from rankfold.codecs import from_spec, layered
from rankfold.codecs.layered import MOST_LEVELS, Layered
from rankfold.codecs.normed import Normed
from rankfold.codecs.pursuit import Pursuit
from rankfold.codecs.residual import Residual
from rankfold.codecs.scalar import Scalar
from rankfold.codecs.trellis import Trellis
from rankfold.codecs.unit import Unit
from rankfold.codes import Codes, inside
from rankfold.compression import compress
from rankfold.errors import InputError, SpecError
from rankfold.search import Searcher
from rankfold.vectors import as_vectors

SMALL = Layered(coarse=Residual(3, refits=1), fine=Trellis(bytes=6))


def ones(count):
    return np.ones(count, np.float32)


def error(x, decoded):
    return float(np.square(x - decoded).sum() / np.square(x).sum())


def settle(one, x):
    return settled(one, x, ones(len(x)), np.random.default_rng(0))


def test_the_row_is_the_sum_of_both_levels(coded, gaussian):
    x = gaussian(2000, 24)
    state, codes, decoded = coded(SMALL, x)
    parts = [one.decode(inside(state, level), Codes(inside(codes.columns, level))) for level, one in (("coarse", SMALL.coarse), ("fine", SMALL.fine))]
    np.testing.assert_allclose(decoded, parts[0] + parts[1], rtol=1e-6)
    assert error(x, decoded) < 0.6 * error(x, parts[0])
    assert codes.row_bytes == SMALL.row_bytes(24) == 9


def test_every_further_level_brings_rows_closer(coded, gaussian):
    x = gaussian(2000, 24) * np.linspace(2, 0.2, 24, dtype=np.float32)
    state, codes, decoded = coded(SMALL, x)
    assert depth(SMALL) == 4
    errors = [error(x, decode_levels(SMALL, state, codes, levels)) for levels in (1, 2, 3, 4)]
    assert all(after < 0.9 * before for before, after in zip(errors, errors[1:]))
    np.testing.assert_array_equal(decode_levels(SMALL, state, codes, 4), decoded)
    for wrong in (0, 5, True):
        with pytest.raises(InputError, match="1 to 4"):
            decode_levels(SMALL, state, codes, wrong)


@pytest.mark.parametrize("wrapper", [Normed, Unit])
def test_prefixes_decode_within_wrappers(coded, gaussian, wrapper):
    x = gaussian(1000, 24)
    if wrapper is Unit:
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    one = wrapper(SMALL)
    state, codes, decoded = coded(one, x)
    assert depth(one) == 4
    errors = [error(x, decode_levels(one, state, codes, levels)) for levels in (1, 2, 3, 4)]
    assert all(after < before for before, after in zip(errors, errors[1:]))
    np.testing.assert_array_equal(decode_levels(one, state, codes, 4), decoded)
    coarse, coarse_state, coarse_codes = one.glance(state, codes)
    np.testing.assert_allclose(coarse.decode(coarse_state, coarse_codes), decode_levels(one, state, codes, 3), rtol=1e-5, atol=1e-6)
    assert wrapper(Scalar(2)).glance(*coded(wrapper(Scalar(2)), x)[:2]) is None


def test_rows_of_no_weight_count_nothing_in_either_level(coded, gaussian):
    x = gaussian(2000, 16)
    weight = np.where(np.arange(2000) < 1000, 1, 0)
    half = error(x[:1000], coded(SMALL, x, weight)[2][:1000])
    assert half < error(x[:1000], coded(SMALL, x)[2][:1000])


def test_bytes_alone_are_a_whole_spec(gaussian):
    x = gaussian(3000, 64)
    one = from_spec({"codec": "layered", "bytes": 16})
    assert one.row_bytes(64) == 16
    closed = settle(one, x)
    assert isinstance(closed.coarse, Residual) and isinstance(closed.fine, Trellis)
    assert closed.row_bytes(64) == closed.coarse.levels + closed.fine.bytes == 16
    assert from_spec(to_spec(closed)) == closed == settle(closed, x)
    with pytest.raises(SpecError, match="left open"):
        one.fit(x, ones(3000), np.random.default_rng(0))


@pytest.mark.parametrize(("rows", "levels"), [(10, 1), (700, 1), (4096, 4), (200_000, 8)])
def test_few_rows_get_few_codebooks(rows, levels, monkeypatch):
    monkeypatch.setattr(layered, "LEAST_ATOMS", 1 << 20)
    x = np.broadcast_to(np.float32(1), (rows, 64))
    closed = settle(Layered(bytes=16, fine=None), x)
    assert closed.coarse.levels == levels <= MOST_LEVELS
    assert levels == 1 or levels * 256 * 64 * 2 <= 2 * 16 * rows


def test_open_levels_take_what_the_given_one_leaves(gaussian):
    x = gaussian(3000, 32)
    assert settle(Layered(bytes=12, coarse=Residual(5)), x).fine == Trellis(bytes=7, window=10)
    assert settle(Layered(bytes=12, fine=Scalar(2)), x).coarse == Residual(3)
    with pytest.raises(SpecError, match="bytes: got 8.*takes 9"):
        settle(Layered(bytes=8, fine=Scalar(2)), x)


def test_compress_takes_the_byte_of_a_length_from_the_budget(gaussian):
    x = gaussian(1200, 32)
    table = compress(as_vectors(x * np.random.default_rng(0).lognormal(0, 1, (1200, 1)).astype(np.float32)), Layered(bytes=12))
    assert describe(table.segments[0].codec).startswith("normed(layered(bytes=11, ") and table.segments[0].codes.row_bytes == 12
    table = compress(as_vectors(x), Layered(bytes=12), unit=True)
    assert describe(table.segments[0].codec).startswith("unit(layered(bytes=12, ") and table.segments[0].codes.row_bytes == 12


def test_settling_inside_wrappers(gaussian):
    spec = {"codec": "layered", "bytes": 8}
    for outer in ({"codec": "rotated"}, {"codec": "reduced", "dims": 20}, {"codec": "pruned", "keep": 20}):
        table = compress(as_vectors(gaussian(1200, 32)), from_spec(outer | {"inner": spec}), norms="raw")
        inner = table.segments[0].codec.inner
        assert inner.coarse is not None and table.segments[0].codes.row_bytes == 8


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "bytes: got None"),
        ({"bytes": 2}, "bytes: got 2"),
        ({"coarse": Residual(2)}, "bytes: got None"),
        ({"bytes": 16, "book_share": -0.5}, "book_share"),
    ],
)
def test_refusals(settings, message):
    with pytest.raises(SpecError, match=message):
        Layered(**settings)


def test_levels_that_do_not_add_up_are_refused(gaussian):
    with pytest.raises(SpecError, match="bytes: got 16; the two levels take 3 and 6"):
        Layered(bytes=16, coarse=SMALL.coarse, fine=SMALL.fine).row_bytes(24)
    with pytest.raises(SpecError, match="at most 6"):
        compress(as_vectors(gaussian(50, 8)), Layered(bytes=30))


def test_identical_rows_and_one_row(coded, gaussian):
    for x in (np.repeat(gaussian(1, 16), 300, axis=0), gaussian(1, 16)):
        _, _, decoded = coded(SMALL, x)
        assert np.isfinite(decoded).all() and error(x, decoded) < 1e-4


@pytest.mark.parametrize("rotation", ["pca", "random"])
def test_lengths_without_decoding(coded, gaussian, rotation):
    x = gaussian(1500, 40) * np.linspace(2, 0.2, 40, dtype=np.float32) + 1
    one = Layered(coarse=Residual(2, refits=1), fine=Trellis(bytes=6, rotation=rotation))
    state, codes, decoded = coded(one, x * np.float32(1e6))
    np.testing.assert_allclose(one.lengths(state, codes), np.linalg.norm(decoded.astype(np.float64), axis=1), rtol=3e-5)
    atoms = Layered(coarse=Pursuit(3, 64, passes=2), fine=Trellis(bytes=6, rotation=rotation))
    state, codes, decoded = coded(atoms, x * np.float32(1e6))
    np.testing.assert_allclose(atoms.lengths(state, codes), np.linalg.norm(decoded.astype(np.float64), axis=1), rtol=6e-5)
    other = Layered(coarse=Residual(2, refits=1), fine=Scalar(1))
    assert other.lengths(state, codes) is None and other.score_and_lengths(state, {}, np.zeros(1, int), codes) is None


def test_scores_and_lengths_in_one_go_are_those_of_the_parts(coded, gaussian):
    x, numbers = gaussian(600, 24), np.arange(600) % 5
    state, codes, decoded = coded(SMALL, x)
    prepared = SMALL.prepare(state, x[:5])
    scores, lengths = SMALL.score_and_lengths(state, prepared, numbers, codes)
    np.testing.assert_array_equal(scores, SMALL.score(state, prepared, numbers, codes))
    np.testing.assert_array_equal(lengths, SMALL.lengths(state, codes))
    some = SMALL.score_and_lengths(state, prepared, numbers[7:9], codes.rows(np.array([7, 8])))
    np.testing.assert_array_equal(some, (scores[7:9], lengths[7:9]))
    unit = Unit(SMALL)
    state, codes, decoded = coded(unit, x / np.linalg.norm(x, axis=1, keepdims=True))
    np.testing.assert_allclose(unit.score(state, unit.prepare(state, x[:5]), numbers, codes), np.einsum("nd,nd->n", x[numbers], decoded), rtol=1e-4, atol=1e-5)


def sums_of_atoms(count, dim, atoms):
    """Rows of length one that are sums of four of so many directions, and a little noise."""
    rng = np.random.default_rng(4)
    hidden = rng.standard_normal((atoms, dim))
    x = np.einsum("nk,nkd->nd", rng.uniform(0.5, 1, (count, 4)), hidden[rng.integers(0, atoms, (count, 4))])
    return unit_rows((x + 0.2 * rng.standard_normal(x.shape)).astype(np.float32))


def test_the_coarse_level_is_the_one_that_leaves_less_of_rows_held_out(gaussian, monkeypatch):
    monkeypatch.setattr(layered, "LEAST_ATOMS", 64)
    monkeypatch.setattr(layered, "WINDOWS", ((8, 64),))
    one = Layered(bytes=32, book_share=0.5)
    chosen = settle(one, sums_of_atoms(1200, 64, 60))
    assert isinstance(chosen.coarse, Pursuit) and chosen.coarse.dictionary == 128 and chosen.row_bytes(64) == 32
    assert chosen.coarse.row_bytes(64) <= 0.7 * 32 and chosen.coarse.passes == Pursuit().passes
    assert from_spec(to_spec(chosen)) == chosen
    plain = settle(one, gaussian(1200, 64))
    assert isinstance(plain.coarse, Residual) and plain.coarse.refits == Residual().refits
    monkeypatch.setattr(layered, "LEAST_ATOMS", 512)
    assert isinstance(settle(one, sums_of_atoms(1200, 64, 60)).coarse, Residual)


def test_atoms_take_no_more_than_book_share_allows(monkeypatch):
    monkeypatch.setattr(layered, "LEAST_ATOMS", 64)
    monkeypatch.setattr(layered, "_error", lambda one, parts, seed: isinstance(one.coarse, Residual))
    x = sums_of_atoms(2000, 24, 60)
    assert settle(Layered(bytes=12, book_share=0.25), x).coarse == Pursuit(8, 64)
    assert isinstance(settle(Layered(bytes=12, book_share=0.1), x).coarse, Residual)


def test_a_search_that_refines_scans_the_atoms_alone():
    x = sums_of_atoms(1500, 24, 60)
    table = compress(as_vectors(x), Layered(coarse=Pursuit(3, 64, passes=3), fine=Trellis(bytes=8)), unit=True)
    exact = Searcher(table).search(x[:40], 10).rows
    refined = Searcher(table, refine=300).search(x[:40], 10).rows
    assert np.mean([np.isin(a, b).mean() for a, b in zip(refined, exact)]) > 0.97
    coarse, state, codes = table.segments[0].codec.glance(table.segments[0].state, table.segments[0].codes)
    assert describe(coarse).startswith("unit(pursuit(") and coarse.decode(state, codes).shape == x.shape

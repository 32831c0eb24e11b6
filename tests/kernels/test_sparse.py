"""Encoders of sparse codes: every level against the NumPy twins, and rows that try to break them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold import kernels
from rankfold.errors import InputError

LEVELS = kernels.levels()
every_level = pytest.mark.parametrize("name", LEVELS)


def omp(name, start, gram, nonzeros):
    with kernels.use(name):
        return kernels.omp(start, gram, nonzeros)


def dictionary(rng, atoms, dim, rows):
    """Atoms and rows of a falling spectrum, of about length one, and what `omp` reads."""
    spectrum = np.exp(-np.arange(dim) / (dim / 3)).astype(np.float32)
    found = rng.normal(size=(atoms, dim)).astype(np.float32) * spectrum
    found /= np.linalg.norm(found, axis=1, keepdims=True) + np.float32(1e-9)
    x = rng.normal(size=(rows, dim)).astype(np.float32) * spectrum
    return found, x


def correlations(atoms, x):
    return x @ atoms.T, atoms @ atoms.T


def assert_levels_agree(run, rows, atoms, *rest):
    expected = run("reference", rows, atoms, *rest)
    assert all(len(set(row)) == rest[-1] for row in expected[0].tolist())
    assert expected[0].min(initial=0) >= 0 and expected[0].max(initial=0) < len(atoms)
    for name in LEVELS[:-1]:
        ours = run(name, rows, atoms, *rest)
        np.testing.assert_array_equal(ours[0], expected[0], name)
        np.testing.assert_array_equal(ours[1], expected[1], name)
    return expected


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    atoms=st.integers(1, 300),
    dim=st.integers(1, 40),
    rows=st.integers(0, 12),
    share=st.floats(0, 1),
    twins=st.booleans(),
    whole=st.booleans(),
)
def test_omp_on_every_level(seed, atoms, dim, rows, share, twins, whole):
    rng = np.random.default_rng(seed)
    found, x = dictionary(rng, atoms, dim, rows)
    if whole:  # many ties
        found, x = np.rint(found * 3), np.rint(x * 3)
    if twins:
        found[rng.integers(0, atoms, atoms // 2)] = found[0]
        found[rng.integers(0, atoms, atoms // 4)] = 0
        found[rng.integers(0, atoms, atoms // 4)] *= -1
    assert_levels_agree(omp, *correlations(found, x), max(1, min(int(share * 48), atoms)))


@pytest.mark.parametrize("atoms,nonzeros", [(4096, 32), (1000, 64), (257, 256), (129, 100)])
def test_omp_at_larger_sizes(atoms, nonzeros):
    found, x = dictionary(np.random.default_rng(atoms), atoms, 128, 9)
    assert_levels_agree(omp, *correlations(found, x), nonzeros)


@every_level
def test_omp_leaves_what_is_orthogonal_to_its_atoms(name):
    found, x = dictionary(np.random.default_rng(0), 700, 96, 40)
    index, value = omp(name, *correlations(found, x), 24)
    left = x - np.einsum("nk,nkd->nd", value, found[index])
    assert np.abs(np.einsum("nkd,nd->nk", found[index], left)).max() < 3e-5 * np.abs(x).max()


@every_level
def test_omp_finds_the_atoms_that_made_a_row(name):
    rng = np.random.default_rng(1)
    found = np.linalg.qr(rng.normal(size=(64, 64)))[0].astype(np.float32)
    made = np.float32([[3, -2, 0.5]]) * np.ones((64, 1), np.float32)
    which = np.array([rng.permutation(64)[:3] for _ in range(64)])
    x = np.einsum("nk,nkd->nd", made, found[which])
    index, value = omp(name, *correlations(found, x), 6)
    np.testing.assert_array_equal(index[:, :3], which)
    np.testing.assert_allclose(value[:, :3], made, atol=1e-5)
    assert (value[:, 3:] == 0).all()
    for row in range(64):
        assert index[row, 3:].tolist() == [atom for atom in range(64) if atom not in which[row]][:3]


@every_level
def test_omp_of_nothing_is_nothing(name):
    found, x = dictionary(np.random.default_rng(2), 50, 8, 3)
    x[1] = 0
    index, value = omp(name, *correlations(found, x), 4)
    assert (value[1] == 0).all() and index[1].tolist() == [0, 1, 2, 3]
    assert (value[[0, 2]] != 0).all()


@every_level
def test_omp_takes_one_of_twins_and_none_of_the_dead(name):
    rng = np.random.default_rng(3)
    found, x = dictionary(rng, 60, 12, 30)
    found[10:20] = -found[:10]
    found[20:40], found[40:] = found[:20], 0
    index, value = omp(name, *correlations(found, x), 12)
    used = np.where(value != 0, index, -1)
    assert used.max() < 40
    for row in used:
        same = [atom % 10 for atom in row if atom >= 0]
        assert len(set(same)) == len(same) == 10  # ten atoms that differ, then nothing new


@every_level
def test_omp_stops_at_the_rank(name):
    rng = np.random.default_rng(4)
    found = (rng.normal(size=(100, 5)) @ rng.normal(size=(5, 30))).astype(np.float32)
    x = rng.normal(size=(20, 30)).astype(np.float32)
    _, value = omp(name, *correlations(found, x), 20)
    assert ((value != 0).sum(axis=1) <= 5).all()
    assert np.isfinite(value).all()


@every_level
@pytest.mark.parametrize("scale", [1e-18, 1e-6, 1, 1e6, 1e18])
def test_the_scale_of_a_row_is_the_scale_of_its_values(name, scale):
    found, x = dictionary(np.random.default_rng(5), 90, 20, 10)
    start, gram = correlations(found, x)
    power = np.float32(2.0 ** round(np.log2(scale)))
    index, value = omp(name, start, gram, 8)
    again, scaled = omp(name, start * power, gram, 8)
    np.testing.assert_array_equal(again, index)
    np.testing.assert_array_equal(scaled, value * power)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_omp_ends_on_numbers_that_are_none(value):
    found, x = dictionary(np.random.default_rng(6), 70, 10, 8)
    start, gram = correlations(found, x)
    start[1, 5], start[2], start[3, ::2] = value, value, -value
    for name in LEVELS:
        index, _ = omp(name, start, gram, 20)
        assert all(len(set(row)) == 20 for row in index.tolist())
        np.testing.assert_array_equal(index, omp("reference", start, gram, 20)[0])
    gram[3, 4:9] = value
    gram[20, 20] = value
    for name in LEVELS:
        index, _ = omp(name, start, gram, 20)
        assert all(len(set(row)) == 20 for row in index.tolist())


@pytest.mark.parametrize(
    "changed,match",
    [
        ({"start": np.zeros((2, 4))}, "start: got float64"),
        ({"start": np.zeros((2, 8), np.float32)[:, ::2]}, "start: got not contiguous"),
        ({"gram": np.zeros((4, 3), np.float32)}, r"gram: got .*\(4, 4\)"),
        ({"nonzeros": 0}, "nonzeros: got 0; expected a whole number from 1 to 4"),
        ({"nonzeros": 5}, "nonzeros: got 5"),
        ({"nonzeros": True}, "nonzeros: got True"),
        ({"nonzeros": 2.0}, "nonzeros: got 2.0"),
    ],
)
def test_omp_refuses(changed, match):
    good = {"start": np.zeros((2, 4), np.float32), "gram": np.eye(4, dtype=np.float32), "nonzeros": 2}
    with pytest.raises(InputError, match=match):
        kernels.omp(*(good | changed).values())


def test_omp_uses_256_atoms_at_most():
    with pytest.raises(InputError, match="from 1 to 256"):
        kernels.omp(np.zeros((1, 300), np.float32), np.eye(300, dtype=np.float32), 257)


def topk(name, x, encoder, bias, nonzeros):
    with kernels.use(name):
        return kernels.topk_rows(x, encoder, bias, nonzeros)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    atoms=st.integers(1, 700),
    dim=st.integers(1, 50),
    rows=st.integers(0, 60),
    share=st.floats(0, 1),
    twins=st.booleans(),
    whole=st.booleans(),
)
def test_topk_on_every_level(seed, atoms, dim, rows, share, twins, whole):
    rng = np.random.default_rng(seed)
    encoder, x = dictionary(rng, atoms, dim, rows)
    bias = (rng.normal(size=atoms) / 10).astype(np.float32)
    if whole:  # many ties
        encoder, x, bias = np.rint(encoder * 3), np.rint(x * 3), np.rint(bias)
    if twins:
        encoder[rng.integers(0, atoms, atoms // 2)] = encoder[0]
        encoder[rng.integers(0, atoms, atoms // 4)] = 0
        x[rng.integers(0, max(1, rows), rows // 4)] = 0
    assert_levels_agree(topk, x, encoder, bias, max(1, min(int(share * 256), atoms)))


@pytest.mark.parametrize("atoms,dim,nonzeros", [(4096, 384, 32), (4096, 768, 8), (1000, 65, 128), (5000, 31, 256), (257, 16, 257 // 2)])
def test_topk_at_larger_sizes(atoms, dim, nonzeros):
    rng = np.random.default_rng(atoms)
    encoder, x = dictionary(rng, atoms, dim, 30)
    bias = (rng.normal(size=atoms) / 100).astype(np.float32)
    index, _ = assert_levels_agree(topk, x, encoder, bias, nonzeros)
    exact = np.abs(x.astype(np.float64) @ encoder.T + bias)
    best = np.sort(exact, axis=1)[:, -nonzeros:].sum(axis=1)
    np.testing.assert_allclose(np.take_along_axis(exact, index.astype(np.intp), axis=1).sum(axis=1), best, rtol=1e-5)


@every_level
def test_topk_of_rows_at_the_ends_of_their_scale(name):
    rng = np.random.default_rng(7)
    encoder, x = dictionary(rng, 500, 40, 6)
    scale = np.float32([[1e-44], [1e-31], [1e-20], [1], [1e20], [1e37]])
    index, value = topk(name, x * scale, encoder, np.zeros(500, np.float32), 5)
    plain, values = topk(name, x, encoder, np.zeros(500, np.float32), 5)
    np.testing.assert_array_equal(index[2:], plain[2:])
    np.testing.assert_allclose(value[2:], (values * scale)[2:], rtol=1e-4)
    assert np.isfinite(value).all()
    assert all(len(set(row)) == 5 for row in index.tolist())


@every_level
def test_topk_gives_ties_to_the_lowest_atom(name):
    encoder, x = np.repeat(np.float32([[1, 0], [0, -2]]), 300, axis=0), np.float32([[1, 1], [3, 1], [-1, -1]] * 20)
    index, value = topk(name, x, encoder, np.zeros(600, np.float32), 3)
    assert index.tolist() == [[300, 301, 302], [0, 1, 2], [300, 301, 302]] * 20
    assert value.tolist() == [[-2, -2, -2], [3, 3, 3], [2, 2, 2]] * 20


@every_level
def test_topk_of_nothing_is_nothing(name):
    rng = np.random.default_rng(9)
    encoder, x = dictionary(rng, 400, 30, 60)
    bias = rng.normal(size=400).astype(np.float32)
    expected = topk(name, x, encoder, bias, 4)
    for row in (3, *range(20, 55)):
        x[row], expected[0][row], expected[1][row] = row % 2 * np.float32(1e-31), np.arange(4), 0
    found = topk(name, x, encoder, bias, 4)
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_topk_ends_on_numbers_that_are_none(value):
    rng = np.random.default_rng(8)
    encoder, x = dictionary(rng, 300, 20, 9)
    x[1], x[2, ::2], x[3, 4] = value, -value, value
    for damaged in (encoder, np.where(rng.random(encoder.shape) < 0.1, np.float32(value), encoder)):
        for name in LEVELS[:-1]:
            index, _ = topk(name, x, damaged, np.zeros(300, np.float32), 7)
            assert index.min() >= 0 and index.max() < 300


@pytest.mark.parametrize(
    "changed,match",
    [
        ({"x": np.zeros((2, 3))}, "x: got float64"),
        ({"encoder": np.zeros((4, 2), np.float32)}, r"encoder: got .*\(h, 3\)"),
        ({"bias": np.zeros(3, np.float32)}, r"bias: got .*\(4\)"),
        ({"nonzeros": 0}, "nonzeros: got 0; expected a whole number from 1 to 4"),
        ({"nonzeros": 5}, "nonzeros: got 5"),
        ({"x": np.zeros((1, 65_537), np.float32), "encoder": np.zeros((4, 65_537), np.float32)}, "x: got 65537 dimensions; expected at most 65536"),
    ],
)
def test_topk_refuses(changed, match):
    good = {"x": np.zeros((2, 3), np.float32), "encoder": np.zeros((4, 3), np.float32), "bias": np.zeros(4, np.float32), "nonzeros": 2}
    with pytest.raises(InputError, match=match):
        kernels.topk_rows(*(good | changed).values())

"""Residual quantization: sums of codewords come back, weights honoured, few rows, bad settings refused."""

import numpy as np
import pytest

from rankfold.codecs.residual import SIZE, Residual
from rankfold.codes import Codes
from rankfold.errors import SpecError
from tests.codecs.fits import coded, error, fitted


def gaussian(count=3000, dim=12, seed=0):
    return np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)


def test_sums_of_known_codewords_come_back_exactly():
    rng = np.random.default_rng(0)
    codec = Residual(levels=3, beam=16)
    # Levels far apart in size: every sum is nearest to its own codewords.
    books = np.stack([rng.integers(-60, 60, (SIZE, 10)) * size for size in (1.0, 1 / 16, 1 / 256)]).astype(np.float16)
    codes = rng.integers(0, SIZE, (200, 3)).astype(np.uint8)
    state = {"books": books, "scale": np.array([2.0], np.float32)}
    x = 2 * sum(books[level].astype(np.float32)[codes[:, level]] for level in range(3))
    np.testing.assert_allclose(coded(codec, state, x), x, rtol=1e-6, atol=1e-5)
    np.testing.assert_array_equal(codec.decode(state, Codes({"codes": codes})), x)


def test_clusters_are_found_by_one_level():
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((40, 6)).astype(np.float32)
    x = centres[rng.integers(0, 40, 3000)]
    assert error(Residual(levels=1), x) < 1e-3


def test_books_are_float16_and_codes_are_one_byte_a_level():
    x = gaussian()
    state = fitted(Residual(levels=3, refits=1), x)
    assert state["books"].dtype == np.float16 and state["books"].shape == (3, SIZE, 12)
    codes = Codes(Residual(levels=3).encode(state, x[:10]))
    assert codes.row_bytes == 3 == Residual(levels=3).row_bytes(12)


def test_scan_equals_decoded_rows():
    x, queries = gaussian(700), gaussian(5, seed=9)
    codec = Residual(levels=4, refits=2)
    state = fitted(codec, x)
    codes = Codes(codec.encode(state, x))
    out = np.empty((5, 700), np.float32)
    prepared = codec.prepare(state, queries)
    bound = codec.scan(prepared, codec.pack(state, codes), out)
    exact = queries.astype(np.float64) @ codec.decode(state, codes).T.astype(np.float64)
    assert (np.abs(out - exact).max(axis=1) <= bound).all()
    assert np.corrcoef(out.ravel(), exact.ravel())[0, 1] > 0.999
    some = np.array([3, 600, 3])
    np.testing.assert_allclose(codec.score(state, prepared, np.full(len(codes.rows(some)["codes"]), 4), codes.rows(some)), exact[4, some], rtol=1e-4, atol=1e-4)


def test_codes_of_a_row_do_not_depend_on_the_batch():
    x = gaussian(6000)
    codec = Residual(levels=3, refits=1)
    state = fitted(codec, x)
    whole = codec.encode(state, x)["codes"]
    np.testing.assert_array_equal(codec.encode(state, x[4096:])["codes"], whole[4096:])


def test_more_levels_and_refits_lose_less_on_rows_not_seen():
    x = gaussian(6000)
    seen, rest = x[:4000], x[4000:]
    errors = [error(Residual(levels, refits=refits), seen, rest) for levels, refits in ((2, 0), (4, 0), (4, 4))]
    assert errors[0] > errors[1] > 1.01 * errors[2]


def test_weights_are_honoured():
    x = gaussian(4000)
    heavy = np.arange(4000) < 300
    weight = np.where(heavy, 100, 1).astype(np.float32)
    codec = Residual(levels=2, refits=2)
    assert error(codec, x, x[heavy], weight=weight) < 0.8 * error(codec, x, x[heavy])


@pytest.mark.parametrize("count", [1, 2, 100, 255])
def test_fewer_rows_than_codewords(count):
    x = gaussian(count)
    assert error(Residual(levels=2, refits=3), x) < 0.02


@pytest.mark.parametrize("size", [1e-15, 1e8])
def test_any_size_of_values(size):
    x = gaussian(1000)
    codec = Residual(levels=2, refits=2)
    assert error(codec, x * np.float32(size)) == pytest.approx(error(codec, x), rel=0.1)


def test_zero_rows():
    x = np.zeros((20, 6), np.float32)
    np.testing.assert_array_equal(coded(Residual(levels=2), fitted(Residual(levels=2), x), x), x)


def test_same_seed_same_bytes():
    x = gaussian(1000)
    first, again, other = (fitted(Residual(levels=2, refits=2), x, seed=seed)["books"].tobytes() for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"levels": 0}, "levels: got 0"),
        ({"levels": 129}, "levels: got 129"),
        ({"beam": 0}, "beam: got 0"),
        ({"beam": 65}, "beam: got 65"),
        ({"refits": -1}, "refits: got -1"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(SpecError, match=message):
        Residual(**settings)


def test_shorter_codecs_read_the_state_of_the_longest():
    x = gaussian()
    longest = Residual(levels=5)
    state = fitted(longest, x)
    errors = []
    for codec in [*longest.shorter(), longest]:
        own = {"books": state["books"][: codec.levels], "scale": state["scale"]}
        codes = codec.encode(state, x)["codes"]
        assert codes.shape == (len(x), codec.levels)
        np.testing.assert_array_equal(codes, codec.encode(own, x)["codes"])
        held = Codes({"codes": codes})
        np.testing.assert_array_equal(codec.decode(state, held), codec.decode(own, held))
        tables = codec.prepare(state, x[:3])
        out = np.empty((3, len(x)), np.float32)
        bound = codec.scan(tables, codec.pack(state, held), out)
        assert (np.abs(out - x[:3] @ codec.decode(state, held).T).max(axis=1) <= bound + 1e-4).all()
        errors.append(float(np.square(x - codec.decode(state, held)).sum()))
    assert (np.diff(errors) < 0).all() and len(errors) == 5

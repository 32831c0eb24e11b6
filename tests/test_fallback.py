"""A learned codec that ends worse than scalar codes of the same bytes is noticed."""

import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.codec import describe
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.fallback import better, direction_error, is_learned, simpler
from rankfold.vectors import as_vectors

RESIDUAL = {"codec": "residual", "levels": 8, "refits": 1}


def rows(count=600, dim=32, seed=0):
    return np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)


@pytest.mark.parametrize(
    ("spec", "learned"),
    [
        (RESIDUAL, True),
        ({"codec": "layered", "bytes": 16}, True),
        ({"codec": "normed", "inner": {"codec": "pq"}}, True),
        ({"codec": "scalar"}, False),
        ({"codec": "reduced", "dims": 4}, False),
        ({"codec": "rotated", "inner": {"codec": "sign"}}, False),
    ],
)
def test_what_is_learned(spec, learned):
    assert is_learned(from_spec(spec)) is learned


@pytest.mark.parametrize(("size", "expected"), [(4, "reduced(dims=6, scalar(bits=4))"), (9, "scalar(bits=2)"), (17, "scalar(bits=4)"), (40, "scalar(bits=8)")])
def test_the_simpler_codec_keeps_to_the_bytes(size, expected):
    found = simpler(from_spec({"codec": "trellis", "bytes": size}) if size < 24 else from_spec({"codec": "largest", "keep": 20}), 32)
    assert describe(found) == expected and found.row_bytes(32) <= size


def test_no_scalar_code_fits_one_byte():
    assert simpler(from_spec({"codec": "residual", "levels": 1}), 32) is None


def test_error_of_directions():
    x, coded_half = rows(50), from_spec({"codec": "half"})
    state = coded_half.fit(x, np.ones(50, np.float32), np.random.default_rng(0))
    assert direction_error(coded_half, state, x, np.ones(50, np.float32)) < 1e-5
    crude = from_spec({"codec": "reduced", "dims": 1, "method": "leading", "inner": {"codec": "half"}})
    state = crude.fit(x, np.ones(50, np.float32), np.random.default_rng(0))
    expected = np.mean(2 - 2 * np.abs(x[:, 0]) / np.linalg.norm(x, axis=1))
    assert direction_error(crude, state, x, np.ones(50, np.float32)) == pytest.approx(expected, rel=1e-3)


def test_codebooks_of_too_few_rows_are_warned_of_and_replaced_only_when_asked():
    vectors = as_vectors(unit_rows(rows(1200)))
    with pytest.warns(RuntimeWarning, match="unit.residual.levels=8.*squared error of directions.*--fallback"):
        kept = compress(vectors, from_spec(RESIDUAL), sample=20)
    assert describe(kept.segments[0].codec).startswith("unit(residual")
    plain = compress(vectors, from_spec(RESIDUAL), sample=20, fallback=True)
    assert describe(plain.segments[0].codec) == "scalar(bits=1)"
    errors = [np.square(table.decode() - vectors.read()).sum(axis=1).mean() for table in (kept, plain)]
    assert errors[1] < errors[0]
    compress(vectors, from_spec(RESIDUAL), sample=20, fallback=None)


def test_a_good_fit_is_left_alone():
    vectors = as_vectors(unit_rows(rows(3000, 32) * np.linspace(3, 0.1, 32, dtype=np.float32)))
    for fallback in (False, True):
        table = compress(vectors, from_spec({"codec": "trellis", "bytes": 9}), fallback=fallback)
        assert describe(table.segments[0].codec) == "unit(trellis(bytes=9))"


def test_weights_and_zero_rows_count():
    x = rows(300)
    x[::3] = 0
    how = from_spec({"codec": "pq", "groups": 4})
    state = how.fit(x, np.ones(300, np.float32), np.random.default_rng(0))
    nothing = np.zeros(300, np.float32)
    assert better(how, state, (x, np.ones(300, np.float32)), (x, nothing), 0) is None
    assert direction_error(how, state, x[::3], np.ones(100, np.float32)) == 0

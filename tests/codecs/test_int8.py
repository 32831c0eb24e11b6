import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rankfold.codecs.int8 import Int8
from rankfold.codes import Codes


def test_known_row(coded):
    x = np.array([[127.0, -63.5, 0.0, 1.0]])
    state, codes, decoded = coded(Int8(), x)
    assert codes["values"][0, 0] in (126, 127) and codes["values"][0, 2] == 0
    assert np.abs(decoded - x).max() <= 0.51 * 1.02
    assert Int8().row_bytes(4) == codes.row_bytes == 5


@given(st.integers(0, 2**31), st.integers(1, 50))
def test_error_is_at_most_half_a_step_of_a_scale_that_never_clips(seed, dim):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((20, dim)) * rng.lognormal(0, 2, (20, 1))).astype(np.float32)
    state = Int8().fit(x, np.ones(20, np.float32), rng)
    codes = Codes(Int8().encode(state, x))
    peak = np.abs(x).max(axis=1, keepdims=True)
    step = peak * np.exp(state["grid"][1]) / 127
    assert (np.abs(Int8().decode(state, codes) - x) <= 0.5001 * step + 1e-6 * peak).all()


def test_bound_of_a_scan_is_small_against_the_lengths(coded, gaussian):
    x = gaussian(300, 384)
    state, codes, _ = coded(Int8(), x)
    queries = gaussian(5, 384, seed=1)
    out = np.empty((5, 300), np.float32)
    bound = Int8().scan(Int8().prepare(state, queries), Int8().pack(state, codes), out)
    assert (bound < 2e-4 * np.linalg.norm(queries, axis=1) * np.linalg.norm(x, axis=1).max()).all()


def test_sums_stay_in_32_bits_at_the_largest_dimension(coded):
    dim = 65_536
    x = np.ones((2, dim), np.float32)
    state, codes, decoded = coded(Int8(), x)
    out = np.empty((1, 2), np.float32)
    Int8().scan(Int8().prepare(state, x[:1]), Int8().pack(state, codes), out)
    assert np.allclose(out, decoded.sum(axis=1), rtol=1e-4)

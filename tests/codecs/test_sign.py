import numpy as np
import pytest

from rankfold.codecs.sign import Sign
from rankfold.errors import SpecError


def test_estimates_have_no_bias_and_the_known_spread(gaussian, coded):
    # RaBitQ, theorem 3.2: the estimate of <x, q> for unit rows has standard deviation about 0.75 / root of d.
    dim = 128
    x = gaussian(1, dim)
    x /= np.linalg.norm(x)
    query = 0.6 * x[0] + 0.8 * _across(x[0], gaussian(1, dim, seed=3)[0])
    found = np.array([coded(Sign(), x, seed=seed)[2][0] @ query for seed in range(400)])
    assert found.mean() == pytest.approx(0.6, abs=0.01)
    assert found.std() == pytest.approx(0.8 * np.sqrt(np.pi / 2 - 1) / np.sqrt(dim), rel=0.15)


def _across(x, y):
    y = y - (y @ x) * x
    return y / np.linalg.norm(y)


def test_a_row_scores_itself_exactly_up_to_the_byte_of_its_factor(coded, gaussian):
    x = gaussian(100, 64)
    state, _, decoded = coded(Sign(), x)
    share = np.einsum("nd,nd->n", x, decoded) / np.square(x).sum(axis=1)
    assert np.abs(np.log(share)).max() <= 0.51 * state["grid"][1]


def test_both_query_forms_store_the_same_and_score_nearly_the_same(coded, gaussian):
    x, queries = gaussian(200, 100), gaussian(4, 100, seed=1)
    plain_state, plain_codes, decoded = coded(Sign(), x)
    state, codes, _ = coded(Sign(8), x)
    assert np.array_equal(plain_codes["codes"], codes["codes"]) and np.array_equal(plain_codes["scale"], codes["scale"])
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(decoded, axis=1)
    for one in (Sign(), Sign(8)):
        out = np.empty((4, 200), np.float32)
        one.scan(one.prepare(state, queries), one.pack(state, codes), out)
        assert (np.abs(out - queries @ decoded.T) / lengths).max() < 0.005


def test_row_bytes():
    assert [Sign().row_bytes(dim) for dim in (1, 8, 9, 384)] == [2, 2, 3, 49]


@pytest.mark.parametrize("bits", [1, 4, -8])
def test_other_query_bits_are_refused(bits):
    with pytest.raises(SpecError, match="query_bits: got"):
        Sign(bits)

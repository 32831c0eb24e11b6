"""The score is the theory's answer for Gaussian rows, falls with the size, and tells tables of few directions from those of many."""

import numpy as np
import pytest

from rankfold.tune.compressibility import COEFFICIENTS, FEATURES, compressibility, hubness, predicted, raw_features, waterfilled
from rankfold.vectors import as_vectors


def test_water_is_filled_to_one_level():
    values = np.array([4.0, 1.0, 0.25, 0.0])
    for bits in (0.5, 1.0, 2.0, 7.0):
        left = waterfilled(values, bits)
        spent = 0.5 * np.log2(values[:3] / left[:3]).sum()
        above = left < values
        assert spent == pytest.approx(bits) and np.ptp(left[above]) < 1e-12 and (left <= values).all() and left[3] == 0
        assert (values[~above] <= left[above].max() + 1e-12).all()
    # One bit on the first alone brings it from 4 to 1: from there on the second shares.
    assert waterfilled(values, 1.0)[:2] == pytest.approx([1.0, 1.0])
    assert np.array_equal(waterfilled(values, 0.0), values) and not waterfilled(np.zeros(3), 9.0).any()


def rows_of(rank, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((1_500, rank)) @ rng.standard_normal((rank, 32)) + 0.02 * rng.standard_normal((1_500, 32))
    return as_vectors(x.astype(np.float32))


def test_more_bytes_lose_less_and_few_directions_lose_less():
    narrow, wide = (compressibility(rows_of(rank), [4, 8, 16]) for rank in (4, 32))
    for found in (narrow, wide):
        assert 1 > found.loss[4] > found.loss[8] > found.loss[16] > 0
    assert all(narrow.loss[size] < wide.loss[size] for size in (4, 8, 16)) and narrow.effective_rank < 5 < 15 < wide.effective_rank
    assert narrow.to_dict()["loss"].keys() == {"4", "8", "16"}


def test_the_same_rows_give_the_same_score_and_users_are_asked():
    vectors, users = rows_of(8), np.random.default_rng(1).standard_normal((50, 32)).astype(np.float32)
    assert compressibility(vectors, [8]) == compressibility(vectors, [8])
    assert compressibility(vectors, [8], queries=users).loss != compressibility(vectors, [8]).loss
    assert compressibility(vectors, [8], unit=True).length_variation < 1e-6 < compressibility(vectors, [8]).length_variation


def test_a_row_near_all_others_is_a_hub():
    rng = np.random.default_rng(0)
    spread = rng.standard_normal((400, 200)).astype(np.float32)
    few = rng.standard_normal((400, 3)).astype(np.float32)
    assert hubness(spread) > hubness(few) and hubness(few[:10]) == 0.0


def test_a_forecast_is_a_share_and_rises_with_what_the_channel_loses():
    assert len(COEFFICIENTS) == len(FEATURES)
    told = [predicted(raw_features(loss, length_variation=0.3, hubness=1.0)) for loss in (0.0, 0.1, 0.5, 0.9, 1.0)]
    assert told == sorted(told) and 0 < told[0] < told[-1] < 1


@pytest.mark.parametrize("count", [2, 12, 30])
def test_small_tables_have_a_score_too(count):
    found = compressibility(as_vectors(np.random.default_rng(0).standard_normal((count, 8)).astype(np.float32)), [2, 4])
    assert all(0 < value < 1 for value in found.loss.values())

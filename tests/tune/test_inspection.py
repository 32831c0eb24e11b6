"""What inspect says of vectors whose answer is known."""

import json

import numpy as np
import pytest

from rankfold.tune.inspection import inspect, rank_correlation, share_facts, spectrum
from rankfold.vectors import as_vectors


def gaussian(rows=3_000, dim=32, seed=0):
    return np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)


def test_facts_are_json_and_right():
    x = gaussian()
    x[10] = x[20]
    x[30] = 0
    facts = inspect(as_vectors(x, zero_rows="keep", space="s"))
    json.dumps(facts, allow_nan=False)
    assert facts["rows"] == 3_000 and facts["dim"] == 32 and facts["space"] == "s" and facts["float32_bytes"] == 3_000 * 32 * 4
    assert facts["duplicates"]["exact_rows"] == 1 and facts["zero_rows"] == 1
    assert facts["norms"]["min"] == 0 and facts["norms"]["median"] == pytest.approx(np.sqrt(32), rel=0.05)
    assert facts["popularity"] is None and facts["exposure"] is None
    assert any("zeros" in line for line in facts["advice"]) and any("repeat" in line for line in facts["advice"])


def test_a_flat_spectrum_has_no_coding_gain_and_a_low_rank_has_much():
    flat = spectrum(gaussian(20_000))
    assert flat["coding_gain_bits"] < 0.02 and flat["effective_rank"] == pytest.approx(32, abs=0.5)
    thin = spectrum(gaussian(2_000, 3) @ gaussian(3, 32, 1))
    assert thin["effective_rank"] < 3.5 and thin["coding_gain_bits"] > 2
    assert thin["energy_in"]["8"] == pytest.approx(1, abs=1e-6)


def test_shares_of_planted_popularity():
    counts = np.zeros(1_000)
    counts[:10] = 50
    counts[10:60] = 10
    facts = share_facts(counts)
    assert facts["share"]["top_1%"] == pytest.approx(0.5)
    assert facts["share"]["top_20%"] == 1.0 and facts["rows_with_none"] == 940 and facts["gini"] > 0.9
    assert share_facts(np.ones(100))["gini"] == pytest.approx(0, abs=1e-9)


def test_rank_correlation_with_ties():
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 40]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3, 4], [4, 3, 2, 1]) == pytest.approx(-1)
    assert rank_correlation([1, 1, 1], [1, 2, 3]) == 0
    assert rank_correlation([1, 2, 2, 3], [1, 2, 2, 3]) == pytest.approx(1)


def test_users_and_popularity_tell_where_exposure_falls():
    x = gaussian(500, 16)
    x[:5] *= 20
    popularity = np.ones(500, np.int64)
    popularity[:5] = 1_000
    facts = inspect(as_vectors(x), users=np.abs(gaussian(200, 16, 2)), popularity=popularity)
    assert facts["popularity"]["norm_correlation"] > 0
    assert facts["exposure"]["share"]["top_20%"] > 0.2
    assert any("top 20 %" in line for line in facts["advice"])


def test_sensitivity_ranks_planted_dimensions_by_users_and_by_rows():
    x = gaussian(400, 32)
    x[:, 20:] *= 0.01
    for users in (None, gaussian(60, 32, 3)):
        found = inspect(as_vectors(x), users=users)["sensitivity"]
        assert found["of"] == ("rows" if users is None else "users") and found["queries"] == (200 if users is None else 60) and found["block"] == 2
        assert set(found["dimensions"]["order"][-12:]) == set(range(20, 32))
        assert set(found["blocks"]["order"][-6:]) == set(range(10, 16)) and set(found["directions"]["order"][-12:]) == set(range(20, 32))
        assert any("Half of the dimensions" in line for line in inspect(as_vectors(x), users=users)["advice"])
    assert inspect(as_vectors(x[:10]))["sensitivity"] is None


def test_sensitivity_of_very_long_rows_is_that_of_the_same_rows_at_length_one():
    x = gaussian(200, 8)
    short, long = (inspect(as_vectors(x * np.float32(scale)))["sensitivity"]["dimensions"] for scale in (1, 2.0**66))
    assert long["order"] == short["order"] and long["loss"] == short["loss"]

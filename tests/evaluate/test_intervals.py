import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.evaluate.intervals import finite, mean_of, percentiles, resampled_means


def test_mean_of_known_values():
    mean, low, high, n = mean_of(np.array([0.4, 0.6, 0.4, 0.6, np.nan]))
    # The sample deviation of 0.4, 0.6, 0.4, 0.6 is sqrt(0.04 / 3); the standard error is half of it.
    reach = 1.959963984540054 * np.sqrt(0.04 / 3) / 2
    assert (mean, low, high) == pytest.approx((0.5, 0.5 - reach, 0.5 + reach)) and n == 4


def test_the_interval_stays_in_the_range_of_the_value():
    assert mean_of(np.array([0.0, 0.0, 1.0])).low == 0.0
    assert mean_of(np.array([0.0, 0.0, 1.0]), lowest=-1.0).low < 0.0
    assert mean_of(np.array([1.0, 1.0, 0.0])).high == 1.0


def test_one_value_and_no_value_have_no_interval():
    assert mean_of(np.array([0.25])).to_dict() == {"mean": 0.25, "low": None, "high": None, "n": 1}
    assert mean_of(np.array([np.nan])).to_dict() == {"mean": None, "low": None, "high": None, "n": 0}


def test_finite_is_what_json_can_hold():
    assert finite(0.12345678) == 0.123457 and finite(np.nan) is None and finite(-np.inf) is None


def test_resampling_takes_the_same_queries_in_every_column():
    values = np.random.default_rng(0).random((50, 1))
    drawn = resampled_means(np.hstack([values, 2 * values]), draws=100, seed=3)
    assert drawn.shape == (100, 2)
    np.testing.assert_allclose(drawn[:, 1], 2 * drawn[:, 0], rtol=1e-12)


def test_resampling_is_seeded_and_does_not_depend_on_its_blocks(monkeypatch):
    values = np.random.default_rng(0).random((40, 2))
    first = resampled_means(values, draws=64, seed=5)
    monkeypatch.setattr("rankfold.evaluate.intervals.BLOCK_COUNTS", 3 * 40)
    np.testing.assert_allclose(resampled_means(values, draws=64, seed=5), first, rtol=1e-12)
    assert not np.array_equal(resampled_means(values, draws=64, seed=6), first)


def test_the_spread_of_resampled_means_is_the_standard_error():
    values = np.random.default_rng(1).random((400, 1))
    drawn = resampled_means(values, draws=4000, seed=0)
    assert drawn.std() == pytest.approx(values.std() / 20, rel=0.05)
    low, high = percentiles(drawn[:, 0])
    assert low == pytest.approx(values.mean() - 1.96 * values.std() / 20, abs=0.002)
    assert high == pytest.approx(values.mean() + 1.96 * values.std() / 20, abs=0.002)


@pytest.mark.parametrize(("rows", "draws"), [(0, 10), (3, 0)])
def test_nothing_to_draw_is_refused(rows, draws):
    with pytest.raises(InputError, match="expected at least 1 each"):
        resampled_means(np.zeros((rows, 1)), draws=draws, seed=0)

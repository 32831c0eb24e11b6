"""Fieller's interval: it holds exactly what the t test does not refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from rankfold.errors import InputError
from rankfold.evaluate.paired import interval, p_less, p_more, pairs_of, statistic


def drawn(seed, n=80):
    rng = np.random.default_rng(seed)
    before = rng.random(n) * (rng.random(n) < 0.6)
    return before, before * rng.choice([1.0, 0.4, 1.5], n)


@pytest.mark.parametrize("drop", [-0.1, 0.0, 0.2])
def test_the_test_is_the_t_test_of_scipy(drop):
    before, after = drawn(0)
    pairs = pairs_of(before, after)
    known = stats.ttest_1samp((1 - drop) * before - after, 0, alternative="greater")
    assert statistic(pairs, drop) == pytest.approx(known.statistic) and p_more(pairs, drop) == pytest.approx(known.pvalue)
    assert p_less(pairs, drop) == pytest.approx(1 - known.pvalue)


@given(st.integers(0, 10_000), st.integers(20, 200))
@settings(max_examples=60, deadline=None)
def test_the_ends_are_where_the_test_changes_its_mind(seed, n):
    pairs = pairs_of(*drawn(seed, n))
    low, high = interval(pairs)
    if np.isnan(low):
        return
    assert low <= pairs.drop <= high
    assert p_more(pairs, float(low)) == pytest.approx(0.025, abs=1e-6) and p_less(pairs, float(high)) == pytest.approx(0.025, abs=1e-6)


@given(st.integers(0, 10_000), st.floats(0.01, 100))
@settings(max_examples=30, deadline=None)
def test_the_unit_of_the_metric_does_not_matter(seed, scale):
    before, after = drawn(seed)
    assert np.allclose(interval(pairs_of(before, after)), interval(pairs_of(scale * before, scale * after)), rtol=1e-6, equal_nan=True)


def test_many_sets_at_once_are_each_by_itself():
    sets = [drawn(seed) for seed in range(5)]
    together = interval(pairs_of(np.stack([one[0] for one in sets]), np.stack([one[1] for one in sets])))
    assert np.allclose(np.array(together).T, [interval(pairs_of(*one)) for one in sets])


def test_nothing_changed_has_no_width_and_no_doubt():
    before = np.array([0.0, 1.0, 0.5, 0.3] * 10)
    pairs = pairs_of(before, before)
    assert interval(pairs) == (0, 0) and p_more(pairs, 0.0) == 0.5 and p_less(pairs, 0.01) < 1e-6
    halved = pairs_of(before, before / 2)
    assert np.allclose(interval(halved), 0.5) and statistic(halved, 0.5) == 0


def test_a_baseline_that_may_be_zero_bounds_nothing():
    assert np.isnan(interval(pairs_of(np.eye(1, 50)[0], np.zeros(50)))).all()
    assert np.isnan(interval(pairs_of(np.zeros(9), np.ones(9)))).all() and np.isnan(p_more(pairs_of(np.zeros(9), np.ones(9)), 0.0))


@pytest.mark.parametrize(("before", "after"), [([1.0], [1.0]), ([1.0, 2.0], [1.0]), ([1.0, np.nan], [1.0, 1.0]), (1.0, 1.0)])
def test_bad_pairs_are_refused(before, after):
    with pytest.raises(InputError, match="before, after"):
        pairs_of(before, after)


def test_coverage_where_the_bootstrap_is_too_narrow():
    rng = np.random.default_rng(0)
    before = np.where(rng.random((1_000, 200)) < 0.2, 1 / np.log2(1 + rng.integers(1, 10, (1_000, 200))), 0)
    after = np.where(rng.random(before.shape) < 0.15, rng.permuted(before, axis=1), before)
    low, high = interval(pairs_of(before, after))
    assert 0.93 <= ((low <= 0) & (high >= 0)).mean() <= 0.975

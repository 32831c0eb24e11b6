"""Student's t against SciPy."""

import numpy as np
import pytest
from scipy import stats

from rankfold.errors import InputError
from rankfold.evaluate.student import quantile, tail


@pytest.mark.parametrize("degrees", [1, 2, 5, 30, 199, 5_000, 200_000])
def test_tails_and_quantiles_are_those_of_scipy(degrees):
    for t in (-40.0, -3.0, -0.2, 0.0, 0.5, 2.0, 4.5, 30.0):
        assert tail(t, degrees) == pytest.approx(stats.t.sf(t, degrees), rel=1e-9, abs=1e-300)
    for share in (0.0005, 0.01, 0.4999, 0.5001, 0.9, 0.975, 0.9999):
        assert quantile(share, degrees) == pytest.approx(stats.t.ppf(share, degrees), rel=1e-7, abs=1e-7)


def test_the_ends():
    assert tail(np.inf, 5) == 0 and tail(-np.inf, 5) == 1 and np.isnan(tail(np.nan, 5)) and tail(0.0, 3) == 0.5
    assert tail(1.96, 10_000_000) == pytest.approx(stats.norm.sf(1.96), rel=1e-6)


@pytest.mark.parametrize("share", [0.0, 1.0, np.nan])
def test_shares_outside_are_refused(share):
    with pytest.raises(InputError, match="between 0 and 1"):
        quantile(share, 4)


def test_no_degrees_of_freedom_are_refused():
    with pytest.raises(InputError, match="more than 0"):
        tail(1.0, 0)

"""Fitting and coding in one step, for the tests of single codecs."""

import numpy as np
import pytest

from rankfold.codes import Codes


@pytest.fixture
def coded():
    """coded(codec, x, weight=None, seed=0) -> state, codes, decoded rows."""

    def run(one, x, weight=None, seed=0):
        x = np.ascontiguousarray(x, np.float32)
        weight = np.ones(len(x), np.float32) if weight is None else np.asarray(weight, np.float32)
        state = one.fit(x, weight, np.random.default_rng(seed))
        codes = Codes(one.encode(state, x))
        return state, codes, one.decode(state, codes)

    return run


@pytest.fixture
def gaussian():
    """gaussian(count, dim, seed=0) -> float32 rows."""
    return lambda count, dim, seed=0: np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)


@pytest.fixture
def agreement():
    """agreement(queries, x, decoded, k) -> share of the exact top k that scoring the decoded rows finds."""

    def share(queries, x, decoded, k=10):
        exact, found = (np.argsort(-(queries @ rows.T), axis=1)[:, :k] for rows in (x, decoded))
        return float(np.mean([len(np.intersect1d(a, b)) / k for a, b in zip(exact, found)]))

    return share

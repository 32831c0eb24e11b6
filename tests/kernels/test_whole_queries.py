import numpy as np
import pytest

from rankfold.kernels.whole_queries import whole_queries


@pytest.mark.parametrize("scale", [0, 1e-38, 1e-20, 1, 1e20, 1e30])
@pytest.mark.parametrize("count", [8, 384, 6000])
def test_the_bound_holds_and_sums_fit(scale, count):
    rng = np.random.default_rng(count)
    tables, which = rng.integers(-128, 128, (2, 256)).astype(np.int8), rng.integers(0, 2, count).astype(np.uint8)
    queries = (rng.normal(size=(3, count)) * scale).astype(np.float32)
    queries[1] = queries[0, 0]  # as large in every coordinate
    whole, step, bound = whole_queries(queries, which, tables)
    assert (np.abs(whole.astype(np.int64)).sum(axis=1) * 128 < 2**31).all()
    assert np.isfinite(step).all() and (step > 0).all()
    values = tables[which, rng.integers(0, 256, (50, count))].astype(np.float64)
    scanned = step[:, None] * (whole.astype(np.int64) @ values.T.astype(np.int64)).astype(np.float32)
    assert (np.abs(scanned - queries.astype(np.float64) @ values.T) <= bound[:, None]).all()


def test_the_bound_is_tight_enough_to_be_of_use():
    rng = np.random.default_rng(0)
    tables = rng.integers(-128, 128, (1, 256)).astype(np.int8)
    queries = rng.normal(size=(4, 384)).astype(np.float32)
    _, _, bound = whole_queries(queries, np.zeros(384, np.uint8), tables)
    assert (bound < 1e-3 * 128 * np.linalg.norm(queries, axis=1)).all()


def test_no_rows_of_queries():
    whole, step, bound = whole_queries(np.zeros((0, 4), np.float32), np.zeros(4, np.uint8), np.ones((1, 64), np.int8))
    assert whole.shape == (0, 4) and step.shape == bound.shape == (0,)

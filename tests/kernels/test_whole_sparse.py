import numpy as np
import pytest

from rankfold import kernels
from rankfold.fitting.bitpack import pack_bits
from rankfold.kernels.whole_sparse import whole_products, whole_values


def scores(values, form, products, index, codes, profile, detail):
    """What the scan finds for rows of scale 1, and its bound."""
    whole, step, bound = whole_products(products, values)
    out, none = np.empty((len(products), len(index)), np.float32), np.empty(0, np.uint8)
    if form != "levels":
        parts = pack_bits(index | codes << 9, 10), 9, profile, values.whole, np.empty((len(index), 0), np.uint8), np.empty(0, np.int16)
    else:
        parts = pack_bits(index, 9), 9, none, np.empty((0, index.shape[1]), np.int16), pack_bits(codes, 5), values.whole
    ones = np.ones(256, np.float32)
    kernels.sparse_scan(whole, *parts, np.zeros(len(index), np.uint8), ones, none, ones, step, out, detail if len(values.added) else none, values.added)
    return out, bound, whole


@pytest.mark.parametrize("form", ["profiles", "details", "levels"])
@pytest.mark.parametrize("size", [0, 1e-38, 1e-30, 1, 1e20, 1e30])
def test_the_bound_holds_and_sums_fit(size, form):
    rng = np.random.default_rng(1)
    real = -np.sort(-rng.exponential(1, (256, 24)), axis=1).astype(np.float32) if form != "levels" else rng.standard_normal(32).astype(np.float32)
    added = rng.normal(0, 0.1, (256, 24)) if form == "details" else np.zeros((0, 24))
    values = whole_values(real, 24, added)
    products = (rng.standard_normal((5, 300)) * size).astype(np.float32)
    products[1] = products[0, 0]  # as large with every atom
    index, profile, detail = rng.integers(0, 300, (400, 24)).astype(np.uint16), *rng.integers(0, 256, (2, 400)).astype(np.uint8)
    codes = rng.integers(0, 32 if form == "levels" else 2, (400, 24)).astype(np.uint16)
    if form == "levels":
        exact = real.astype(np.float64)[codes]
    else:
        exact = (real.astype(np.float64)[profile] + (added[detail] if form == "details" else 0)) * (1 - 2 * codes.astype(int))
    wanted = np.einsum("rk,qrk->qr", exact, products[:, index].astype(np.float64))
    out, bound, whole = scores(values, form, products, index, codes, profile, detail)
    assert (np.abs(out - wanted) <= bound[:, None]).all()
    assert (np.abs(whole.astype(np.int64)).max(axis=1) * (values.most / values.step + 1).sum() < 2**31).all()
    if size == 1:
        assert (bound < 1e-3 * np.abs(products).max(axis=1) * values.most.sum()).all()


def test_no_rows_of_queries():
    whole, step, bound = whole_products(np.zeros((0, 4), np.float32), whole_values(np.ones((256, 3), np.float32), 3))
    assert whole.shape == (0, 4) and step.shape == bound.shape == (0,)

import numpy as np
import pytest

from rankfold import kernels
from rankfold.fitting.bitpack import pack_bits
from rankfold.kernels.whole_sparse import whole_products, whole_values


def forms(rng, nonzeros):
    magnitudes = -np.sort(-rng.exponential(1, (2, 256, nonzeros)), axis=2).astype(np.float32)
    yield np.float32([1, -1]), magnitudes[:1]
    yield np.float32([1, -1]), magnitudes * np.float32([[[1]], [[0.1]]])
    yield rng.standard_normal(32).astype(np.float32), np.empty((0, 256, nonzeros), np.float32)


@pytest.mark.parametrize("size", [0, 1e-30, 1, 1e20])
def test_the_bound_holds_and_sums_fit(size):
    rng = np.random.default_rng(1)
    for levels, books in forms(rng, 24):
        values = whole_values(levels, books)
        products = (rng.standard_normal((5, 300)) * size).astype(np.float32)
        products[1] = products[0, 0]  # as large with every atom
        whole, step, bound = whole_products(products, values)
        rows, bits = 400, 1 if len(books) else 5
        index = rng.integers(0, 300, (rows, 24)).astype(np.uint16)
        codes, profile = rng.integers(0, 1 << bits, (rows, 24)).astype(np.uint8), rng.integers(0, 256, (rows, len(books))).astype(np.uint8)
        exact = levels.astype(np.float64)[codes]
        if len(books):
            exact = exact * sum(book.astype(np.float64)[column] for book, column in zip(books, profile.T, strict=True))
        wanted = np.einsum("rk,qrk->qr", exact, products[:, index].astype(np.float64))
        out, scale = np.empty((5, rows), np.float32), np.zeros(rows, np.uint16)
        packed = pack_bits(index, 9), pack_bits(codes, bits)
        kernels.sparse_scan(whole, *packed, profile, values.levels, values.books, scale, np.ones(1, np.float32), step, out)
        assert (np.abs(out - wanted) <= bound[:, None]).all()
        assert ((np.abs(whole.astype(np.int64)).max(axis=1) * (values.most / values.step + 1).sum()) < 2**31).all()


def test_the_bound_is_tight_enough_to_be_of_use():
    rng = np.random.default_rng(0)
    for levels, books in forms(rng, 32):
        size = np.linalg.norm(books[:1], axis=2).max() if len(books) else 1
        values = whole_values(levels if len(books) else levels / 10, books / size)
        products = rng.standard_normal((4, 4096)).astype(np.float32)
        products /= np.abs(products).max(axis=1, keepdims=True)
        assert (whole_products(products, values)[2] < 4e-3).all()

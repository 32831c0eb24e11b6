"""The same lists whatever the order of the table's rows."""

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.search import Aligned, Rows, Searcher
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def pair():
    """A searcher of 300 rows, and one of the same rows in another order, aligned with the first."""
    x = np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)
    x[50:60] = x[40:50]
    vectors = as_vectors(x, np.arange(1_000, 1_300))
    order = np.random.default_rng(1).permutation(300)
    half = from_spec({"codec": "half"})
    plain, mixed = compress(vectors, half), compress(vectors.arranged(order), half)
    return Searcher(plain), Aligned(Searcher(mixed), vectors.ids)


def test_same_lists(pair):
    plain, aligned = pair
    queries = np.random.default_rng(2).standard_normal((20, 8)).astype(np.float32)
    exclude = Rows.from_lists([np.arange(number, 300, 3) for number in range(20)])
    allow = np.random.default_rng(3).random(300) < 0.8
    for options in ({}, {"exclude": exclude}, {"allow": allow}, {"exclude": exclude, "allow": allow}):
        wanted, found = plain.search(queries, 300, **options), aligned.search(queries, 300, **options)
        assert np.array_equal(wanted.rows, found.rows) and np.array_equal(wanted.scores, found.scores)
    assert aligned.count == 300


def test_refuses_other_ids(pair):
    _, aligned = pair
    for ids in (np.arange(300), np.arange(1_000, 1_299), np.r_[np.arange(1_000, 1_299), 1_000]):
        with pytest.raises(InputError, match="each once"):
            Aligned(aligned.searcher, ids)
    with pytest.raises(InputError, match="exclude"):
        aligned.search(np.ones((1, 8), np.float32), 3, exclude=Rows.from_lists([[300]]))

"""Pairs hold both lists, both scores, and what was clicked."""

import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.evaluate.exact import ExactSearcher
from rankfold.evaluate.pairs import scored_pairs
from rankfold.search import Rows, Searcher
from rankfold.vectors import as_vectors


@pytest.mark.parametrize("unit", [False, True])
def test_pairs_are_the_rows_of_both_lists_with_both_scores(unit):
    rng = np.random.default_rng(0)
    x, users = rng.standard_normal((300, 8)).astype(np.float32), rng.standard_normal((20, 8)).astype(np.float32)
    vectors = as_vectors(x)
    table = compress(vectors, from_spec({"codec": "sign"}), unit=unit).remove([5])
    seen = Rows.from_lists([[query] for query in range(20)])
    relevant = Rows.from_lists([[query + 20, query + 40] for query in range(20)])
    pairs = scored_pairs(table, vectors, users, seen=seen, relevant=relevant, depth=10)
    exact, found = ExactSearcher(vectors, unit=unit).search(users, 10, exclude=seen), Searcher(table).search(users, 10, exclude=seen)
    for query in range(20):
        expected = sorted(({*exact.rows[query].tolist()} | {*found.rows[query].tolist()}) - {5})
        here = pairs.query == query
        assert pairs.row[here].tolist() == expected and query not in expected
        assert pairs.clicked[here].tolist() == [row in (query + 20, query + 40) for row in expected]
    assert pairs.exact == pytest.approx(((unit_rows(x) if unit else x)[pairs.row] * users[pairs.query]).sum(1), abs=1e-5)
    assert pairs.found == pytest.approx((table.decode()[pairs.row] * users[pairs.query]).sum(1), abs=1e-5)


def test_other_vectors_are_refused():
    x = np.eye(4, dtype=np.float32)
    with pytest.raises(InputError, match="3 rows x 4"):
        scored_pairs(compress(as_vectors(x), from_spec({"codec": "half"})), as_vectors(x[:3]), x)
    with pytest.raises(InputError, match="another order"):
        scored_pairs(compress(as_vectors(x), from_spec({"codec": "half"})), as_vectors(x).arranged(np.array([1, 0, 2, 3])), x)

import numpy as np

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.search.exact import best_of, prepare_queries, rescored
from rankfold.vectors import as_vectors


def test_rows_of_every_segment_are_scored_exactly():
    rng = np.random.default_rng(0)
    table = compress(as_vectors(rng.standard_normal((50, 8)), np.arange(50)), from_spec({"codec": "half"}))
    table = table.add(as_vectors(rng.standard_normal((20, 8)), np.arange(50, 70)))
    queries = rng.standard_normal((2, 8)).astype(np.float32)
    rows = np.array([[69, 3, -1], [0, 50, 49]])
    _, scores = rescored(table, prepare_queries(table, queries), rows)
    wanted = np.einsum("qd,qkd->qk", queries, table.decode()[np.maximum(rows, 0)])
    np.testing.assert_allclose(scores[rows >= 0], wanted[rows >= 0], rtol=1e-5)
    assert scores[0, 2] == -np.inf


def test_the_best_stand_first_and_ties_go_by_row():
    rows, scores = best_of(np.array([[5, -1, 2, 9]]), np.float32([[1, -np.inf, 1, 3]]), 3)
    assert rows.tolist() == [[9, 2, 5]] and scores.tolist() == [[3, 1, 1]]
    assert best_of(np.array([[-1]]), np.float32([[-np.inf]]), 4)[0].tolist() == [[-1]]

import numpy as np

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.search.ranking import Ranking, ranked_ids
from rankfold.vectors import as_vectors


def test_a_ranking_is_a_pair_of_rows_and_scores():
    rows, scores = Ranking(np.array([[3, 1, -1]]), np.array([[2.0, 1.0, -np.inf]], np.float32))
    assert rows.tolist() == [[3, 1, -1]] and scores[0, 2] == -np.inf


def test_top_cuts_both_and_never_pads():
    ranking = Ranking(np.array([[3, 1], [0, 2]]), np.array([[2.0, 1.0], [5.0, 4.0]], np.float32))
    assert ranking.top(1).rows.tolist() == [[3], [0]] and ranking.top(1).scores.tolist() == [[2.0], [5.0]]
    assert ranking.top(9).k == ranking.k == 2


def test_ids_of_text_are_empty_where_nothing_was_found():
    table = compress(as_vectors(np.eye(2, dtype=np.float32), np.array([b"one", b"two"])), from_spec({"codec": "half"}))
    assert ranked_ids(table, Ranking(np.array([[1, -1]]), np.float32([[1, -np.inf]]))).tolist() == [[b"two", b""]]

import numpy as np

from rankfold.search.ranking import Ranking


def test_a_ranking_is_a_pair_of_rows_and_scores():
    rows, scores = Ranking(np.array([[3, 1, -1]]), np.array([[2.0, 1.0, -np.inf]], np.float32))
    assert rows.tolist() == [[3, 1, -1]] and scores[0, 2] == -np.inf


def test_top_cuts_both_and_never_pads():
    ranking = Ranking(np.array([[3, 1], [0, 2]]), np.array([[2.0, 1.0], [5.0, 4.0]], np.float32))
    assert ranking.top(1).rows.tolist() == [[3], [0]] and ranking.top(1).scores.tolist() == [[2.0], [5.0]]
    assert ranking.top(9).k == ranking.k == 2

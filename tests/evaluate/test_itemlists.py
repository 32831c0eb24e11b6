import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from rankfold.evaluate.itemlists import drawn, nearest_items


def test_neighbours_equal_scikit_learn():
    x = np.random.default_rng(0).standard_normal((200, 6)).astype(np.float32)
    rows = np.array([0, 7, 199])
    expected = NearestNeighbors(n_neighbors=9, metric="cosine").fit(x).kneighbors(x[rows], return_distance=False)
    assert nearest_items(x, rows, 8).tolist() == expected[:, 1:].tolist()


def test_equal_rows_go_by_number_and_the_row_itself_is_left_out():
    x = np.array([[1, 0], [1, 0], [2, 0], [0, 1]], np.float32)
    assert nearest_items(x, np.array([1]), 4).tolist() == [[0, 2, 3, -1]]


def test_rows_are_drawn_without_repeats():
    assert drawn(3, 5, 0).tolist() == [0, 1, 2]
    some = drawn(100, 10, 1)
    assert len(set(some.tolist())) == 10 and (np.diff(some) > 0).all() and drawn(100, 10, 1).tolist() == some.tolist()
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(drawn(100, 10, 2), some)

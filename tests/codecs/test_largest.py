import numpy as np
import pytest

from rankfold.codecs.largest import Largest
from rankfold.errors import SpecError


def test_the_largest_coordinates_stay_where_they_were(coded):
    x = np.array([[0.1, -5.0, 0.2, 3.0, 0.0], [0.01, 0.02, 0.0, 0.03, -0.001]])
    _, codes, decoded = coded(Largest(2), x)
    assert np.array_equal(decoded != 0, [[0, 1, 0, 1, 0], [0, 1, 0, 1, 0]])
    assert np.allclose(decoded[0], [0, -5, 0, 3, 0], atol=0.03)
    assert np.allclose(decoded[1], [0, 0.02, 0, 0.03, 0], atol=2e-4)


def test_no_row_falls_below_the_floor(coded, gaussian):
    x = gaussian(100, 40)
    x[50:] *= 1e-4
    decoded = coded(Largest(5), x)[2]
    assert ((decoded != 0).sum(axis=1) == 5).all()


def test_ties_go_to_the_first_coordinates(coded):
    assert np.flatnonzero(coded(Largest(2), np.ones((1, 6)))[2][0]).tolist() == [0, 1]


@pytest.mark.parametrize(("dim", "row_bytes"), [(256, 11), (257, 14), (4096, 14), (4097, 16)])
def test_row_bytes_and_positions_at_the_limits_of_their_width(coded, dim, row_bytes):
    x = np.zeros((1, dim))
    x[0, [0, 1, 2, dim - 2, dim - 1]] = [1, 2, 3, 4, 5]
    _, codes, decoded = coded(Largest(5), x)
    assert np.flatnonzero(decoded[0]).tolist() == [0, 1, 2, dim - 2, dim - 1]
    assert codes.row_bytes == Largest(5).row_bytes(dim) == row_bytes


def test_more_than_there_is_cannot_be_kept(coded, gaussian):
    with pytest.raises(SpecError, match="keep: got 9; expected 1 to 8"):
        Largest(9).row_bytes(8)
    with pytest.raises(SpecError, match="keep"):
        coded(Largest(9), gaussian(3, 8))

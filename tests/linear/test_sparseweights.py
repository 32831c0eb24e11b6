"""What a user's items say by their weights."""

import numpy as np
import pytest

from rankfold.errors import InputError
from rankfold.linear import SparseFactors, SparseWeights
from rankfold.search.rows import Rows


def test_scores_are_the_weights_of_what_was_taken():
    rows = SparseFactors(np.array([[1, 2], [0, 2], [0, 1]], np.int32), np.array([[0.8, -0.6], [1, 0], [0, 0]], np.float32), np.float32([2, 0.5, 0]), 3)
    scores = SparseWeights(rows).scores(Rows.from_lists([[0, 1], [], [2]]))
    np.testing.assert_allclose(scores, [[0.5, 1.6, -1.2], [0, 0, 0], [0, 0, 0]], atol=1e-6)
    with pytest.raises(InputError, match="row number 3"):
        SparseWeights(rows).scores(Rows.from_lists([[3]]))

"""The sparse loss is the dense one on the kept places."""

import numpy as np
import pytest

from rankfold.arrays import unit_rows
from rankfold.linear import sparseloss
from rankfold.linear.elsa import dense_loss
from rankfold.linear.sparseloss import SparseLoss
from rankfold.linear.taken import Batch


@pytest.mark.parametrize("block", [1, 200, 1 << 19])
def test_loss_and_gradient_are_those_of_dense_factors(small, monkeypatch, block):
    monkeypatch.setattr(sparseloss, "BLOCK_NUMBERS", block)
    rng = np.random.default_rng(2)
    index = np.sort(np.argsort(rng.random((20, 12)), axis=1)[:, :4], axis=1)
    value = unit_rows(rng.standard_normal((20, 4)).astype(np.float32))
    length = np.exp(0.3 * rng.standard_normal(20)).astype(np.float32)
    batch = Batch.of(small, np.flatnonzero(small.lengths() > 1), 20)
    direction = np.zeros((20, 15), np.float32)
    np.put_along_axis(direction, index, value, axis=1)
    loss, turn, pull = SparseLoss(index, 15).at(value, length, batch)
    dense, dense_turn, dense_pull = dense_loss(direction, length, batch)
    assert loss == pytest.approx(dense, abs=1e-6)
    np.testing.assert_allclose(turn, np.take_along_axis(dense_turn, index, axis=1), atol=1e-7)
    np.testing.assert_allclose(pull, dense_pull, atol=1e-7)

"""Rows gathered one by one."""

import numpy as np

from rankfold.exchange.gathering import Gathering


def test_rows_in_order():
    rows = Gathering()
    rows.add(5, [1, 3], [0.5, -2.0])
    rows.add(-7, [], [])
    rows.add(6, [0], [0.1])
    made = rows.rows(4)
    assert made.ids.tolist() == [5, -7, 6] and made.indptr.tolist() == [0, 2, 2, 3] and made.indices.tolist() == [1, 3, 0]
    assert np.array_equal(made.data, np.array([0.5, -2, 0.1], np.float32)) and made.width == 4


def test_text_ids():
    rows = Gathering()
    rows.add("é", [0], [1.0])
    assert rows.rows(1).ids.tolist() == ["é".encode()]

"""Small worlds whose structure is known."""

import numpy as np
import pytest

from rankfold.search.rows import Rows


@pytest.fixture(scope="module")
def planted():
    """200 users of 40 items in groups of 4 that are always taken together, with the odd stray: (taken, group of each item)."""
    rng = np.random.default_rng(3)
    group = np.arange(40) // 4
    lists = []
    for _ in range(200):
        chosen = np.flatnonzero(np.isin(group, rng.choice(10, 2, replace=False)))
        lists.append(np.concatenate([chosen, rng.integers(0, 40, 1)]))
    return Rows.from_lists(lists), group


@pytest.fixture
def small():
    """30 users of 20 items, at random; some took none or one."""
    rng = np.random.default_rng(0)
    return Rows.from_pairs(rng.integers(0, 28, 150), rng.integers(0, 20, 150), 30)

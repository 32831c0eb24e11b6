"""A small world with a known structure: users like the items of their own group."""

import numpy as np
import pytest

from rankfold.interactions import Interactions
from rankfold.vectors import as_vectors


@pytest.fixture(scope="session")
def world():
    """(vectors, users, interactions) with free norms, 600 items in 12 groups, 240 users with train and test items of their group."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((12, 16))
    group = rng.integers(0, 12, 600)
    items = (centres[group] + 0.6 * rng.standard_normal((600, 16))) * rng.lognormal(0, 0.3, (600, 1))
    owner = rng.integers(0, 12, 240)
    users = centres[owner] + 0.3 * rng.standard_normal((240, 16))
    user, item, split = [], [], []
    for one in range(240):
        mine = rng.permutation(np.flatnonzero(group == owner[one]))[:12]
        user += [one] * mine.size
        item += mine.tolist()
        split += [0] * (mine.size - 4) + [2] * 4
    events = Interactions(np.array(user), np.array(item), None, None, np.array(split))
    return as_vectors(items.astype(np.float32)), users.astype(np.float32), events

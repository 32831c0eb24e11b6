"""A small world whose codebooks were spoilt: teaching must repair them."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.search import Rows
from rankfold.vectors import as_vectors


@pytest.fixture(scope="session")
def world():
    """(vectors, users, seen): 500 items of 16 dimensions in groups, 200 users, ten rows seen by each."""
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((30, 16))
    items = (centres[rng.integers(0, 30, 500)] + 0.7 * rng.standard_normal((500, 16))) * rng.lognormal(0, 0.3, (500, 1))
    users = centres[rng.integers(0, 30, 200)] + 0.5 * rng.standard_normal((200, 16))
    seen = Rows.from_lists([rng.choice(500, 10, replace=False) for _ in range(200)])
    return as_vectors(items.astype(np.float32)), users.astype(np.float32), seen


@pytest.fixture(scope="session")
def table(world):
    """The world in three bytes a row."""
    return compress(world[0], from_spec({"codec": "residual", "levels": 2, "refits": 2}))


@pytest.fixture(scope="session")
def spoilt(table):
    """The same codes with noise in the codebooks."""
    (segment,) = table.segments
    books = segment.state["inner.books"]
    noise = np.random.default_rng(5).standard_normal(books.shape) * 0.3 * books.std()
    state = {**segment.state, "inner.books": (books + noise).astype(books.dtype)}
    return replace(table, segments=(replace(segment, state=state),))


def bytes_of(table):
    """Every byte of a table's states and codes."""
    return [(name, array.dtype.str, array.tobytes()) for s in table.segments for arrays in (s.state, s.codes.columns) for name, array in sorted(arrays.items())]

"""Student: fewer dimensions that keep lists better than principal axes do."""

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.distillation import student
from rankfold.errors import InputError, SpecError
from rankfold.search import Searcher
from rankfold.store import load, save
from rankfold.vectors import as_vectors


@pytest.fixture(scope="module")
def skewed():
    """Rows whose strongest directions no query asks about."""
    rng = np.random.default_rng(0)
    items = rng.standard_normal((300, 16)) * np.repeat([3.0, 1.0], 8)
    users = rng.standard_normal((210, 16)) * np.repeat([0.05, 1.0], 8)
    return as_vectors(items.astype(np.float32)), users.astype(np.float32)


@pytest.fixture(scope="module")
def taught(skewed):
    return student(skewed[0], 6, skewed[1], steps=60)


def test_it_finds_the_directions_that_are_asked_for(taught):
    assert taught.adopted and taught.gain.low > 0.03


def test_it_is_an_ordinary_table(taught, skewed, tmp_path):
    table = load(save(taught.table, tmp_path / "store"))
    assert table.segments[0].codes.row_bytes == 7 and {"axes", "encoder"} <= set(table.segments[0].state)
    ranking = Searcher(table).search(skewed[1][:5], 10)
    exact = np.take_along_axis(skewed[1][:5].astype(np.float64) @ table.decode().T.astype(np.float64), ranking.rows, axis=1)
    assert np.allclose(ranking.scores, exact, rtol=1e-3, atol=1e-3)
    more = table.add(as_vectors(skewed[0].read()[:9], ids=np.arange(1_000, 1_009)))
    assert np.array_equal(more.decode(np.arange(300, 309)), table.decode(np.arange(9)))


def test_same_seed_same_result(taught, skewed):
    again = student(skewed[0], 6, skewed[1], steps=60)
    assert again.to_dict() == taught.to_dict() and np.array_equal(again.table.decode(), taught.table.decode())


def test_all_dimensions_leave_nothing_to_teach(skewed):
    result = student(skewed[0], 16, skewed[1], steps=20)
    assert result.before.mean > 0.95 and (result.table.dim, result.table.count) == (16, 300)


def test_bad_input(skewed):
    with pytest.raises(SpecError, match="dims"):
        student(skewed[0], 17, skewed[1])
    with pytest.raises(InputError, match="inner"):
        student(skewed[0], 4, skewed[1], inner=from_spec({"codec": "residual", "levels": 2}))
    with pytest.raises(InputError, match="steps"):
        student(skewed[0], 4, skewed[1], steps=0)

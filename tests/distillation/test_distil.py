"""Distil: repairs what was spoilt, refuses what does not help, touches nothing when stopped, and says what is wrong with its input."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.distillation import Terms, distil
from rankfold.distillation.course import learn
from rankfold.distillation.distil import lesson_of, taught
from rankfold.distillation.pupils import Coded
from rankfold.errors import InputError
from rankfold.progress import silent
from rankfold.search import Rows
from rankfold.store import load, save
from rankfold.vectors import as_vectors
from tests.distillation.conftest import bytes_of


@pytest.fixture(scope="module")
def repaired(world, spoilt):
    vectors, users, seen = world
    return distil(spoilt, vectors, users, seen=seen, steps=50)


def test_spoilt_codebooks_are_repaired(repaired, spoilt):
    assert repaired.adopted and repaired.gain.low > 0.05 and repaired.after.mean > repaired.before.mean
    assert repaired.gain.mean == pytest.approx(repaired.after.mean - repaired.before.mean)
    assert repaired.queries == (140, 30, 30) and repaired.why.startswith("Adopted")
    assert repaired.table.nbytes == spoilt.nbytes and repaired.table.segments[0].codes is spoilt.segments[0].codes


def test_the_result_is_an_ordinary_artifact(repaired, tmp_path):
    path = save(repaired.table, tmp_path / "store")
    assert np.array_equal(load(path).decode(), repaired.table.decode())


def test_same_seed_same_bytes(repaired, world, spoilt):
    vectors, users, seen = world
    assert bytes_of(distil(spoilt, vectors, users, seen=seen, steps=50).table) == bytes_of(repaired.table)


def test_to_dict_is_plain(repaired):
    import json

    said = json.loads(json.dumps(repaired.to_dict()))
    assert said["adopted"] is True and said["queries"] == {"taught": 140, "stopped": 30, "judged": 30} and set(said["buckets"]) == {"head", "mid", "tail"}


def test_an_exact_table_is_left_alone(world):
    _, users, _ = world
    rows = world[0].read()[:200].astype(np.float16).astype(np.float32)
    vectors = as_vectors(rows)
    table = compress(vectors, from_spec({"codec": "residual", "levels": 1}), norms="raw")
    assert np.abs(table.decode() - rows).max() < 1e-2
    result = distil(table, vectors, users, steps=20)
    assert not result.adopted and result.table is table and "Not adopted" in result.why and "untouched" in result.why


def test_shuffled_rows_teach_nothing(world, table):
    vectors, users, seen = world
    lesson = lesson_of(vectors, users, unit=False, seen=seen, allow=None, sample=200, seed=0)
    wrong = replace(lesson, exact=lesson.exact[np.random.default_rng(0).permutation(500)])
    result = taught(Coded(table), table, wrong, Terms(), steps=50, rate=0.03, seed=0)
    assert not result.adopted and result.table is table


def test_rows_teach_when_there_are_no_users(world, spoilt):
    result = distil(spoilt, world[0], steps=40, terms=Terms(contrast=1.0))
    assert result.adopted and result.gain.low > 0


def test_rows_of_one_length(world):
    table = compress(world[0], from_spec({"codec": "residual", "levels": 2, "refits": 0}), unit=True)
    result = distil(table, world[0], steps=30)
    assert result.table.unit and np.isfinite(result.gain.mean)


def test_stopping_by_hand_touches_nothing(world, spoilt):
    vectors, users, seen = world
    before = bytes_of(spoilt)

    def stop(stage, done, total):
        if stage == "teach" and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        distil(spoilt, vectors, users, seen=seen, steps=30, progress=stop)
    assert bytes_of(spoilt) == before


def test_norms_from_tiny_to_huge(world, table):
    vectors, users, _ = world
    for scale in (1e-15, 1e15):
        big = as_vectors(vectors.read() * np.float32(scale))
        one = compress(big, from_spec({"codec": "residual", "levels": 1, "refits": 0}))
        result = distil(one, big, users, steps=5)
        assert np.isfinite(result.table.decode()).all() and np.isfinite(result.gain.mean)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": True}, "steps"),
        ({"rate": 0}, "rate"),
        ({"rate": np.nan}, "rate"),
        ({"sample": 0}, "sample"),
        ({"users": np.ones((1, 16), np.float32)}, "got 1 that can ask"),
        ({"users": np.full((30, 16), np.nan, np.float32)}, "row 0"),
        ({"users": np.ones((30, 5), np.float32)}, "dimensions"),
        ({"users": None, "seen": Rows.empty(3)}, "without users"),
    ],
)
def test_bad_input(world, table, change, match):
    vectors, users, _ = world
    with pytest.raises(InputError, match=match):
        distil(table, vectors, **{"users": users, **change})


def test_other_vectors(world, table):
    vectors, users, _ = world
    with pytest.raises(InputError, match="those of the table"):
        distil(table, as_vectors(vectors.read()[:100]), users)
    with pytest.raises(InputError, match="other ids"):
        distil(table, as_vectors(vectors.read(), ids=np.arange(500) + 1), users)
    with pytest.raises(InputError, match="space"):
        distil(replace(table, space="a"), as_vectors(vectors.read(), space="b"), users)


@pytest.mark.parametrize(
    "spec",
    [
        {"codec": "unit", "inner": {"codec": "trellis", "bytes": 4, "window": 6}},
        {"codec": "normed", "inner": {"codec": "layered", "coarse": {"codec": "sign"}, "fine": {"codec": "scalar", "bits": 2}}},
    ],
)
def test_trellis_and_scalar_can_be_taught(world, spec):
    """Every array that moved is finite, of its stored type, and rows that are added later are coded with it."""
    vectors, users, seen = world
    table = compress(vectors, from_spec(spec), unit=spec["codec"] == "unit", norms="raw")
    lesson = lesson_of(vectors, users, unit=table.unit, seen=seen, sample=200, seed=0, allow=None)
    pupil = Coded(table)
    learned = learn(pupil, lesson, Terms(), steps=10, rate=0.01, rng=np.random.default_rng(0), progress=silent)
    moved = pupil.table(learned.parameters)
    assert {name: (array.dtype, array.shape) for name, array in moved.segments[0].state.items()} == {
        name: (array.dtype, array.shape) for name, array in table.segments[0].state.items()
    }
    assert learned.curve[-1][1] >= learned.curve[0][1] - 0.02 and np.isfinite(moved.decode()).all()
    assert moved.add(as_vectors(vectors.read()[:3], ids=np.arange(700, 703))).decode().shape == (503, 16)

"""Pupils: what moves, what stays, sharing, rounding, and the chain from decoded rows to arrays."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.codecs import from_spec
from rankfold.compression import compress
from rankfold.distillation.pupils import Coded, movable, rounded
from rankfold.errors import InputError
from rankfold.vectors import as_vectors
from tests.distillation.conftest import bytes_of


def test_only_codebooks_move_and_the_unmoved_table_is_the_same_bytes(table):
    pupil = Coded(table)
    assert list(pupil.parameters) == ["0.inner.books"]
    assert bytes_of(pupil.table(pupil.parameters)) == bytes_of(table)
    rows = np.array([5, 2, 400])
    assert np.array_equal(pupil.decode(pupil.parameters, rows), table.decode(rows))


def test_segments_share_what_they_shared(table, world):
    more = as_vectors(world[0].read()[:50] + 0.01, ids=np.arange(2_000, 2_050))
    grown = table.add(more)
    pupil = Coded(grown)
    assert len(pupil.parameters) == 1
    name = next(iter(pupil.parameters))
    moved = pupil.table({name: pupil.parameters[name] * 1.5})
    assert moved.segments[0].state["inner.books"] is moved.segments[1].state["inner.books"]
    assert moved.nbytes == grown.nbytes
    rows = np.array([0, 3, 505])
    gradient = np.random.default_rng(0).standard_normal((3, 16)).astype(np.float32)
    whole = pupil.pull(pupil.parameters, rows, gradient)[name]
    parts = [pupil.pull(pupil.parameters, rows[at : at + 1], gradient[at : at + 1])[name] for at in range(3)]
    assert np.allclose(whole, sum(parts), rtol=1e-4, atol=1e-6)


def test_codes_lengths_and_codec_stay(table):
    pupil = Coded(table)
    moved = pupil.table({name: array + 0.1 for name, array in pupil.parameters.items()})
    (before,), (after,) = table.segments, moved.segments
    assert after.codec == before.codec and after.codes is before.codes
    changed = [name for name in before.state if not np.array_equal(before.state[name], after.state[name])]
    assert changed == ["inner.books"] and after.state["inner.books"].dtype == before.state["inner.books"].dtype
    assert not after.state["inner.books"].flags.writeable


def test_codecs_without_arrays_that_move(world):
    for spec in ({"codec": "int8"}, {"codec": "sign"}):
        still = compress(world[0], from_spec(spec))
        assert movable(still.segments[0], 16) == []
        with pytest.raises(InputError, match="no fitted array that could move"):
            Coded(still)


def test_a_segment_that_cannot_move_is_only_decoded(table, world):
    fixed = compress(as_vectors(world[0].read()[:20], ids=np.arange(5_000, 5_020)), from_spec({"codec": "int8"}))
    mixed = replace(table, ids=np.concatenate([table.ids, fixed.ids]), segments=(*table.segments, replace(fixed.segments[0], first=table.count)))
    pupil = Coded(mixed)
    rows = np.array([4, 510])
    assert np.array_equal(pupil.decode(pupil.parameters, rows), mixed.decode(rows))
    assert not pupil.pull(pupil.parameters, rows[1:], np.ones((1, 16), np.float32))["0.inner.books"].any()


def test_rounding_keeps_to_the_range():
    assert rounded(np.array([-300, 1.6, 300], np.float32), np.dtype(np.int8)).tolist() == [-128, 2, 127]
    assert np.isfinite(rounded(np.array([1e9, -1e9], np.float32), np.dtype(np.float16))).all()
    assert rounded(np.array([1.5], np.float32), np.dtype(np.float32)).tolist() == [1.5]

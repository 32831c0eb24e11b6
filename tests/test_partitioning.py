"""Partitioning a table: same rows under the same ids, in lists, from memory or from artifact to artifact."""

from dataclasses import replace

import numpy as np
import pytest

from rankfold.calibration import Calibration
from rankfold.codecs import get
from rankfold.compression import compress
from rankfold.errors import InputError
from rankfold.partitioning import Lists, partitioned
from rankfold.store import load, save, verify
from rankfold.vectors import as_vectors

LINE = Calibration("linear", "scores", ("all",), {"slope": np.ones(1, np.float32), "offset": np.zeros(1, np.float32)})


def table(rows=900, dim=12, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((25, dim))
    x = (centres[rng.integers(0, 25, rows)] + 0.3 * rng.standard_normal((rows, dim))).astype(np.float32)
    return compress(as_vectors(x, np.array([f"item-{row}" for row in range(rows)])), get("int8")())


def by_id(one):
    return dict(zip(one.ids.tolist(), one.decode().tolist(), strict=True))


@pytest.mark.parametrize("lists", [Lists(), Lists(1), Lists(30, copies=2), Lists(30, arrange=False), Lists(40, groups=6), Lists(900)])
def test_rows_stay_with_their_ids_and_stand_in_lists(lists):
    whole = table()
    some = partitioned(whole, lists)
    assert by_id(some) == by_id(whole)
    some.partition.check_rows(900, 900)
    assert some.partition.copies == lists.copies and some.partition.arranged == (900 if lists.arrange else 0)
    assert np.array_equal(some.ids, whole.ids) == (not lists.arrange or lists.count == 1)
    labels = some.partition.assign(some.decode())
    for row in range(0, 900, 97):
        assert set(some.partition.lists_of(np.array([row]))[0]) == set(labels[row])
    assert some.parts()["partition"] == some.partition.nbytes and some.nbytes == whole.nbytes + some.partition.nbytes


def test_no_list_is_much_longer_than_the_mean():
    lengths = partitioned(table(4000), Lists(64)).partition.lengths()
    assert lengths.max() <= 3 * lengths.mean()


def test_lists_that_are_not_asked_for_follow_the_rows():
    assert [Lists().of(rows)[0] for rows in (1, 7, 100, 10_000, 1_000_000, 100_000_000)] == [1, 1, 25, 512, 4096, 32_768]
    assert Lists().of(10**9) == (131_072, 362) and Lists(100_000).of(10**6) == (100_000, 316) and Lists(1000, groups=0).of(10**6) == (1000, 0)


@pytest.mark.parametrize(
    "lists", [Lists(0), Lists(901), Lists(True), Lists(2.5), Lists(10, copies=3), Lists(10, copies=True), Lists(1, copies=2), Lists(10, groups=11)]
)
def test_lists_that_cannot_be_are_refused_before_anything_is_written(lists, tmp_path):
    with pytest.raises(InputError):
        partitioned(table(), lists, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_weights_are_checked_and_count():
    whole = table()
    with pytest.raises(InputError, match="weight"):
        partitioned(whole, Lists(9), weight=np.ones(3))
    heavy = np.where(np.arange(900) < 90, 50, 0.01).astype(np.float32)
    fine = np.isin(np.arange(900), np.arange(90))
    error = {}
    for name, weight in (("plain", None), ("heavy", heavy)):
        partition = partitioned(whole, Lists(25, arrange=False), weight=weight).partition
        x = whole.decode()
        error[name] = np.square(x - partition.centroids[partition.assign(x)[:, 0]]).sum(axis=1)[fine].mean()
    assert error["heavy"] < error["plain"]


def test_same_seed_same_artifact(tmp_path):
    paths = {seed: {save(partitioned(table(), Lists(20), seed=seed), tmp_path / f"{seed}{turn}").name for turn in range(2)} for seed in (0, 1)}
    assert len(paths[0]) == len(paths[1]) == 1 and paths[0] != paths[1]


@pytest.mark.parametrize("lists", [Lists(20), Lists(20, copies=2), Lists(20, arrange=False), Lists(30, groups=5)])
def test_from_artifact_to_artifact(tmp_path, lists):
    whole = replace(table().remove(["item-3", "item-500"]), calibration=LINE)
    here = partitioned(load(save(whole, tmp_path / "whole")), lists, out=tmp_path / "lists", note="in lists")
    assert verify(tmp_path / "lists") == [] and by_id(here) == by_id(whole) and here.calibration.entry() == LINE.entry()
    in_memory = partitioned(whole, lists)
    assert all(np.array_equal(array, in_memory.partition.arrays()[name]) for name, array in here.partition.arrays().items())
    assert here.count_alive == 898 and (here.row_of(["item-3", "item-500"]) == -1).all()


def test_lists_again_take_the_place_of_those_before():
    once = partitioned(table(), Lists(20))
    again = partitioned(once, Lists(7))
    assert again.partition.lists == 7 and by_id(again) == by_id(once)
    again.partition.check_rows(900, 900)


def test_tables_of_several_segments_keep_their_rows_where_they_are(tmp_path):
    whole = table().add(as_vectors(np.random.default_rng(5).normal(size=(60, 12)).astype(np.float32), np.array([f"new-{row}" for row in range(60)])))
    some = partitioned(whole, Lists(15), out=tmp_path / "out")
    assert some.partition.arranged == 0 and len(some.segments) == 2 and np.array_equal(some.ids, whole.ids)
    one = partitioned(whole.compact(), Lists(15))
    assert one.partition.arranged == 960


@pytest.mark.parametrize("lists", [Lists(15), Lists(15, copies=2), Lists(15, arrange=False)])
def test_add_remove_and_compact_keep_rows_in_lists(lists):
    some = partitioned(table(), lists)
    fresh = np.random.default_rng(5).normal(size=(60, 12)).astype(np.float32)
    more = some.add(as_vectors(fresh, np.array([f"new-{row}" for row in range(60)]))).remove(some.ids[:400].astype(str))
    more.partition.check_rows(960, 900)
    assert np.array_equal(np.sort(more.partition.lists_of(np.arange(900, 960))), np.sort(some.partition.assign(fresh)))
    small = more.compact()
    small.partition.check_rows(560, 560)
    assert small.partition.arranged == (560 if lists.arrange else 0) and len(small.segments) == 1
    alive = by_id(small)
    assert alive == {name: row for name, row in by_id(more).items() if name in alive} and len(alive) == 560
    for row in range(0, 560, 41):
        before = more.partition.lists_of(more.row_of(small.ids[row : row + 1].astype(str)))
        assert set(small.partition.lists_of(np.array([row]))[0]) == set(before[0])


def test_compacting_away_the_whole_first_segment():
    some = partitioned(table(50), Lists(5)).add(as_vectors(np.random.default_rng(5).normal(size=(20, 12)).astype(np.float32), np.arange(20).astype(str)))
    left = some.remove([f"item-{row}" for row in range(50)]).compact()
    left.partition.check_rows(20, 20)
    assert left.partition.arranged == 20

"""A partition travels with its table; artifacts without one are as ever; lies about it are refused at loading."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from rankfold.errors import ArtifactError
from rankfold.partition import gathered
from rankfold.search import PartitionSearcher
from rankfold.store import archive, load, read_manifest, restore, save, verify
from rankfold.store.manifest import digest_of
from rankfold.store.npy import file_bytes, header
from rankfold.store.size import artifact_bytes

CENTROIDS = np.random.default_rng(0).standard_normal((5, 8)).astype(np.float32)


def in_lists(table, *, copies=1, groups=None, arrange=False):
    labels = np.arange(table.count, dtype=np.int32)[:, None] % 5
    labels = labels if copies == 1 else np.concatenate([labels, (labels + 1) % 5], axis=1)
    return replace(table, partition=gathered(CENTROIDS, labels, np.ones(table.count, np.float32), arrange=arrange, group_starts=groups)[0])


@pytest.fixture
def listed(table, tmp_path):
    return save(in_lists(table), tmp_path / "listed")


@pytest.mark.parametrize("more", [{}, {"copies": 2}, {"groups": np.array([0, 2, 5])}])
def test_a_partition_comes_back(table, tmp_path, more):
    whole = in_lists(table, **more)
    path = save(whole, tmp_path / "store")
    for check in ("sizes", "digests"):
        found = load(path, check=check).partition
        assert found.entry() == whole.partition.entry() == read_manifest(path).partition
        assert all(
            np.array_equal(found.arrays()[name], array) and found.arrays()[name].dtype == array.dtype for name, array in whole.partition.arrays().items()
        )
    assert verify(path) == [] and save(load(path), tmp_path / "again").name == path.name
    assert sum(file.stat().st_size for file in path.iterdir()) == artifact_bytes(whole)
    back = load(restore(archive(path, tmp_path / "items.rfa").path, tmp_path / "restored"))
    assert back.partition.entry() == whole.partition.entry()
    queries = np.ones((1, 8), np.float32)
    assert np.array_equal(PartitionSearcher(load(path), probes=2).search(queries, 4).rows, PartitionSearcher(whole, probes=2).search(queries, 4).rows)


def test_rows_in_order_of_a_first_segment(table, tmp_path):
    whole = table.compact()
    one = replace(whole, partition=gathered(CENTROIDS, np.sort(np.arange(39, dtype=np.int32) % 5)[:, None], np.ones(39, np.float32), arrange=True)[0])
    found = load(save(one, tmp_path))
    assert found.partition.arranged == 39 and found.partition.more_rows.size == 0


def test_tables_without_one_say_nothing_of_it(artifact):
    assert "partition" not in json.loads((artifact / "manifest.json").read_text())
    assert load(artifact).partition is None


def rewritten(path, change=lambda content: None, arrays=None):
    """The artifact with other arrays, rightly digested, and a changed manifest under the name that fits: lies that digests cannot tell."""
    import hashlib

    content = json.loads((path / "manifest.json").read_text())
    for name, array in (arrays or {}).items():
        raw = header(array.dtype.str, array.shape) + array.tobytes()
        (path / f"partition.{name}.npy").write_bytes(raw)
        entry = {
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "bytes": file_bytes(array.dtype.str, array.shape),
            "sha256": hashlib.sha256(raw).hexdigest(),
        }
        content["files"][f"partition.{name}.npy"] = entry
    change(content)
    raw = json.dumps(content).encode()
    (path / "manifest.json").write_bytes(raw)
    return path.rename(path.with_name(digest_of(raw)))


ROWS = np.arange(40, dtype=np.int32).reshape(8, 5).T.ravel()
EIGHTS = np.arange(0, 41, 8)


@pytest.mark.parametrize(
    "arrays",
    [
        {"centroids": np.zeros((5, 7), np.float32)},
        {"centroids": np.zeros((4, 8), np.float32)},
        {"centroids": np.full((5, 8), np.nan, np.float32)},
        {"centroids": np.zeros((5, 8), np.float16)},
        {"centroids": np.zeros(5, np.float32)},
        {"reach": np.full(5, -1, np.float32)},
        {"reach": np.full(5, np.inf, np.float32)},
        {"reach": np.zeros(4, np.float32)},
        {"starts": np.array([0, 0, 0, 0, 0, 7])},
        {"starts": np.array([0, 0, 0, 0, 0, 1 << 60])},
        {"starts": np.array([0, 9, 3, 0, 0, 0])},
        {"starts": np.array([], np.int64)},
        {"starts": np.zeros((2, 3), np.int64)},
        {"more_starts": np.array([0, 8, 16, 24, 32, 41])},
        {"more_starts": np.array([-8, 8, 16, 24, 32, 40])},
        {"more_rows": np.where(ROWS == 39, 40, ROWS).astype(np.int32)},
        {"more_rows": np.where(ROWS == 0, -1, ROWS).astype(np.int32)},
        {"more_rows": np.where(ROWS == 39, 38, ROWS).astype(np.int32)},
        {"more_rows": ROWS[::-1].copy()},
        {"more_rows": ROWS.astype(np.float32)},
        {"more_rows": ROWS.reshape(40, 1)},
        {"more_rows": np.where(ROWS == 39, 1 << 40, ROWS).astype(np.int64)},
        {"more_rows": np.array([], np.int32), "more_starts": np.zeros(6, np.int64)},
        {"group_starts": np.array([0, 5])},
        {"strange": np.array([0, 5])},
    ],
)
def test_lying_arrays_are_refused(listed, arrays):
    path = rewritten(listed, arrays=arrays)
    with pytest.raises(ArtifactError, match="partition"):
        load(path)
    assert len(verify(path)) == 1


def test_the_lies_above_differ_from_a_truth(listed):
    assert np.array_equal(load(rewritten(listed, arrays={"more_rows": ROWS, "more_starts": EIGHTS})).partition.more_rows, ROWS)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        1,
        [],
        {},
        {"lists": 5},
        {"lists": 5, "groups": 0, "copies": 1, "more": 1},
        {"lists": 4, "groups": 0, "copies": 1},
        {"lists": 0, "groups": 0, "copies": 1},
        {"lists": 1 << 40, "groups": 0, "copies": 1},
        {"lists": 5.0, "groups": 0, "copies": 1},
        {"lists": True, "groups": 0, "copies": 1},
        {"lists": 5, "groups": 2, "copies": 1},
        {"lists": 5, "groups": -1, "copies": 1},
        {"lists": 5, "groups": 0, "copies": 0},
        {"lists": 5, "groups": 0, "copies": 3},
        {"lists": 5, "groups": 0, "copies": "1"},
    ],
)
def test_lying_manifests_are_refused(listed, entry):
    path = rewritten(listed, lambda content: content.update(partition=entry))
    with pytest.raises(ArtifactError, match="partition"):
        load(path)


def test_files_without_an_entry_and_an_entry_without_files(listed, tmp_path):
    copy = tmp_path / "copy" / listed.name
    shutil.copytree(listed, copy)
    with pytest.raises(ArtifactError, match="both or neither"):
        load(rewritten(copy, lambda content: content.pop("partition")))

    def drop(content):
        content["files"] = {name: entry for name, entry in content["files"].items() if not name.startswith("partition")}

    with pytest.raises(ArtifactError, match="both or neither"):
        load(rewritten(listed, drop))


def test_more_copies_than_are_there_are_refused(table, tmp_path):
    path = save(in_lists(table), tmp_path)
    with pytest.raises(ArtifactError, match="partition"):
        load(rewritten(path, lambda content: content.update(partition={"lists": 5, "groups": 0, "copies": 2})))


def test_a_damaged_partition_is_refused_without_being_asked(listed):
    path = listed / "partition.centroids.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ArtifactError, match=r"partition.centroids.npy: its SHA-256"):
        load(listed)


def test_a_truncated_partition_is_refused(listed):
    path = listed / "partition.more_rows.npy"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ArtifactError, match=r"partition.more_rows.npy"):
        load(listed)

import json

import numpy as np
import pytest

from rankfold.errors import ArtifactError
from rankfold.store import read_manifest, save
from rankfold.store.manifest import MAX_BYTES, digest_of
from rankfold.store.mapping import map_table
from rankfold.table import Segment, Table


def renamed(artifact, change):
    """The artifact with a changed manifest and the name that fits it: a lie that digests cannot tell."""
    content = json.loads((artifact / "manifest.json").read_text())
    change(content)
    raw = json.dumps(content).encode()
    (artifact / "manifest.json").write_bytes(raw)
    return artifact.rename(artifact.with_name(digest_of(raw)))


def test_arrays_are_mapped_and_read_only(artifact, table):
    mapped = map_table(artifact, read_manifest(artifact))
    assert isinstance(mapped, Table)
    for segment in mapped.segments:
        for array in [*segment.state.values(), *segment.codes.columns.values(), mapped.ids, mapped.alive]:
            assert not array.flags.writeable
            assert array.base is not None
    with pytest.raises(TypeError):
        mapped.segments[0].state["scale"] = np.zeros(1)
    assert np.array_equal(mapped.decode(), table.decode())


def test_the_manifest_must_be_the_one_of_the_name(artifact):
    moved = artifact.rename(artifact.with_name("moved"))
    with pytest.raises(ArtifactError, match="that name again"):
        read_manifest(moved)
    back = moved.rename(artifact)
    raw = (back / "manifest.json").read_bytes()
    (back / "manifest.json").write_bytes(raw.replace(b"for tests", b"for toasts"))
    with pytest.raises(ArtifactError, match="damaged"):
        read_manifest(back)


def test_a_huge_manifest_is_not_read(artifact):
    with open(artifact / "manifest.json", "r+b") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ArtifactError, match="at most"):
        read_manifest(artifact)


def test_a_missing_state_is_found_by_the_first_decode(artifact):
    path = renamed(artifact, lambda content: content["segments"][1].update(state=1))
    with pytest.raises(ArtifactError, match="segment 1: its codec cannot decode"):
        map_table(path, read_manifest(path))


def test_a_state_of_the_wrong_shape_is_refused(table, tmp_path):
    first = table.segments[0]
    odd = Segment(first.codec, {"scale": np.ones((3, 5), np.float32)}, first.codes, 0)
    path = save(Table(8, False, table.ids[:30], (odd,)), tmp_path)
    with pytest.raises(ArtifactError, match="cannot decode its rows"):
        map_table(path, read_manifest(path))


def test_marks_are_0_or_1(artifact):
    raw = bytearray((artifact / "alive.npy").read_bytes())
    raw[-1] = 2
    (artifact / "alive.npy").write_bytes(raw)
    with pytest.raises(ArtifactError, match="other than 0 and 1"):
        map_table(artifact, read_manifest(artifact))


def test_an_error_of_the_manifest_names_the_artifact(artifact):
    path = renamed(artifact, lambda content: content.update(dim=0))
    with pytest.raises(ArtifactError, match=f"{path.name}.*dim"):
        read_manifest(path)


def test_a_damaged_state_is_refused_without_being_asked(artifact):
    path = artifact / "segment-000.state.scale.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ArtifactError, match="scale.npy: its SHA-256"):
        map_table(artifact, read_manifest(artifact))


@pytest.mark.parametrize("dim", [np.array([2**31 - 1], np.int32), np.array([0], np.int32), np.array([4, 4], np.int32), np.array([4.0], np.float32)])
def test_a_state_cannot_ask_for_giant_rows(table, tmp_path, dim):
    first = table.segments[0]
    odd = Segment(first.codec, dict(first.state) | {"inner.dim": dim}, first.codes, 0)
    path = save(Table(8, False, table.ids[:30], (odd,)), tmp_path)
    with pytest.raises(ArtifactError, match="inner.dim.*expected one number"):
        map_table(path, read_manifest(path))

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rankfold.codecs import get
from rankfold.codes import Codes
from rankfold.compression import compress
from rankfold.errors import ArtifactError, InputError
from rankfold.store import load, read_manifest, save, verify
from rankfold.table import Segment, build
from rankfold.vectors import as_vectors


def test_what_was_saved_is_loaded(artifact, table):
    for check in ("sizes", "digests"):
        found = load(artifact, check=check)
        assert (found.dim, found.unit, found.space, found.count, found.count_alive) == (8, False, "als-7", 40, 39)
        assert np.array_equal(found.ids, table.ids) and found.ids.dtype == table.ids.dtype
        assert np.array_equal(found.decode(), table.decode())
        assert list(found.row_of(["item-004", "item-003"])) == [4, -1]


def test_a_loaded_table_saves_to_the_same_digest(artifact, tmp_path):
    again = save(load(artifact), tmp_path / "again", note="for tests", details={"seed": 5})
    assert again.name == artifact.name


def test_the_folder_gives_the_last_one_saved(artifact, other):
    newer = save(other, artifact.parent)
    assert np.array_equal(load(artifact.parent).decode(), other.decode())
    assert read_manifest(artifact.parent).space == ""
    assert load(artifact).space == "als-7"
    assert save(load(artifact), artifact.parent, note="for tests", details={"seed": 5}) == artifact
    assert load(artifact.parent).space == "als-7"
    assert newer.is_dir()


def test_a_loaded_table_grows_and_shrinks(artifact, tmp_path):
    found = load(artifact)
    grown = found.add(as_vectors(np.ones((2, 8), np.float32), ["x", "y"], space="als-7")).compact()
    assert grown.count == 41
    assert np.array_equal(load(save(grown, tmp_path / "grown")).decode(), grown.decode())


def test_digests_are_compared_only_when_asked(artifact):
    path = artifact / "segment-000.codes.values.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    load(artifact, check="sizes")
    with pytest.raises(ArtifactError, match="1 findings.*segment-000.codes.values.npy"):
        load(artifact, check="digests")
    with pytest.raises(InputError, match="check"):
        load(artifact, check="none")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 40), dim=st.integers(1, 12), unit=st.booleans(), text=st.booleans(), seed=st.integers(0, 3))
def test_any_table_comes_back(tmp_path, rows, dim, unit, text, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, dim)).astype(np.float32)
    ids = rng.permutation(1000)[:rows]
    table = compress(as_vectors(x, [f"é{i}" for i in ids] if text else ids), get("half")(), unit=unit, norms="raw")
    path = save(table, tmp_path / "store")
    found = load(path, check="digests")
    assert found.unit == unit and np.array_equal(found.ids, table.ids) and np.array_equal(found.decode(), table.decode())
    assert found.parts() == table.parts()
    assert verify(path) == []


def test_equal_states_are_stored_once_whichever_codecs_read_them(tmp_path):
    x = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    long, short = (get("residual")(levels=levels) for levels in (3, 2))
    state = long.fit(x, np.ones(60, np.float32), np.random.default_rng(0))
    copied = {name: array.copy() for name, array in state.items()}
    segments = [
        Segment(one, held, Codes(one.encode(held, x[at : at + 20])), at) for one, held, at in ((long, state, 0), (short, copied, 20), (long, state, 40))
    ]
    table = build(8, False, np.arange(60), segments)
    artifact = save(table, tmp_path)
    assert [entry.state for entry in read_manifest(artifact).segments] == [0, 0, 0]
    assert len(list(artifact.glob("*.state.*"))) == len(state) and verify(artifact) == []
    assert np.array_equal(load(artifact).decode(), table.decode())
    assert save(load(artifact), tmp_path) == artifact

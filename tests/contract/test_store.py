"""What the store promises for every codec: saved and mapped back equal, read-only, damage refused, and a size on disk that is exactly as documented."""

from math import prod

import numpy as np
import pytest

from rankfold.codecs import from_spec, get, names
from rankfold.compression import compress
from rankfold.errors import ArtifactError
from rankfold.search import Searcher
from rankfold.store import archive, load, open_archive, read_manifest, restore, save, verify
from rankfold.vectors import as_vectors

DIM, ROWS = 16, 400
HEADER_BYTES = 128


def settings():
    """The first rung of every codec's ladder (a wrapper without one at this size in its default setting), and some that store in other ways."""
    chosen = [next(iter(get(name).ladder(DIM)), None) or get(name)() for name in names()]
    more = [
        {"codec": "pq", "groups": 8, "bits": 4},
        {"codec": "pq", "groups": 4, "rotation": "learned"},
        {"codec": "scalar", "bits": 3},
        {"codec": "normed", "inner": {"codec": "rotated", "inner": {"codec": "scalar", "bits": 5}}},
        {"codec": "reduced", "dims": 6, "method": "leading", "inner": {"codec": "half"}},
    ]
    return {repr(codec): codec for codec in [*chosen, *map(from_spec, more)]}


SETTINGS = settings()


@pytest.fixture(scope="module", params=SETTINGS.values(), ids=SETTINGS.keys())
def saved(request, tmp_path_factory):
    rng = np.random.default_rng(11)
    x = (rng.normal(size=(ROWS, DIM)) * rng.uniform(0.5, 2, (ROWS, 1))).astype(np.float32)
    table = compress(as_vectors(x, rng.permutation(9_000)[:ROWS]), request.param, norms="raw")
    return table, save(table, tmp_path_factory.mktemp("store"), note="contract")


def test_saved_and_mapped_back_equal(saved):
    table, path = saved
    found = load(path, check="digests")
    assert found.segments[0].codec == table.segments[0].codec
    assert found.segments[0].codes.schema() == table.segments[0].codes.schema()
    for name, column in table.segments[0].codes.columns.items():
        assert np.array_equal(found.segments[0].codes[name], column), name
    assert found.segments[0].state.keys() == table.segments[0].state.keys()
    for name, array in table.segments[0].state.items():
        assert found.segments[0].state[name].dtype == array.dtype and np.array_equal(found.segments[0].state[name], array), name
    assert np.array_equal(found.decode(), table.decode())
    queries = np.random.default_rng(1).normal(size=(3, DIM)).astype(np.float32)
    for mine, theirs in zip(Searcher(found).search(queries, 10), Searcher(table).search(queries, 10)):
        assert np.array_equal(mine, theirs)


@pytest.mark.filterwarnings("ignore:.*another length")
def test_mapped_arrays_are_read_only_and_take_new_rows(saved):
    table, path = saved
    found = load(path)
    arrays = [found.ids, *found.segments[0].state.values(), *found.segments[0].codes.columns.values()]
    assert not any(array.flags.writeable for array in arrays)
    before = [array.copy() for array in arrays]
    more = np.random.default_rng(2).normal(size=(5, DIM)).astype(np.float32)
    assert np.array_equal(found.add(as_vectors(more, np.arange(10_000, 10_005))).decode()[:ROWS], table.decode())
    assert all(map(np.array_equal, arrays, before))


def test_the_size_on_disk_is_exactly_as_documented(saved):
    table, path = saved
    manifest, codec = read_manifest(path), table.segments[0].codec
    for name, entry in manifest.files.items():
        assert (path / name).stat().st_size == entry.size == HEADER_BYTES + prod(entry.shape) * np.dtype(entry.dtype).itemsize
    codes = [entry for name, entry in manifest.files.items() if ".codes." in name]
    assert sum(entry.size for entry in codes) == ROWS * codec.row_bytes(DIM) + HEADER_BYTES * len(codes)
    assert sum(entry.size - HEADER_BYTES for entry in manifest.files.values()) == table.nbytes
    assert {entry.name for entry in path.iterdir()} == {"manifest.json", *manifest.files}


def test_a_changed_byte_in_any_file_is_refused(saved):
    _, path = saved
    for file in sorted(path.iterdir()):
        raw = file.read_bytes()
        file.write_bytes(raw[:-2] + bytes([raw[-2] ^ 4]) + raw[-1:])
        with pytest.raises(ArtifactError, match=file.name):
            load(path, check="digests")
        assert len(verify(path)) == 1
        file.write_bytes(raw[:-1])
        with pytest.raises(ArtifactError, match=file.name):
            load(path)
        file.write_bytes(raw)
    assert verify(path) == []


def test_same_input_same_digest(saved, tmp_path):
    table, path = saved
    rng = np.random.default_rng(11)
    x = (rng.normal(size=(ROWS, DIM)) * rng.uniform(0.5, 2, (ROWS, 1))).astype(np.float32)
    again = compress(as_vectors(x, rng.permutation(9_000)[:ROWS]), table.segments[0].codec, norms="raw")
    assert save(again, tmp_path, note="contract").name == path.name


def test_streaming_to_disk_gives_the_same_files(saved, tmp_path):
    table, path = saved
    rng = np.random.default_rng(11)
    x = (rng.normal(size=(ROWS, DIM)) * rng.uniform(0.5, 2, (ROWS, 1))).astype(np.float32)
    compress(as_vectors(x, rng.permutation(9_000)[:ROWS]), table.segments[0].codec, norms="raw", out=tmp_path, note="contract")
    assert read_manifest(tmp_path).files == read_manifest(path).files


def test_archived_and_restored_it_is_the_same_artifact(saved, tmp_path):
    table, path = saved
    done = archive(path, tmp_path / "items.rfa")
    assert all(column.coded_bytes <= column.bytes + 21 for column in done.columns)
    with open_archive(tmp_path / "items.rfa") as found:
        assert np.array_equal(found.rows(100, 300).decode(), table.decode(np.arange(100, 300)))
    assert restore(tmp_path / "items.rfa", tmp_path / "store").name == path.name
    assert verify(tmp_path / "store") == []

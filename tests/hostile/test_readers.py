"""Damaged and lying input files: every reader gives valid vectors or a RankfoldError, and allocates nothing on a file's word alone."""

import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rankfold.errors import InputError, RankfoldError
from rankfold.interactions import read_interactions
from rankfold.vectors import read_vectors

X = np.random.default_rng(5).normal(size=(40, 6)).astype(np.float32)
IDS = np.array([f"item-{row}" for row in range(40)])
MUTATIONS = 150
MOST_BYTES = 64 * 2**20


def npy(path):
    np.save(path, X)


def npz(path):
    np.savez(path, vectors=X, ids=IDS, space=np.array("als"))


def deflated(path):
    np.savez_compressed(path, vectors=X, ids=IDS)


def lists(path):
    table = pa.table({"id": pa.array(IDS), "vector": pa.array(X.tolist(), pa.list_(pa.float32()))})
    pq.write_table(table, path, row_group_size=15)


def columns(path):
    pq.write_table(pa.table({"id": pa.array(range(40)), **{f"d{i}": X[:, i] for i in range(6)}}), path, compression="none")


def fvecs(path):
    heads = np.full((40, 1), 6, "<i4").view("<f4")
    np.hstack([heads, X]).tofile(path)


def csv(path):
    path.write_text("user,item,time,weight,split\n" + "".join(f"{row},{row * 3},{row}.5,1.5,{row % 3}\n" for row in range(40)))


def events(path):
    pq.write_table(pa.table({"user": range(40), "item": pa.array(IDS), "weight": X[:, 0] ** 2, "split": [row % 3 for row in range(40)]}), path)


def read_text_events(path):
    return read_interactions(path, item_ids=IDS, unknown="drop")


FORMATS = {
    "npy": (npy, "x.npy", read_vectors),
    "npz": (npz, "x.npz", read_vectors),
    "deflated": (deflated, "x.npz", read_vectors),
    "lists": (lists, "x.parquet", read_vectors),
    "columns": (columns, "x.parquet", read_vectors),
    "fvecs": (fvecs, "x.fvecs", read_vectors),
    "csv": (csv, "x.csv", read_interactions),
    "events": (events, "x.parquet", read_text_events),
}


def try_reading(read, path) -> str:
    """Which end it took; anything but valid data or a RankfoldError raises."""
    try:
        found = read(path)
    except RankfoldError as error:
        assert len(str(error)) < 2_000
        return "refused"
    if read is read_vectors:
        matrix = found.read()
        assert matrix.shape == (found.count, found.dim) and matrix.dtype == np.float32
        assert np.isfinite(matrix).all() and matrix.any(axis=1).all()
        assert len(np.unique(found.ids)) == found.count
        found.sample(3, np.random.default_rng(0))
    else:
        assert found.count > 0 and found.user.min() >= 0 and found.item.min() >= 0
        assert found.weight is None or (np.isfinite(found.weight).all() and found.weight.min() >= 0)
        assert found.split is None or set(found.split.tolist()) <= {0, 1, 2}
    return "read"


@pytest.fixture(params=FORMATS)
def sample(request, tmp_path):
    write, name, read = FORMATS[request.param]
    write(tmp_path / name)
    return tmp_path / name, read


def test_the_whole_files_are_read(sample):
    path, read = sample
    assert try_reading(read, path) == "read"


def test_files_cut_short(sample):
    path, read = sample
    whole = path.read_bytes()
    cuts = sorted({*range(40), *np.linspace(0, len(whole) - 1, 100, dtype=int).tolist(), *range(len(whole) - 20, len(whole))})
    ends = []
    for cut in cuts:
        path.write_bytes(whole[:cut])
        ends.append(try_reading(read, path))
    # Text, and rows that carry no count, may be cut between two rows and still be whole.
    if path.suffix not in (".csv", ".fvecs"):
        assert set(ends) == {"refused"}
    assert "refused" in ends


@pytest.mark.parametrize("most", [1, 12])
def test_files_with_changed_bytes(sample, most):
    path, read = sample
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    rng = np.random.default_rng(most)
    ends = []
    for number in range(MUTATIONS):
        damaged = whole.copy()
        # Headers and footers decide what is allocated, so half of the damage falls there.
        places = rng.integers(0, whole.size, rng.integers(1, most + 1))
        if number % 2:
            places = np.where(rng.random(places.size) < 0.5, places % 128, whole.size - 1 - places % min(600, whole.size))
        damaged[places] = rng.integers(0, 256, places.size)
        path.write_bytes(damaged.tobytes())
        ends.append(try_reading(read, path))
    assert "refused" in ends


def test_noise_of_any_length(sample):
    path, read = sample
    rng = np.random.default_rng(9)
    for size in (0, 1, 7, 8, 64, 1_000, 20_000):
        path.write_bytes(rng.bytes(size))
        assert try_reading(read, path) == "refused"


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def npy_of(shape: str) -> bytes:
    return header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n") + bytes(240)


@pytest.mark.parametrize("shape", ["(1000000000000000, 384)", "(999999999999999999, 65536)", "(60, 999999999999999999)", "(1000000000, 1)"])
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_sizes_are_not_believed(tmp_path, shape, suffix):
    path = tmp_path / f"x{suffix}"
    if suffix == ".npy":
        path.write_bytes(npy_of(shape))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("vectors.npy", npy_of(shape))
    tracemalloc.start()
    with pytest.raises(InputError, match="holds 240 bytes of data|has [0-9]+ bytes; expected"):
        read_vectors(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_bombs_are_not_inflated(tmp_path):
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("vectors.npy", "w", force_zip64=True) as member:
        member.write(header("{'descr': '<f4', 'fortran_order': False, 'shape': (16777216, 4), }\n"))
        for _ in range(256):
            member.write(bytes(2**20))
    tracemalloc.start()
    with pytest.raises(InputError, match="at most 200-fold"):
        read_vectors(path)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_objects_are_refused_and_never_run(tmp_path):
    class Touch:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    evil = np.array([[Touch()]], object)
    np.save(tmp_path / "x.npy", evil, allow_pickle=True)
    np.savez(tmp_path / "x.npz", vectors=evil)
    np.savez(tmp_path / "ids.npz", vectors=X[:1], ids=evil[0])
    np.save(tmp_path / "ids.npy", evil[0], allow_pickle=True)
    np.save(tmp_path / "good.npy", X[:1])
    for path in ("x.npy", "x.npz", "ids.npz"):
        with pytest.raises(InputError, match="Python objects|not plain numbers"):
            read_vectors(tmp_path / path)
    with pytest.raises(InputError, match="Python objects"):
        read_vectors(tmp_path / "good.npy", ids=tmp_path / "ids.npy")
    assert not (tmp_path / "ran").exists()


def test_links_pipes_and_folders(tmp_path):
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "loop.npy").symlink_to(tmp_path / "loop.npy")
    for name, message in [("folder.npy", "is a directory"), ("loop.npy", "cannot be read"), ("none.npy", "does not exist"), ("folder.npy/x.npy", "not exist")]:
        with pytest.raises(InputError, match=message):
            read_vectors(tmp_path / name)


@pytest.mark.skipif(not hasattr(__import__("os"), "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_does_not_block(tmp_path):
    import os

    os.mkfifo(tmp_path / "x.npy")
    with pytest.raises(InputError, match="not a regular file"):
        read_vectors(tmp_path / "x.npy")


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
@pytest.mark.parametrize("suffix", [".npy", ".parquet"])
def test_memory_does_not_grow_with_the_file(tmp_path, suffix):
    rows, dim = 300_000, 256
    path = tmp_path / f"x{suffix}"
    block = np.random.default_rng(0).normal(size=(30_000, dim)).astype(np.float32)
    if suffix == ".parquet":
        with pq.ParquetWriter(path, pa.schema([("v", pa.list_(pa.float32(), dim))]), compression="none", use_dictionary=False) as writer:
            for _ in range(rows // len(block)):
                writer.write_table(pa.table({"v": pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), dim)}, schema=writer.schema))
    else:
        with open(path, "wb") as file:
            file.write(header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dim}), }}\n"))
            for _ in range(rows // len(block)):
                file.write(block)
    code = f"""
import numpy as np
from rankfold.vectors import read_vectors
peak = lambda: int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) * 1024
if {suffix!r} == ".parquet":
    import pyarrow.parquet
before = peak()
v = read_vectors({str(path)!r})
for _, block in v.blocks():
    pass
v.sample(1000, np.random.default_rng(0))
print(peak() - before)
"""
    grown = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert path.stat().st_size > 300_000_000
    assert grown < 4 * MOST_BYTES

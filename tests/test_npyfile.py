import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

from rankfold.errors import InputError
from rankfold.npyfile import Npz, open_npy, read_header, read_id_file


def header_of(text, version=1):
    raw = text.encode("latin-1")
    width = 2 if version == 1 else 4
    return b"\x93NUMPY" + bytes([version, 0]) + len(raw).to_bytes(width, "little") + raw


@settings(deadline=None)
@given(hnp.arrays(hnp.floating_dtypes() | hnp.integer_dtypes() | hnp.byte_string_dtypes(min_len=1) | hnp.unicode_string_dtypes(min_len=1), hnp.array_shapes()))
def test_headers_of_numpy_are_read_as_numpy_reads_them(array):
    file = io.BytesIO()
    np.save(file, array)
    file.seek(0)
    header = read_header(file, "x")
    assert (header.dtype, header.shape, header.nbytes) == (array.dtype, array.shape, array.nbytes)
    assert file.tell() == header.offset == len(file.getvalue()) - array.nbytes
    assert header.columns == (array.flags.f_contiguous and not array.flags.c_contiguous)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_headers_of_other_writers(version):
    header = read_header(io.BytesIO(header_of('{"shape":(3,4),"fortran_order":True,"descr":"<f8"}', version)), "x")
    assert header.shape == (3, 4) and header.columns and header.dtype == np.float64


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "does not start as .npy files do"),
        (b"PK\x03\x04 something else", "does not start as .npy files do"),
        (b"\x93NUMPY\x09\x00", "does not start as .npy files do"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{", "says it is 2147483647 bytes long"),
        (header_of("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "Python objects, which are never loaded"),
        (header_of("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "expected one plain array"),
        (header_of("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4)}"), "expected one plain array"),
        (header_of("{'descr': '<f4', 'fortran_order': False, 'shape': (" + "9" * 40 + ",)}"), "expected one plain array"),
        (header_of("{'descr': '<f3', 'fortran_order': False, 'shape': (1,)}"), "'<f3', which numpy does not know"),
        (header_of("{'descr': '<f4', 'shape': (1,)}"), "expected one plain array"),
    ],
)
def test_bad_headers_are_refused(raw, message):
    with pytest.raises(InputError, match=message):
        read_header(io.BytesIO(raw), "x")


@pytest.mark.parametrize("order", ["C", "F"])
def test_open_npy(tmp_path, order):
    x = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float16, order=order)
    np.save(tmp_path / "x.npy", x)
    rows = open_npy(tmp_path / "x.npy")
    assert rows.shape == (7, 3)
    np.testing.assert_array_equal(rows.read(2, 6), x[2:6].astype(np.float32))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2), np.int8), "got dtype int8.*Undo the scaling"),
        (np.zeros((2, 2), np.complex64), "got dtype complex64"),
        (np.zeros((2, 2), bool), "got dtype bool"),
        (np.zeros(2), r"got shape \(2,\)"),
        (np.zeros((2, 2, 2)), r"got shape \(2, 2, 2\)"),
        (np.zeros((0, 2)), "got no rows"),
        (np.zeros((2, 0)), "got 0 dimensions"),
    ],
)
def test_other_arrays_are_refused(tmp_path, array, message):
    np.save(tmp_path / "x.npy", array)
    with pytest.raises(InputError, match=message):
        open_npy(tmp_path / "x.npy")


def test_a_header_that_promises_more_than_the_file_holds(tmp_path):
    path = tmp_path / "x.npy"
    path.write_bytes(header_of("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000, 384)}") + bytes(64))
    with pytest.raises(InputError, match="holds 64 bytes of data; expected 1536000000000000000"):
        open_npy(path)
    np.save(path, np.ones((2, 2)))
    path.write_bytes(path.read_bytes() + b"more")
    with pytest.raises(InputError, match="holds 36 bytes of data; expected 32"):
        open_npy(path)


def test_id_files(tmp_path):
    np.save(tmp_path / "ids.npy", np.array(["ä", "b"]))
    assert read_id_file(tmp_path / "ids.npy").tolist() == ["ä", "b"]
    np.save(tmp_path / "ids.npy", np.array([0.5]))
    with pytest.raises(InputError, match="got float64.*expected whole numbers or strings"):
        read_id_file(tmp_path / "ids.npy")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_arrays_come_back(tmp_path, save):
    x = np.random.default_rng(0).normal(size=(50, 3))
    save(tmp_path / "x.npz", x=x, turned=np.asfortranarray(x), ids=np.arange(50), empty=np.zeros((0, 3)), space=np.array("text"))
    archive = Npz(tmp_path / "x.npz")
    for name in ("x", "turned"):
        np.testing.assert_array_equal(archive.read(name), x)
    assert archive.read("empty").shape == (0, 3) and archive.read("space")[()] == "text"
    with pytest.raises(InputError, match="has no array 'y'; it has x, turned, ids"):
        archive.read("y")


def matrix_name(tmp_path, asked=None, **arrays):
    np.savez(tmp_path / "x.npz", **arrays)
    return Npz(tmp_path / "x.npz").matrix_name(asked)


def test_which_matrix(tmp_path):
    x, ids = np.ones((2, 3), np.float16), np.arange(2)
    assert matrix_name(tmp_path, odd=x, ids=ids) == "odd"
    assert matrix_name(tmp_path, vectors=x, titles=x) == "vectors"
    assert matrix_name(tmp_path, "b", a=x, b=x) == "b"
    with pytest.raises(InputError, match="item_factors.*user_factors.*Name one with vector_column"):
        matrix_name(tmp_path, item_factors=x, user_factors=x)
    with pytest.raises(InputError, match=r"q \(int8 \(2, 3\)\).*undo any scaling"):
        matrix_name(tmp_path, q=x.astype(np.int8))


def test_npz_objects_are_never_loaded(tmp_path):
    np.savez(tmp_path / "x.npz", allow_pickle=True, x=np.ones((2, 2)), ids=np.array(["a", None], object))
    archive = Npz(tmp_path / "x.npz")
    assert archive.matrix_name(None) == "x"
    with pytest.raises(InputError, match="Python objects, which are never loaded"):
        archive.read("ids")


def test_npz_bombs_are_refused_before_they_inflate(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros((8 * 2**20, 4), np.float32))
    assert (tmp_path / "x.npz").stat().st_size < 2**18
    with pytest.raises(InputError, match="says it inflates from .* expected at most 200-fold"):
        Npz(tmp_path / "x.npz")


def test_npz_that_says_it_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("rankfold.npyfile.MAX_NPZ_BYTES", 100)
    np.savez(tmp_path / "x.npz", x=np.ones((9, 3)))
    with pytest.raises(InputError, match="expected at most 100 bytes.*Save the vectors as .npy"):
        Npz(tmp_path / "x.npz")


def test_npz_whose_header_lies_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", header_of("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 4)}") + bytes(64))
    with pytest.raises(InputError, match="array 'x' has .* bytes; expected 160000000"):
        Npz(tmp_path / "x.npz")


def test_npz_checksums_are_compared(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, x=np.ones((50, 3)))
    raw = bytearray(path.read_bytes())
    raw[600] ^= 1
    path.write_bytes(raw)
    with pytest.raises(InputError, match="CRC"):
        Npz(path).read("x")


def test_npz_without_arrays(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(InputError, match="holds no arrays"):
        Npz(tmp_path / "x.npz")

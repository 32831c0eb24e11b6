import hashlib
import io
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import ArtifactError
from rankfold.store.npy import HEADER_BYTES, NUMBERS, difference, file_bytes, header, is_dtype, map_array, open_regular


def write(path, array):
    path.write_bytes(header(array.dtype.str, array.shape) + array.tobytes())
    return path


@settings(max_examples=60, deadline=None)
@given(dtype=st.sampled_from([*NUMBERS, "|S3"]), shape=st.lists(st.integers(0, 5), max_size=4).map(tuple))
def test_numpy_reads_what_the_header_says(dtype, shape):
    array = np.arange(np.prod(shape, dtype=int)).astype(dtype).reshape(shape)
    raw = header(dtype, shape) + array.tobytes()
    read = np.load(io.BytesIO(raw), allow_pickle=False)
    assert read.dtype == array.dtype and np.array_equal(read, array)
    assert len(raw) == file_bytes(dtype, shape) == HEADER_BYTES + array.nbytes


def test_a_header_that_does_not_fit_grows_by_64_bytes():
    shape = (10**13,) * 6
    assert len(header("|S1024", shape)) == 192
    assert np.lib.format.read_magic(io.BytesIO(header("|S1024", shape))) == (1, 0)


@pytest.mark.parametrize("text", ["<f8", ">f4", "|O", "|V4", "<U3", "|S0", "|S01", "|S1025", "|S", "|S٣", "f4", "", None, 4, ["<f4"]])
def test_other_dtypes_are_refused(text):
    assert not is_dtype(text)


@pytest.mark.parametrize("text", [*NUMBERS, "|S1", "|S1024"])
def test_dtypes_of_the_list(text):
    assert is_dtype(text)


def test_mapped_arrays_are_equal_and_read_only(tmp_path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    mapped = map_array(write(tmp_path / "a.npy", array), "<f4", (3, 4))
    assert type(mapped) is np.ndarray and np.array_equal(mapped, array)
    with pytest.raises(ValueError, match="read-only"):
        mapped[0, 0] = 1


def test_empty_arrays_are_not_mapped(tmp_path):
    mapped = map_array(write(tmp_path / "a.npy", np.empty((0, 4), np.float32)), "<f4", (0, 4))
    assert mapped.shape == (0, 4) and not mapped.flags.writeable


def test_each_byte_of_the_header_counts(tmp_path):
    path = write(tmp_path / "a.npy", np.arange(3, dtype=np.int32))
    raw = path.read_bytes()
    for place in range(HEADER_BYTES):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(ArtifactError, match="header"):
            map_array(path, "<i4", (3,))


def test_a_longer_or_shorter_file_is_refused(tmp_path):
    path = write(tmp_path / "a.npy", np.arange(3, dtype=np.int32))
    raw = path.read_bytes()
    for damaged in (raw + b"x", raw[:-1], b""):
        path.write_bytes(damaged)
        with pytest.raises(ArtifactError, match=r"expected 140"):
            map_array(path, "<i4", (3,))


def test_only_plain_files_are_opened(tmp_path):
    write(tmp_path / "a.npy", np.arange(3, dtype=np.int32))
    os.symlink(tmp_path / "a.npy", tmp_path / "link.npy")
    os.mkfifo(tmp_path / "pipe.npy")
    (tmp_path / "folder.npy").mkdir()
    for name, match in {"link": "is a link", "pipe": "not a plain file", "folder": "plain file", "absent": "cannot be opened"}.items():
        with pytest.raises(ArtifactError, match=match):
            open_regular(tmp_path / f"{name}.npy")


def test_difference_tells_what_differs(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(b"abc")
    right = hashlib.sha256(b"abc").hexdigest()
    assert difference(path, 3, right) == ""
    assert "has 3 bytes; expected 4" in difference(path, 4, right)
    assert "more bytes than the 2" in difference(path, 2, right)
    assert "SHA-256" in difference(path, 3, right[::-1])
    assert "cannot be opened" in difference(tmp_path / "absent", 3, right)

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold import sources
from rankfold.errors import InputError, SpecError
from rankfold.sources import ArrayRows, FileRows


class Recorded(ArrayRows):
    """Remembers what was read."""

    def __init__(self, array):
        super().__init__(array)
        self.reads = []

    def read(self, start, stop):
        self.reads.append((start, stop))
        return super().read(start, stop)


def test_memory_gives_views_of_float32():
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    assert np.shares_memory(ArrayRows(x).read(1, 3), x)
    assert ArrayRows(x.astype(np.float64)).read(1, 3).dtype == np.float32
    assert ArrayRows(np.asfortranarray(x)).read(0, 4).flags.c_contiguous


@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8"])
def test_file_rows_read_any_range(tmp_path, dtype, columns):
    x = np.random.default_rng(0).normal(size=(9, 4)).astype(dtype)
    (tmp_path / "x").write_bytes(b"head" + x.tobytes("F" if columns else "C"))
    rows = FileRows(tmp_path / "x", np.dtype(dtype), 4, (9, 4), columns=columns)
    for start, stop in [(0, 9), (3, 5), (8, 9), (4, 4)]:
        out = rows.read(start, stop)
        assert out.dtype == np.float32 and out.flags.c_contiguous
        np.testing.assert_array_equal(out, x[start:stop].astype(np.float32))


def test_a_file_that_shrinks_is_noticed(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(bytes(36))
    rows = FileRows(path, np.dtype("<f4"), 0, (3, 3))
    path.write_bytes(bytes(30))
    assert rows.read(0, 2).shape == (2, 3)
    with pytest.raises(InputError, match="become shorter"):
        rows.read(1, 3)
    path.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        rows.read(0, 1)


def test_headed_rows_check_every_head(tmp_path):
    raw = np.zeros((3, 3), "<f4")
    raw[:, 0] = np.array([2, 2, 5], "<i4").view("<f4")
    (tmp_path / "x").write_bytes(raw.tobytes())
    rows = FileRows(tmp_path / "x", np.dtype("<f4"), 0, (3, 2), headed=True)
    assert rows.read(0, 2).shape == (2, 2)
    with pytest.raises(InputError, match="row 2 says it has 5 dimensions; expected 2"):
        rows.read(1, 3)


def test_block_rows_are_bounded_both_ways():
    assert sources.block_rows(1) == 65_536
    assert sources.block_rows(1, 10) == 10
    assert sources.block_rows(4096) * 4096 * 4 == sources.BLOCK_BYTES
    assert sources.block_rows(65_536, block_bytes=1) == 1


@settings(deadline=None)
@given(st.sets(st.integers(0, 2_999)), st.sampled_from([1, 40, 300]))
def test_gather_reads_forwards_in_short_spans(rows, dim):
    wanted = np.array(sorted(rows), np.int64)
    x = np.arange(3_000, dtype=np.float32)[:, None] + np.zeros(dim, np.float32)
    source = Recorded(x)
    np.testing.assert_array_equal(sources.gather(source, wanted), x[wanted])
    assert source.reads == sorted(source.reads)
    assert all((stop - start) * dim * 4 <= sources.SPAN_BYTES for start, stop in source.reads)


def test_check_rows_counts_from_the_first_row():
    x = np.ones((70_000, 100), np.float32)
    x[69_999] = 0
    with pytest.raises(InputError, match="row 69999 is all zeros"):
        sources.check_rows(ArrayRows(x), "x", zero_rows="error")
    sources.check_rows(ArrayRows(x), "x", zero_rows="keep")
    x[65_000, 7] = np.inf
    with pytest.raises(InputError, match="row 65000 holds inf at position 7"):
        sources.check_rows(ArrayRows(x), "x", zero_rows="keep")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (3, "got int; expected the path of a file"),
        ("nowhere.npy", "nowhere.npy does not exist"),
        ("folder.npy", "is a directory"),
        ("x.txt", "ends in '.txt'; expected one of .npy"),
        ("bad\0name.npy", "cannot be read"),
        ("n" * 5000 + ".npy", "cannot be read"),
    ],
)
def test_regular_file_refuses(tmp_path, monkeypatch, path, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(InputError, match=message):
        sources.regular_file(path, (".npy",))


def test_regular_file_takes_any_case(tmp_path):
    (tmp_path / "X.NPY").write_bytes(b"")
    assert sources.regular_file(str(tmp_path / "X.NPY"), (".npy",)) == tmp_path / "X.NPY"


@pytest.mark.parametrize("kind", [OSError, KeyError, MemoryError, EOFError, NotImplementedError, UnicodeError])
def test_reading_turns_damage_into_input_errors(kind):
    with pytest.raises(InputError, match="x.npy: cannot be read"), sources.reading("x.npy"):
        raise kind("broken")


def test_reading_lets_our_own_errors_and_interrupts_through():
    with pytest.raises(SpecError, match="^mine$"), sources.reading("x.npy"):
        raise SpecError("mine")
    with pytest.raises(KeyboardInterrupt), sources.reading("x.npy"):
        raise KeyboardInterrupt

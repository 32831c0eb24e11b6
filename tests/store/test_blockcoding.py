import numpy as np
import pytest

from rankfold.errors import ArtifactError
from rankfold.store.blockcoding import STATE_BYTES, decode_block, encode_block, grid_of, planes_of
from rankfold.store.manifest import FileEntry
from rankfold.store.shares import choose, seen_in


def entry(dtype, *shape):
    return FileEntry(dtype, shape, 0, "")


@pytest.mark.parametrize(
    "name,file,items,width,block,per_row",
    [
        ("segment-000.codes.codes.npy", entry("|u1", 10_000, 64), 10_000, 64, 4096, 1),
        ("segment-000.codes.values.npy", entry("<f2", 10_000, 384), 10_000, 768, 4096, 1),
        ("segment-000.codes.values.npy", entry("<f2", 10, 3_000), 30_000, 2, 32_768, 3_000),
        ("segment-000.codes.values.npy", entry("<f4", 10, 1_024), 10, 4_096, 1024, 1),
        ("segment-000.codes.scale.npy", entry("|u1", 10_000), 10_000, 1, 65_536, 1),
        ("ids.npy", entry("<i8", 10_000), 10_000, 8, 8192, 1),
        ("alive.npy", entry("|b1", 7), 7, 1, 65_536, 1),
        ("ids.npy", entry("|S20", 5), 5, 20, 4096, 1),
        ("segment-000.state.books.npy", entry("<f4", 16, 256, 8), 32_768, 4, 16_384, 2_048),
        ("segment-000.state.dim.npy", entry("<i4", 1), 1, 4, 16_384, 1),
        ("segment-000.state.empty.npy", entry("<f4", 0, 3), 0, 4, 16_384, 3),
        ("segment-000.codes.none.npy", entry("|u1", 9, 0), 0, 1, 65_536, 0),
    ],
)
def test_how_arrays_are_cut(name, file, items, width, block, per_row):
    grid = grid_of(name, file)
    assert (grid.items, grid.width, grid.block, grid.per_row) == (items, width, block, per_row)
    assert grid.nbytes == np.prod(file.shape) * np.dtype(file.dtype).itemsize
    assert sum(grid.size(number) for number in range(grid.blocks)) == items


def test_differences_of_numbers_begin_anew_in_a_block():
    numbers = np.array([5, 7, 4, -(2**63)], np.int64)
    planes = planes_of(numbers.view(np.uint8).reshape(-1, 8), differences=True)
    assert np.ascontiguousarray(planes.T).view(np.int64).ravel().tolist() == [5, 2, -3, 2**63 - 4]


@pytest.mark.parametrize("differences", [False, True])
@pytest.mark.parametrize("size", [0, 1, 9, 500])
def test_a_block_there_and_back(size, differences):
    rng = np.random.default_rng(size)
    items = np.sort(rng.integers(-(2**62), 2**62, size)).view(np.uint8).reshape(-1, 8)
    for shares in (choose(seen_in(planes_of(items, differences=differences)))[0], None):
        raw = encode_block(items, shares, differences=differences)
        assert np.array_equal(decode_block(raw, size, 8, shares, differences=differences), items)


def test_blocks_of_another_length_are_refused():
    items = np.random.default_rng(0).integers(0, 20, (100, 3)).astype(np.uint8)
    shares = choose(seen_in(planes_of(items, differences=False)))[0]
    raw = encode_block(items, shares, differences=False)
    for bad in (b"", raw[: STATE_BYTES - 1], raw[:-1], raw + bytes(1_000)):
        with pytest.raises(ArtifactError, match="expected an even number"):
            decode_block(bad, 100, 3, shares, differences=False)
    for bad in (raw[:-2], raw + b"\0\0", raw[:-1] + bytes([raw[-1] ^ 1])):
        with pytest.raises(ArtifactError, match="does not end as it was begun"):
            decode_block(bad, 100, 3, shares, differences=False)
    with pytest.raises(ArtifactError, match="299 bytes; expected 300"):
        decode_block(bytes(299), 100, 3, None, differences=False)

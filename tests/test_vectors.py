import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.sources import ArrayRows
from rankfold.vectors import Vectors, as_vectors, read_vectors

X = np.random.default_rng(1).normal(size=(300, 5)).astype(np.float32)


def write_npy(path, x):
    np.save(path, x)


def write_npz(path, x):
    np.savez(path, vectors=x)


def write_parquet(path, x):
    pq.write_table(pa.table({"vector": pa.array(x.tolist(), pa.list_(pa.float64()))}), path, row_group_size=70)


def write_fvecs(path, x):
    heads = np.full((len(x), 1), x.shape[1], "<i4").view("<f4")
    np.hstack([heads, x.astype("<f4")]).tofile(path)


WRITERS = {".npy": write_npy, ".npz": write_npz, ".parquet": write_parquet, ".fvecs": write_fvecs}


@pytest.fixture(params=WRITERS)
def suffix(request):
    return request.param


def test_every_format_gives_the_same_vectors(tmp_path, suffix):
    WRITERS[suffix](tmp_path / f"x{suffix}", X)
    v = read_vectors(tmp_path / f"x{suffix}", space="clicks-2024")
    assert (v.count, v.dim, v.space, v.ids.dtype) == (300, 5, "clicks-2024", np.int64)
    assert v.ids.tolist() == list(range(300))
    np.testing.assert_array_equal(v.read(), X)
    np.testing.assert_array_equal(np.concatenate([block for _, block in v.blocks(rows=77)]), X)
    assert [first for first, _ in v.blocks(rows=77)] == [0, 77, 154, 231]
    rows, sample = v.sample(40, np.random.default_rng(3))
    np.testing.assert_array_equal(sample, X[rows])
    np.testing.assert_array_equal(rows, as_vectors(X).sample(40, np.random.default_rng(3))[0])


@pytest.mark.parametrize(("value", "message"), [(np.nan, "row 211 holds nan"), (np.inf, "row 211 holds inf"), (0, "row 211 is all zeros")])
def test_every_format_is_checked_at_the_door(tmp_path, suffix, value, message):
    x = X.copy()
    x[211] = value
    WRITERS[suffix](tmp_path / f"x{suffix}", x)
    with pytest.raises(InputError, match=rf"x{suffix}: {message}"):
        read_vectors(tmp_path / f"x{suffix}")


def test_every_format_may_keep_rows_of_zeros(tmp_path, suffix):
    x = X.copy()
    x[3] = 0
    WRITERS[suffix](tmp_path / f"x{suffix}", x)
    assert not read_vectors(tmp_path / f"x{suffix}", zero_rows="keep").read()[3].any()


def test_every_format_takes_ids_beside_it(tmp_path, suffix):
    WRITERS[suffix](tmp_path / f"x{suffix}", X)
    names = np.array([f"item-{row}" for row in range(300)])
    np.save(tmp_path / "ids.npy", names)
    for ids in (names, tmp_path / "ids.npy", str(tmp_path / "ids.npy")):
        assert read_vectors(tmp_path / f"x{suffix}", ids=ids).ids[7] == b"item-7"
    with pytest.raises(InputError, match=r"ids: got shape \(299,\); expected \(300,\)"):
        read_vectors(tmp_path / f"x{suffix}", ids=names[1:])
    with pytest.raises(InputError, match="ids, id_column: got both"):
        read_vectors(tmp_path / f"x{suffix}", ids=names, id_column="id")


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_floats_are_read_as_float32(tmp_path, dtype):
    np.save(tmp_path / "x.npy", X.astype(dtype))
    for v in (read_vectors(tmp_path / "x.npy"), as_vectors(X.astype(dtype))):
        assert v.read().dtype == np.float32
        np.testing.assert_array_equal(v.read(), X.astype(dtype).astype(np.float32))


def test_npz_brings_ids_and_space(tmp_path):
    np.savez(tmp_path / "x.npz", item_factors=X, ids=np.arange(300) * 2, codes=np.arange(300) * 3, space="als-7")
    v = read_vectors(tmp_path / "x.npz")
    assert v.space == "als-7" and v.ids[2] == 4
    v = read_vectors(tmp_path / "x.npz", id_column="codes", space="")
    assert v.space == "" and v.ids[2] == 6
    np.savez(tmp_path / "x.npz", item_factors=X, space=np.arange(2))
    with pytest.raises(InputError, match="array 'space' is int64"):
        read_vectors(tmp_path / "x.npz")


def test_npz_names_the_matrix(tmp_path):
    np.savez(tmp_path / "x.npz", a=X, b=X + 1)
    np.testing.assert_array_equal(read_vectors(tmp_path / "x.npz", vector_column="b").read(), X + 1)
    with pytest.raises(InputError, match="has no array 'c'"):
        read_vectors(tmp_path / "x.npz", vector_column="c")


@pytest.mark.parametrize("ids", [pa.array(np.arange(300) * 7), pa.array([f"ä{row}" for row in range(300)])])
def test_parquet_brings_ids(tmp_path, ids):
    lists = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 5)
    pq.write_table(pa.table({"item_id": ids, "vector": lists}), tmp_path / "x.parquet", row_group_size=90)
    found = read_vectors(tmp_path / "x.parquet").ids
    assert found.tolist() == [one.encode() if isinstance(one, str) else one for one in ids.to_pylist()]


def test_parquet_columns_may_be_named_by_how_they_start(tmp_path):
    columns = {"price": X[:, 0], **{f"f_{i}": X[:, i] for i in range(5)}}
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    assert read_vectors(tmp_path / "x.parquet").dim == 6
    np.testing.assert_array_equal(read_vectors(tmp_path / "x.parquet", vector_column="f_").read(), X)


def test_repeated_ids_name_both_rows(tmp_path):
    lists = pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 5)
    pq.write_table(pa.table({"id": pa.array([*range(299), 5]), "vector": lists}), tmp_path / "x.parquet")
    with pytest.raises(InputError, match="x.parquet: ids: rows 5 and 299 have the same id '5'"):
        read_vectors(tmp_path / "x.parquet")


def test_empty_parquet_is_refused(tmp_path):
    for columns in ({"vector": pa.array([], pa.list_(pa.float32(), 3))}, {"vector": pa.array([], pa.list_(pa.float32()))}):
        pq.write_table(pa.table(columns), tmp_path / "x.parquet")
        with pytest.raises(InputError, match="got no rows|got 0 dimensions"):
            read_vectors(tmp_path / "x.parquet")


def test_fvecs_with_other_dimensions_or_sizes_are_refused(tmp_path):
    path = tmp_path / "x.fvecs"
    write_fvecs(path, X)
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    with pytest.raises(InputError, match="expected a multiple of 24"):
        read_vectors(path)
    raw = np.frombuffer(whole, "<i4").copy()
    raw[6 * 250] = 4
    raw.tofile(path)
    with pytest.raises(InputError, match="row 250 says it has 4 dimensions; expected 5"):
        read_vectors(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="got 0 bytes"):
        read_vectors(path)
    path.write_bytes(b"\xff" * 24)
    with pytest.raises(InputError, match="row 0 says it has -1 dimensions"):
        read_vectors(path)


def test_arguments_that_do_not_fit_the_file(tmp_path):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(InputError, match="has no named columns"):
        read_vectors(tmp_path / "x.npy", vector_column="x")
    with pytest.raises(InputError, match="zero_rows: got 'drop'"):
        read_vectors(tmp_path / "x.npy", zero_rows="drop")
    with pytest.raises(InputError, match="zero_rows: got 'drop'"):
        as_vectors(X, zero_rows="drop")
    with pytest.raises(InputError, match="space: got 3; expected text"):
        as_vectors(X, space=3)


def test_memory_is_not_copied():
    v = as_vectors(X, ids=np.arange(300))
    assert np.shares_memory(v.read(), X)
    assert all(np.shares_memory(block, X) for _, block in v.blocks(50))


def test_memory_is_checked():
    with pytest.raises(InputError, match="matrix: row 0 is all zeros"):
        as_vectors(np.zeros((2, 2)))
    assert as_vectors(np.zeros((2, 2)), zero_rows="keep").count == 2
    with pytest.raises(InputError, match="matrix: got dtype int64"):
        as_vectors(np.ones((2, 2), np.int64))
    with pytest.raises(InputError, match="ids: got shape"):
        Vectors(np.arange(3), ArrayRows(X))


def test_blocks_are_at_most_64_mib():
    v = as_vectors(X)
    wide = as_vectors(np.ones((300, 65_536), np.float16))
    assert [len(block) for _, block in wide.blocks()] == [256, 44]
    assert [len(block) for _, block in as_vectors(np.ones((70_000, 1))).blocks()] == [65_536, 4_464]
    with pytest.raises(InputError, match="rows: got 0"):
        next(v.blocks(0))


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(0, 2**32))
def test_samples_are_sorted_distinct_and_repeatable(rows, seed):
    v = as_vectors(X)
    chosen, sample = v.sample(rows, np.random.default_rng(seed))
    assert chosen.dtype == np.int64 and len(chosen) == min(rows, 300)
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(sample, X[chosen])
    np.testing.assert_array_equal(chosen, v.sample(rows, np.random.default_rng(seed))[0])


def test_samples_reach_every_row_alike():
    v = as_vectors(X)
    seen = np.bincount(np.concatenate([v.sample(30, np.random.default_rng(seed))[0] for seed in range(400)]), minlength=300)
    assert seen.min() > 15 and seen.max() < 70
    with pytest.raises(InputError, match="rows: got 0"):
        v.sample(0, np.random.default_rng(0))


def test_subset_keeps_the_order_asked_for(tmp_path, suffix):
    WRITERS[suffix](tmp_path / f"x{suffix}", X)
    v = read_vectors(tmp_path / f"x{suffix}", ids=np.arange(300) + 1000, space="s")
    part = v.subset(np.array([9, 200, 3]))
    assert part.ids.tolist() == [1009, 1200, 1003] and part.space == "s"
    np.testing.assert_array_equal(part.read(), X[[9, 200, 3]])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.array([], np.int64), "expected at least one row number"),
        (np.array([True, False]), "got bool"),
        (np.array([0, 300]), "got 0 to 300; expected 0 to 299"),
        (np.array([-1]), "got -1 to -1"),
        (np.array([4, 4]), "got 1 rows more than once"),
    ],
)
def test_subset_refuses(rows, message):
    with pytest.raises(InputError, match=message):
        as_vectors(X).subset(rows)


def test_arranged_rows_are_read_where_they_are(tmp_path):
    x = np.random.default_rng(0).standard_normal((5_000, 24)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    order = np.random.default_rng(1).permutation(5_000)[:3_000]
    for vectors in (as_vectors(x), read_vectors(tmp_path / "x.npy")):
        mixed = vectors.arranged(order)
        assert np.array_equal(mixed.ids, order) and np.array_equal(mixed.read(), x[order])
        assert np.array_equal(np.concatenate([part for _, part in mixed.blocks(700)]), x[order])
        assert np.array_equal(mixed.subset(np.array([5, 2])).read(), x[order[[5, 2]]])
        assert np.array_equal(mixed.sample(40, np.random.default_rng(3))[1], x[order[mixed.sample(40, np.random.default_rng(3))[0]]])
    with pytest.raises(InputError, match="more than once"):
        as_vectors(x).arranged(np.array([1, 1]))

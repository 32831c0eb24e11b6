import builtins
import threading

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold import parquet
from rankfold.errors import InputError, MissingExtra

X = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)
LISTS = {
    "fixed": pa.FixedSizeListArray.from_arrays(pa.array(X.ravel()), 4),
    "list": pa.array(X.tolist(), pa.list_(pa.float32())),
    "large": pa.array(X.astype(np.float64).tolist(), pa.large_list(pa.float64())),
}


def write(path, columns, **options):
    pq.write_table(pa.table(columns), path, **options)
    return parquet.open_parquet(path)


def rows_of(path, columns, names, **options):
    return parquet.ParquetRows(write(path, columns, **options), path, names)


@pytest.mark.parametrize("kind", LISTS)
def test_lists_are_read_at_any_place(tmp_path, kind):
    rows = rows_of(tmp_path / "x.parquet", {"v": LISTS[kind]}, ["v"], row_group_size=130)
    assert rows.shape == (500, 4)
    for start, stop in [(0, 500), (0, 10), (10, 12), (128, 300), (499, 500), (5, 5), (3, 4), (390, 391), (0, 1)]:
        out = rows.read(start, stop)
        assert out.dtype == np.float32 and out.flags.c_contiguous
        np.testing.assert_array_equal(out, X[start:stop])


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_order_of_reads_gives_the_same_rows(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("p") / "x.parquet"
    rows = rows_of(path, {"v": LISTS["fixed"]}, ["v"], row_group_size=data.draw(st.integers(40, 500)))
    for _ in range(8):
        start = data.draw(st.integers(0, 500))
        stop = data.draw(st.integers(start, 500))
        np.testing.assert_array_equal(rows.read(start, stop), X[start:stop])


def test_reading_forwards_opens_the_file_once_and_skips_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("rankfold.parquet.BATCH_BYTES", 4 * 4 * 20)
    rows = rows_of(tmp_path / "x.parquet", {"v": LISTS["fixed"]}, ["v"], row_group_size=50)
    opened = []
    start_at = rows._from_group
    rows._from_group = lambda group, size: opened.append(group) or start_at(group, size)
    for start in range(0, 500, 25):
        rows.read(start, start + 25)
    assert opened == [0]
    rows.read(0, 1)
    rows.read(460, 470)
    assert opened[1:3] == [0, 9]


def test_threads_may_share_the_rows(tmp_path):
    rows = rows_of(tmp_path / "x.parquet", {"v": LISTS["fixed"]}, ["v"], row_group_size=60)
    wrong = []

    def check(seed):
        for start in np.random.default_rng(seed).integers(0, 490, 40):
            if not np.array_equal(rows.read(int(start), int(start) + 10), X[start : start + 10]):
                wrong.append(start)

    threads = [threading.Thread(target=check, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_one_column_a_dimension(tmp_path):
    columns = {f"d{i}": X[:, i] for i in (2, 0, 3, 1)}
    rows = rows_of(tmp_path / "x.parquet", columns, ["d0", "d1", "d2", "d3"])
    np.testing.assert_array_equal(rows.read(7, 300), X[7:300])


@pytest.mark.parametrize(
    ("lists", "kind", "message"),
    [
        ([[1.0, 2.0], None], pa.list_(pa.float32()), "row 1 is null"),
        ([[1.0, 2.0], [3.0, None]], pa.list_(pa.float32()), "row 1 holds a null"),
        ([[1.0, 2.0], [3.0, None]], pa.list_(pa.float32(), 2), "row 1 holds a null"),
        ([[1.0, 2.0], [3.0]], pa.list_(pa.float32()), "row 1 has 1 values; expected 2"),
        ([[1, 2], [3, 4]], pa.list_(pa.int8()), "lists of int8; expected lists of floats"),
        ([[], []], pa.list_(pa.float32()), "got 0 dimensions"),
        ([None, [1.0]], pa.list_(pa.float32()), "row 0 is null"),
    ],
)
def test_bad_lists_are_refused_with_their_row(tmp_path, lists, kind, message):
    with pytest.raises(InputError, match=message):
        rows_of(tmp_path / "x.parquet", {"v": pa.array(lists, kind)}, ["v"]).read(0, 2)


def test_rows_are_counted_over_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("rankfold.parquet.BATCH_BYTES", 4 * 4 * 100)
    lists = X.tolist()
    lists[431] = [1.0]
    rows = rows_of(tmp_path / "x.parquet", {"v": pa.array(lists, pa.list_(pa.float32()))}, ["v"], row_group_size=150)
    with pytest.raises(InputError, match="row 431 has 1 values"):
        rows.read(0, 500)


def test_columns_come_as_plain_arrays(tmp_path):
    file = write(
        tmp_path / "x.parquet",
        {
            "small": pa.array([1, 2], pa.uint8()),
            "real": pa.array([0.5, 1.5], pa.float32()),
            "text": pa.array(["ä", "b"], pa.large_string()),
            "coded": pa.array(["x", "y"]).dictionary_encode(),
            "when": pa.array([1_000, 2_000], pa.timestamp("ms")),
            "day": pa.array([1, 2], pa.date32()),
        },
    )
    names = ["small", "real", "text", "coded", "when", "day"]
    assert list(parquet.column_kinds(file).values()) == ["int", "float", "text", "text", "time", "time"]
    [(first, arrays)] = parquet.read_columns(file, tmp_path / "x.parquet", names)
    assert first == 0
    assert [array.tolist() for array in arrays] == [[1, 2], [0.5, 1.5], ["ä".encode(), b"b"], [b"x", b"y"], [1_000, 2_000], [1, 2]]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (pa.array([1, None]), "row 1 is null"),
        (pa.array(["a", "b\0"]), "row 1 ends in a NUL"),
        (pa.array(["a", "b" * 2000]), "row 1 has 2000 bytes; expected at most 1024"),
        (pa.array([True, False]), "got bool; expected numbers or text"),
    ],
)
def test_bad_columns_are_refused_with_their_row(tmp_path, column, message):
    file = write(tmp_path / "x.parquet", {"c": column})
    with pytest.raises(InputError, match=message):
        list(parquet.read_columns(file, tmp_path / "x.parquet", ["c"]))


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["c", "c"]), path)
    with pytest.raises(InputError, match="'c' is there more than once"):
        list(parquet.read_columns(parquet.open_parquet(path), path, ["c"]))


def test_finding_the_ids():
    assert parquet.find_id_column({"v": "list", "item_id": "text", "item": "int"}, None, "x") == "item_id"
    assert parquet.find_id_column({"v": "list", "id": "float"}, None, "x") is None
    assert parquet.find_id_column({"v": "list", "isbn": "text"}, "isbn", "x") == "isbn"
    with pytest.raises(InputError, match="id_column 'y' is not there; it has v, isbn"):
        parquet.find_id_column({"v": "list", "isbn": "text"}, "y", "x")
    with pytest.raises(InputError, match="id_column 'v' holds list; expected whole numbers or text"):
        parquet.find_id_column({"v": "list"}, "v", "x")


def test_finding_the_vectors():
    floats = {"id": "int", **{f"f{i}": "float" for i in (10, 9, 1)}}
    assert parquet.find_vector_columns({"id": "int", "v": "list"}, None, "id", "x") == ["v"]
    assert parquet.find_vector_columns(floats, None, "id", "x") == ["f1", "f9", "f10"]
    assert parquet.find_vector_columns({"b": "float", "a": "float"}, None, None, "x") == ["b", "a"]
    assert parquet.find_vector_columns({**floats, "price": "float"}, "f", "id", "x") == ["f1", "f9", "f10"]
    assert parquet.find_vector_columns({"price": "float"}, "price", None, "x") == ["price"]
    for kinds, asked, message in [
        ({"a": "list", "b": "list"}, None, "columns a, b all hold lists"),
        ({"price": "float", "title": "text"}, None, r"price \(float\), title \(text\); expected a list column"),
        ({"price": "float"}, "v", "expected vector_column 'v'"),
        ({"v0": "float", "v1": "int"}, "v", "'v1' holds int; expected floats"),
    ]:
        with pytest.raises(InputError, match=message):
            parquet.find_vector_columns(kinds, asked, None, "x")


def test_without_pyarrow_the_message_says_what_to_install(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r'pip install "rankfold\[parquet\]"'):
        parquet.open_parquet(tmp_path / "x.parquet")

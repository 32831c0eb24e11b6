import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rankfold.errors import InputError
from rankfold.interactions import Interactions, read_interactions, read_popularity

EVENTS = {"user": [0, 2, 1, 0], "item": [5, 5, 3, 0], "time": [40, 10, 30, 20], "weight": [1.0, 0.5, 2.0, 0.0], "split": [0, 1, 2, 0]}


def write(path, columns, separator=","):
    if path.suffix == ".parquet":
        pq.write_table(pa.table(columns), path)
    else:
        lines = [separator.join(columns), *(separator.join(map(str, row)) for row in zip(*columns.values()))]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(params=[".parquet", ".csv"])
def suffix(request):
    return request.param


@pytest.fixture
def path(tmp_path, suffix):
    return tmp_path / f"clicks{suffix}"


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".tsv"])
def test_every_column_comes_back(tmp_path, suffix):
    found = read_interactions(write(tmp_path / f"clicks{suffix}", EVENTS, "\t" if suffix == ".tsv" else ","))
    assert {name: getattr(found, name).tolist() for name in EVENTS} == EVENTS
    kinds = (found.user.dtype, found.item.dtype, found.time.dtype, found.weight.dtype, found.split.dtype)
    assert kinds == (np.int64, np.int64, np.int64, np.float32, np.int8)
    assert found.count == 4 and found.dropped == 0
    assert found.popularity(7).tolist() == [1, 0, 0, 1, 0, 2, 0]


def test_optional_columns_may_lack_and_names_may_be_given(path):
    write(path, {"who": [1, 2], "what": [3, 4], "ts": [7.5, 8.5]})
    found = read_interactions(path, user_column="who", item_column="what")
    assert found.user.tolist() == [1, 2] and found.time.tolist() == [7.5, 8.5]
    assert found.weight is None and found.split is None
    assert read_interactions(path, user_column="who", item_column="what", weight_column="ts").weight.tolist() == [7.5, 8.5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "has no column user or user_id or userid; it has who, item. Name the right one with user_column"),
        ({"user_column": "whom"}, "has no column 'whom'; it has who, item"),
        ({"user_column": "who", "split_column": "part"}, "has no column 'part'.*split_column"),
        ({"user_column": "who", "unknown": "skip"}, 'unknown: got \'skip\'; expected "error" or "drop"'),
    ],
)
def test_missing_columns_are_listed(path, options, message):
    write(path, {"who": [1], "item": [2]})
    with pytest.raises(InputError, match=message):
        read_interactions(path, **options)


def test_ids_are_looked_up(path):
    write(path, {"user": [70, 10, 70], "item": ["ä", "b", "b"]})
    found = read_interactions(path, user_ids=np.array([10, 70]), item_ids=np.array([b"b", b"c", "ä".encode()]))
    assert found.user.tolist() == [1, 0, 1] and found.item.tolist() == [2, 0, 0]


def test_unknown_ids_are_refused_or_dropped_and_counted(path):
    write(path, {"user": [70, 11, 70], "item": ["a", "b", "z"], "time": [1, 2, 3]})
    known = {"user_ids": np.array([10, 70]), "item_ids": np.array([b"a", b"b"])}
    with pytest.raises(InputError, match="user: row 1 names '11', which no vector has"):
        read_interactions(path, **known)
    found = read_interactions(path, **known, unknown="drop")
    assert (found.count, found.dropped, found.time.tolist()) == (1, 2, [1])
    assert found.where(np.array([True])).dropped == 2
    with pytest.raises(InputError, match="got 3 rows, all with an unknown user or item"):
        read_interactions(path, user_ids=np.array([1]), item_ids=known["item_ids"], unknown="drop")


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_lookups_equal_a_dict(tmp_path_factory, data):
    ids = data.draw(st.lists(st.integers(-50, 50), min_size=1, unique=True))
    items = data.draw(st.lists(st.integers(-60, 60), min_size=1))
    path = write(tmp_path_factory.mktemp("i") / "x.csv", {"user": [0] * len(items), "item": items})
    rows = {one: row for row, one in enumerate(ids)}
    expected = [rows[item] for item in items if item in rows]
    if not expected:
        with pytest.raises(InputError, match="all with an unknown"):
            read_interactions(path, item_ids=np.array(ids), unknown="drop")
    else:
        assert read_interactions(path, item_ids=np.array(ids), unknown="drop").item.tolist() == expected


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("user", [0, -3], "user: row 1 is -3; expected row numbers of at least 0"),
        ("user", ["0", "bob"], "user: row 1 is 'bob'; expected whole numbers; text ids need"),
        ("weight", [1.0, float("nan")], "weight: row 1 is nan"),
        ("weight", [1.0, -2.0], "weight: row 1 is -2.0; expected finite values of at least 0"),
        ("weight", [1.0, 1e300], "weight: row 1 is 1e.300"),
        ("time", [1.0, float("inf")], "time: row 1 is inf; expected a finite time"),
        ("split", [0, 7], "split: row 1 is '7'; expected 0, 1, 2 or train, valid, test"),
        ("split", ["train", "dev"], "split: row 1 is 'dev'"),
    ],
)
def test_bad_values_are_refused_with_their_row(path, column, values, message):
    write(path, {"user": [0, 1], "item": [0, 1], column: values})
    with pytest.raises(InputError, match=message):
        read_interactions(path)


def test_parquet_refuses_nulls_floats_and_mixed_kinds(tmp_path):
    path = tmp_path / "x.parquet"
    for columns, options, message in [
        ({"user": pa.array([0, None]), "item": [0, 1]}, {}, "column 'user': row 1 is null"),
        ({"user": [0.0, 1.0], "item": [0, 1]}, {}, "user: holds float64; expected whole numbers or text"),
        ({"user": [0, 1], "item": [0, 1]}, {"user_ids": np.array([b"a"])}, "user: holds int64; expected text"),
        ({"user": pa.array([0, 2**63], pa.uint64()), "item": [0, 1]}, {}, "row 1 is 9223372036854775808; expected whole numbers that fit int64"),
    ]:
        write(path, columns)
        with pytest.raises(InputError, match=message):
            read_interactions(path, **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no column user"),
        ("user,item\n", "got no rows"),
        ("user,item\n\n\n", "got no rows"),
        ("user,item\n1,2\n1\n", "row 1 has 1 values; expected 2"),
        ("user,item\n1,2\n\n,4\n", "user: row 1 is b'' .0 bytes. in column 'user'"),
        ("user,item\n1," + "9" * 2000 + "\n", "item: row 0 .*2000 bytes"),
        ('user,item\n1,"2\n', "line 2: unexpected end of data"),
        ("user,item\n1," + "9" * 200_000 + "\n", "field larger than field limit"),
        ("user,item\n1,99999999999999999999\n", "row 0 is 99999999999999999999; expected whole numbers that fit int64"),
    ],
)
def test_bad_csv_is_refused(tmp_path, text, message):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_interactions(tmp_path / "x.csv")


def test_csv_of_another_encoding_is_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes("user,item\n1,ä\n".encode("latin-1"))
    with pytest.raises(InputError, match="cannot be read .UnicodeDecodeError"):
        read_interactions(tmp_path / "x.csv")


def test_csv_with_quotes_blank_lines_and_a_byte_order_mark(tmp_path):
    (tmp_path / "x.csv").write_bytes(b'\xef\xbb\xbfuser_id, item_id\r\n1,"a,""b"""\r\n\r\n0,c\r\n')
    found = read_interactions(tmp_path / "x.csv", item_ids=np.array([b"c", b'a,"b"']))
    assert found.user.tolist() == [1, 0] and found.item.tolist() == [1, 0]


def test_rows_are_counted_over_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("rankfold.interactions.BLOCK_ROWS", 7)
    users = list(range(30))
    assert read_interactions(write(tmp_path / "x.csv", {"user": users, "item": users})).user.tolist() == users
    users[23] = -1
    with pytest.raises(InputError, match="row 23 is -1"):
        read_interactions(write(tmp_path / "x.csv", {"user": users, "item": users}))


def test_times_may_be_dates(tmp_path):
    write(tmp_path / "x.csv", {"user": [0, 1, 2], "item": [0, 1, 2], "time": ["1970-01-02", "1970-01-01T00:00:01", "1970-01-01T01:00:00+01:00"]})
    assert read_interactions(tmp_path / "x.csv").time.tolist() == [86_400_000_000, 1_000_000, 0]
    write(tmp_path / "x.parquet", {"user": [0], "item": [0], "time": pa.array([5], pa.timestamp("ms"))})
    assert read_interactions(tmp_path / "x.parquet").time.tolist() == [5]
    write(tmp_path / "x.csv", {"user": [0, 1], "item": [0, 1], "time": ["1970-01-02", "yesterday"]})
    with pytest.raises(InputError, match="time: row 1 is 'yesterday'; expected a number, or an ISO date"):
        read_interactions(tmp_path / "x.csv")


def test_dates_and_numbers_in_one_file_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("rankfold.interactions.BLOCK_ROWS", 1)
    write(tmp_path / "x.csv", {"user": [0, 1], "item": [0, 1], "time": ["1970-01-02", "7"]})
    with pytest.raises(InputError, match="holds dates in some rows and numbers in others"):
        read_interactions(tmp_path / "x.csv")


def test_splits_may_be_words(path):
    write(path, {"user": [0, 1, 2], "item": [0, 1, 2], "split": ["train", "Test", "valid"]})
    assert read_interactions(path).split.tolist() == [0, 2, 1]


def test_where_keeps_the_chosen_events():
    events = Interactions(np.array([0, 1, 2]), np.array([3, 4, 5]), split=np.array([0, 1, 0], np.int8))
    train = events.where(events.split == 0)
    assert train.user.tolist() == [0, 2] and train.item.tolist() == [3, 5] and train.split.tolist() == [0, 0] and train.time is None
    with pytest.raises(InputError, match="mask: got dtype int64"):
        events.where(np.array([0, 1, 1]))


def test_columns_of_other_lengths_and_items_out_of_range_are_refused():
    with pytest.raises(InputError, match=r"time: got shape \(2,\); expected \(3,\)"):
        Interactions(np.zeros(3, np.int64), np.zeros(3, np.int64), time=np.zeros(2))
    with pytest.raises(InputError, match=r"items: got 5; expected more than 9"):
        Interactions(np.array([0]), np.array([9])).popularity(5)


def test_paths_are_checked(tmp_path):
    with pytest.raises(InputError, match="expected one of .parquet, .csv, .tsv"):
        (tmp_path / "x.json").write_text("{}")
        read_interactions(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user,item\nanna,a\nbert,b\nanna,b\n", [1, 2, 0]),
        ("item,split\na,train\nb,test\na,0\nc,1\n", [2, 0, 0]),
        ("item,split\na,test\nb,test\n", [1, 1, 0]),
        ("item\na\nzzz\n", [1, 0, 0]),
    ],
)
def test_popularity_needs_no_users(tmp_path, text, expected):
    path = tmp_path / "events.csv"
    path.write_text(text)
    ids = np.array([b"a", b"b", b"c"])
    assert read_popularity(path, item_ids=ids, unknown="drop").tolist() == expected
    if "zzz" in text:
        with pytest.raises(InputError, match="names 'zzz', which no vector has"):
            read_popularity(path, item_ids=ids)


@pytest.mark.parametrize(
    ("text", "said"), [("user,thing\n1,a\n", "has no column item"), ("item\n", "no event"), ("item\nz\n", "no event"), ("item,split\na,9\n", "split")]
)
def test_popularity_of_files_that_say_none(tmp_path, text, said):
    path = tmp_path / "events.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_popularity(path, item_ids=np.array([b"a"]), unknown="drop")


def test_propensities_are_read_and_kept(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("user,item,propensity\n0,1,0.5\n1,0,1\n0,0,0.25\n")
    events = read_interactions(path)
    assert events.propensity.tolist() == [0.5, 1.0, 0.25]
    assert events.where(np.array([True, False, True])).propensity.tolist() == [0.5, 0.25]


@pytest.mark.parametrize("value", ["0", "-0.1", "1.01", "nan", "inf"])
def test_propensities_that_are_no_chances_are_refused(tmp_path, value):
    path = tmp_path / "log.csv"
    path.write_text(f"user,item,propensity\n0,1,0.5\n1,0,{value}\n")
    with pytest.raises(InputError, match="propensity: row 1 is .*expected a chance above 0 and at most 1"):
        read_interactions(path)

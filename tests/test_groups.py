import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rankfold.errors import InputError
from rankfold.groups import read_groups


@pytest.fixture
def write(tmp_path):
    def call(text, name="groups.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return call


def test_columns_by_id_in_any_order_with_unknown_ids_passed_over(write):
    path = write("country,user_id,age\nde,3,old\nfr,1,young\nxx,99,old\n")
    found = read_groups(path, np.array([1, 2, 3]))
    assert {name: values.tolist() for name, values in found.items()} == {"country": ["fr", "", "de"], "age": ["young", "", "old"]}


def test_text_ids_tabs_and_control_characters(write):
    path = write("id\tshop\nvim\tbooks \x1b[31m& more\n", "groups.tsv")
    assert read_groups(path, np.array([b"emacs", b"vim"]))["shop"].tolist() == ["", "books [31m& more"]


def test_parquet_takes_text_and_whole_numbers_and_leaves_the_rest(tmp_path):
    table = pa.table({"item": [0, 1, 2], "shop": ["a", "b", "a"], "year": [1, 2, 3], "price": [1.5, 2.0, 3.0]})
    pq.write_table(table, tmp_path / "items.parquet")
    found = read_groups(tmp_path / "items.parquet", np.arange(3))
    assert found["shop"].tolist() == ["a", "b", "a"] and found["year"].tolist() == ["1", "2", "3"] and "price" not in found
    assert list(read_groups(tmp_path / "items.parquet", np.arange(1, 4), id_column="year")) == ["item", "shop"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,shop\n1,a\n", "expected id, item_id or user_id"),
        ("id\n1\n", "1 to 32 columns"),
        ("id,shop\n1,a\n1,b\n", "id '1' more than once"),
        ("id,shop\n7,a\n", "none of the 1 ids"),
        ("id,shop\n", "none of the 0 ids"),
        ("", "the columns none"),
        ("id,shop\n1\n", "row 0 has 1 values; expected 2"),
        ('id,shop\n1,"a\n', "line"),
        ("id,shop,shop\n1,a,b\n", "each named once"),
    ],
)
def test_bad_files_are_refused(write, text, message):
    with pytest.raises(InputError, match=message):
        read_groups(write(text), np.array([1, 2]))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(InputError):
        read_groups(tmp_path / "no.csv", np.array([1]))
